from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    crm_sent_at = fields.Datetime(
        string="Proposal Sent",
        compute="_compute_crm_sent_at",
        store=True,
        copy=False,
        help="Since when the customer has it: alarms count from here.",
    )

    @api.depends("state")
    def _compute_crm_sent_at(self):
        for order in self:
            if order.state != "sent":
                order.crm_sent_at = order.state != "draft" and order.crm_sent_at
            elif not order.crm_sent_at:
                order.crm_sent_at = self.env.cr.now()
