from odoo import api, fields, models

from .utm_campaign import BOOKS

PURCHASES = ("in_invoice", "in_refund", "in_receipt", "entry")


class AccountMove(models.Model):
    _inherit = "account.move"

    crm_campaign_count = fields.Integer(
        string="Campaigns",
        compute="_compute_crm_campaign_count",
        groups=BOOKS,
        help="Campaigns that this document is a cost of.",
    )

    @api.depends("line_ids.analytic_distribution")
    def _compute_crm_campaign_count(self):
        for move in self:
            move.crm_campaign_count = (
                len(move._crm_get_campaigns()) if move.move_type in PURCHASES else 0
            )

    def write(self, vals):
        result = super().write(vals)
        if not {"campaign_id", "source_id", "medium_id"}.isdisjoint(vals):
            # another origin, perhaps another campaign that won the customer
            self.filtered(lambda move: move.state == "posted")._crm_mark_money()
        return result

    def _crm_get_campaigns(self):
        """Campaigns to whose accounts lines of these documents are distributed."""
        accounts = {
            int(number)
            for distribution in self.line_ids.mapped("analytic_distribution")
            for key in distribution or ()
            for number in key.split(",")
        }
        if not accounts:
            return self.env["utm.campaign"]
        return (
            self.env["crm.campaign.budget"]
            .search([("account_id", "in", list(accounts))])
            .campaign_id
        )

    def action_crm_open_campaigns(self):
        """From a bill to the campaigns it was for."""
        campaigns = self._crm_get_campaigns()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Campaigns"),
            "res_model": "utm.campaign",
            "views": [[False, "list"], [False, "form"]],
            "domain": [("id", "in", campaigns.ids)],
        }
        if len(campaigns) == 1:
            action.update(res_id=campaigns.id, views=[[False, "form"]])
        return action
