from odoo import api, fields, models
from odoo.tools import SQL

LINE_FIELDS = {"amount", "category", "date", "move_line_id", "company_id"}


class AccountAnalyticAccount(models.Model):
    _inherit = "account.analytic.account"

    crm_campaign_id = fields.Many2one(
        "utm.campaign",
        string="Campaign",
        compute="_compute_crm_campaign",
        help="The campaign whose bills are booked here.",
    )

    def _compute_crm_campaign(self):
        # sudo: which campaign it is stands in the account's name
        rows_sudo = self.env["crm.campaign.budget"].sudo()
        rows_sudo = rows_sudo.search([("account_id", "in", self.ids)])
        campaigns = {row.account_id.id: row.campaign_id for row in rows_sudo}
        for account in self:
            account.crm_campaign_id = campaigns.get(account.id, False)

    def action_crm_open_campaign(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "utm.campaign",
            "res_id": self.crm_campaign_id.id,
            "views": [[False, "form"]],
        }


class AccountAnalyticLine(models.Model):
    """Whatever is booked on a campaign's account changes what the campaign costs."""

    _inherit = "account.analytic.line"

    def _crm_mark_campaigns(self):
        """Queue the campaigns of these lines."""
        column = self._crm_get_plan_field()
        accounts = column and self.sudo()[column]  # sudo: engine's own bookkeeping
        if accounts:
            # sudo: the queue belongs to the engine
            self.env["crm.campaign.dirty"].sudo()._mark(
                SQL(
                    "SELECT campaign_id, company_id FROM crm_campaign_budget "
                    "WHERE account_id = ANY(%s)",
                    accounts.ids,
                )
            )

    def _crm_get_plan_field(self):
        # sudo: the name of the plan's column is no secret
        plan_sudo = self.env["crm.campaign.budget"]._get_plan().sudo()
        name = plan_sudo and plan_sudo._column_name()
        return name if name in self._fields else None

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._crm_mark_campaigns()
        return lines

    def write(self, vals):
        column = self._crm_get_plan_field()
        if not (LINE_FIELDS | {column, "analytic_distribution"}) & vals.keys():
            return super().write(vals)
        self._crm_mark_campaigns()
        result = super().write(vals)
        self._crm_mark_campaigns()
        return result

    def unlink(self):
        self._crm_mark_campaigns()
        return super().unlink()
