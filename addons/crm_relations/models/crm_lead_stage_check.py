"""Nightly: leads that were moved behind the ORM, found by sets, repaired, counted."""

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import split_every

from ..tools.stage_move import CONTEXT_KEY, StageReason

BATCH = 1000

# Leads whose open visit is not where they are: one is open though they have left, none
# is open though they are here, or it is of another stage or funnel.
ASTRAY = """
    SELECT lead.id
      FROM crm_lead lead
      LEFT JOIN crm_lead_stage_log visit
        ON visit.lead_id = lead.id AND visit.left_at IS NULL
     CROSS JOIN LATERAL (
           SELECT lead.qualification_state IN ('rejected', 'nurture')
                  OR lead.won_status = 'lost' AS yes) has_left
     WHERE lead.stage_id IS NOT NULL
       AND CASE WHEN has_left.yes THEN visit.id IS NOT NULL
                ELSE visit.id IS NULL OR visit.stage_id IS DISTINCT FROM lead.stage_id
                     OR visit.funnel_id IS DISTINCT FROM lead.funnel_id END
     ORDER BY lead.id
"""


class CrmLeadStageLog(models.Model):
    _inherit = "crm.lead.stage.log"

    @api.model
    def _cron_compare_stages(self):
        """Nightly: repair what imports and SQL left behind, and count it."""
        now = fields.Datetime.now()
        leads = self.env["crm.lead"].with_context(active_test=False)
        unknown = self._count_unknown()
        self._backfill()
        self.env["ir.cron"]._commit_progress(unknown)
        astray = self._get_astray_ids()
        repaired = 0
        for batch in split_every(BATCH, astray):
            leads.browse(batch)._repair_visits()
            repaired += len(batch)
            if not self.env["ir.cron"]._commit_progress(
                len(batch), remaining=len(astray) - repaired
            ):
                break
        self._report_stages(unknown, repaired, now)

    @api.model
    def _report_stages(self, unknown, repaired, now):
        message = self.env._(
            "Without any visit: %(unknown)s. Visit of another stage, or still open after "
            "the end: %(astray)s.",
            unknown=unknown,
            astray=repaired,
        )
        self.env["crm.health.check"]._report(
            "stage_log",
            unknown + repaired,
            now,
            message if unknown + repaired else False,
        )

    @api.model
    def _count_unknown(self):
        """How many leads and deals have no visit at all."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """SELECT count(*) FROM crm_lead lead
                    WHERE lead.stage_id IS NOT NULL AND NOT EXISTS (
                          SELECT FROM crm_lead_stage_log log WHERE log.lead_id = lead.id)"""
            )
        )[0][0]

    @api.model
    def _get_astray_ids(self):
        self.env.flush_all()
        return [row[0] for row in self.env.execute_query(SQL(ASTRAY))]


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _repair_visits(self):
        """Close the open visits that are not where the leads are, and open the right ones."""
        text = self.env._("Found by the nightly check")
        leads = self.with_context(**{CONTEXT_KEY: StageReason("history", text)})
        # sudo: the log writes itself, nobody edits it
        rows_sudo = self.env["crm.lead.stage.log"].sudo()
        groups = rows_sudo._read_group(
            [("lead_id", "in", self.ids)], ["lead_id"], ["id:max"]
        )
        last_sudo = rows_sudo.browse([row[1] for row in groups])
        last = {visit_sudo.lead_id: visit_sudo for visit_sudo in last_sudo}
        exits, opening = {}, {}
        for lead in leads:
            visit_sudo = last.get(lead, rows_sudo)
            ended = lead._get_stage_exit()
            if not visit_sudo.left_at and visit_sudo:
                place = visit_sudo.stage_id, visit_sudo.funnel_id
                how = ended or lead._get_exit_to(*place)
                exits[lead] = (how, lead.stage_id.browse() if ended else lead.stage_id)
            if not ended:
                opening[lead] = (visit_sudo.stage_id, "history")
        leads._write_visits(exits, opening)
