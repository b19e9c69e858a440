from datetime import timedelta

from odoo import api, fields, models


class CrmLeadLost(models.TransientModel):
    _inherit = "crm.lead.lost"

    is_repeat = fields.Boolean(
        compute="_compute_is_repeat", export_string_translation=False
    )
    crm_again_on = fields.Date(
        string="Ask Again on",
        compute="_compute_crm_again_on",
        store=True,
        readonly=False,
        help="He said later: a deal is opened again for this need on that day.",
    )

    @api.depends("lead_ids")
    def _compute_is_repeat(self):
        for wizard in self:
            wizard.is_repeat = bool(wizard.lead_ids.crm_repeat_need_id)

    @api.depends("lost_reason_id")
    def _compute_crm_again_on(self):
        """The day the reason proposes."""
        for wizard in self:
            days = wizard.lost_reason_id.crm_again_days
            today = fields.Date.context_today(wizard)
            wizard.crm_again_on = days and today + timedelta(days=days)

    def action_lost_reason_apply(self):
        if self.crm_again_on:
            self.lead_ids.filtered("crm_repeat_need_id").write(
                {"crm_again_on": self.crm_again_on}
            )
        return super().action_lost_reason_apply()
