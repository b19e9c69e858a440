from odoo import api, fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    crm_order_line_ids = fields.Many2many(
        "sale.order.line",
        string="Quoted Products",
        compute="_compute_crm_order_line_ids",
        help="Lines of this deal's quotations and orders, with what is free on stock.",
    )

    @api.depends("order_ids.state", "order_ids.order_line.display_type")
    def _compute_crm_order_line_ids(self):
        for lead in self:
            orders = lead.order_ids.filtered(lambda order: order.state != "cancel")
            lead.crm_order_line_ids = orders.order_line.filtered(
                lambda line: not line.display_type
            )
