from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_invoice_cost import SIGN


class CrmInvoiceCost(models.Model):
    _inherit = "crm.invoice.cost"

    @api.model
    def _cost_sources(self):
        # the cost that somebody accepted on the order, in the order's unit and rate
        return {
            **super()._cost_sources(),
            "order": SQL(
                """(
                SELECT %s * line.quantity * SUM(NULLIF(ordered.purchase_price, 0)
                           / COALESCE(NULLIF(sale.currency_rate, 0), 1)
                           * COALESCE(line_unit.factor, 1)
                           / COALESCE(order_unit.factor, 1)) / COUNT(*)
                  FROM sale_order_line_invoice_rel link
                  JOIN sale_order_line ordered ON ordered.id = link.order_line_id
                  JOIN sale_order sale ON sale.id = ordered.order_id
                  LEFT JOIN uom_uom order_unit ON order_unit.id = ordered.product_uom_id
                 WHERE link.invoice_line_id = line.id
                )""",
                SIGN,
            ),
        }

    @api.model
    def _flush_sources(self):
        for name in ("sale.order", "sale.order.line"):
            self.env[name].flush_model()
        return super()._flush_sources()
