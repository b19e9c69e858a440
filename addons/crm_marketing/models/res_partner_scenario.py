"""Scenarios and people who become one, or go."""

from odoo import api, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Of equal occurrences one goes on: that which is further, else the older.

        The other keeps what it said under a key of its own, and says nothing more.
        """
        result = super()._crm_merge_partners(source_ids, destination)
        self.env.cr.execute(
            SQL(
                """
                WITH twins AS (
                    SELECT id, row_number() OVER (
                               PARTITION BY scenario_id, occurrence
                               ORDER BY (state IN ('past', 'gone')), ended_at NULLS LAST,
                                        started_at, id) AS place
                      FROM crm_scenario_run WHERE partner_id = ANY(%(all)s)
                ), second AS (
                    UPDATE crm_scenario_run run
                       SET occurrence = run.occurrence || ':merged:' || run.id,
                           next_at = NULL,
                           state = CASE WHEN state IN ('new', 'waiting') THEN 'gone'
                                        ELSE state END
                      FROM twins WHERE twins.id = run.id AND twins.place > 1
                 RETURNING run.id
                )
                UPDATE crm_scenario_event SET state = 'skipped', reason = 'gone'
                 WHERE state = 'pending' AND run_id IN (SELECT id FROM second)
                """,
                all=[*source_ids, destination.id],
            )
        )
        self.env["crm.scenario.run"].invalidate_model(flush=False)
        self.env["crm.scenario.event"].invalidate_model(flush=False)
        return result

    def _erase_interactions(self):
        if self.ids:
            self.env["crm.scenario.run"]._forget(self.ids)
            # no invalidation of a card that is being erased: the column is ours
            self.env.cr.execute(
                "UPDATE res_partner SET crm_birthday = NULL WHERE id = ANY(%s)",
                [self.ids],
            )
            self.invalidate_recordset(["crm_birthday"], flush=False)
        return super()._erase_interactions()
