"""Repeat needs and people who become one, or go."""

from odoo import api, fields, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Of equal needs the open one goes on, else the older; rhythms are reckoned anew.

        The other stays under a key of its own, for the figures; its deal stays with its
        salesperson, and no third one is opened beside it.
        """
        result = super()._crm_merge_partners(source_ids, destination)
        self.env.cr.execute(
            SQL(
                """
                WITH twins AS (
                    SELECT id, state,
                           row_number() OVER (PARTITION BY rule_id, need_key, occurrence
                               ORDER BY (state <> 'opened'), (state <> 'waiting'), id)
                               AS same,
                           row_number() OVER (PARTITION BY company_id, need_key,
                               state IN ('waiting', 'opened')
                               ORDER BY (state <> 'opened'), id) AS open
                      FROM crm_repeat_need WHERE customer_id = ANY(%(all)s)
                )
                UPDATE crm_repeat_need need
                   SET occurrence = CASE WHEN same > 1
                                    THEN need.occurrence || ':merged:' || need.id
                                    ELSE need.occurrence END,
                       state = CASE WHEN need.state IN ('waiting', 'opened')
                                    THEN 'dropped' ELSE need.state END,
                       reason_code = CASE WHEN need.state IN ('waiting', 'opened')
                                     THEN 'gone' ELSE need.reason_code END,
                       ended_at = CASE WHEN need.state IN ('waiting', 'opened')
                                  THEN %(now)s ELSE need.ended_at END
                  FROM twins
                 WHERE twins.id = need.id
                   AND (same > 1 OR open > 1
                        AND need.state IN ('waiting', 'opened'))
                """,
                all=[*source_ids, destination.id],
                now=fields.Datetime.now(),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                WITH gone AS (
                    DELETE FROM crm_repeat_rhythm WHERE customer_id = ANY(%s)
                 RETURNING company_id
                )
                INSERT INTO crm_repeat_dirty (customer_id, company_id)
                SELECT DISTINCT %s, company_id FROM gone
                """,
                [*source_ids, destination.id],
                destination.id,
            )
        )
        self.env["crm.repeat.need"].invalidate_model(flush=False)
        return result

    def _erase_interactions(self):
        """Nothing is foreseen of whom we forget; figures stay."""
        if self.ids:
            self.env.flush_all()
            self.env.cr.execute(
                """
                WITH gone AS (
                    DELETE FROM crm_repeat_rhythm WHERE customer_id = ANY(%(ids)s)
                )
                UPDATE crm_repeat_need
                   SET state = 'dropped', reason_code = 'gone', asset_id = NULL,
                       ended_at = %(now)s
                 WHERE (customer_id = ANY(%(ids)s) OR partner_id = ANY(%(ids)s))
                   AND state IN ('waiting', 'later')
                """,
                {"ids": self.ids, "now": fields.Datetime.now()},
            )
            self.env["crm.repeat.need"].invalidate_model(flush=False)
        return super()._erase_interactions()
