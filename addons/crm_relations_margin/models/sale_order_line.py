from odoo import fields, models

from .sale_order import MARGIN


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    margin = fields.Float(groups=MARGIN)
    margin_percent = fields.Float(groups=MARGIN)
    purchase_price = fields.Float(groups=MARGIN)

    def _add_precomputed_values(self, vals_list):
        # sudo: the host reads back what it has worked out before the insert, the margin
        # too; stored fields are worked out past the rights anyway
        return super(SaleOrderLine, self.sudo())._add_precomputed_values(vals_list)
