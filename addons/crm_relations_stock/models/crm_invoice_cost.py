from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_invoice_cost import PRODUCT_QUANTITY, SIGN


class CrmInvoiceCost(models.Model):
    """What the warehouse knows of the cost of an invoice line."""

    _inherit = "crm.invoice.cost"

    @api.model
    def _cost_sources(self):
        return {
            **super()._cost_sources(),
            "cogs": SQL(
                """(
                SELECT SUM(booked.balance)
                  FROM account_move_line booked
                  JOIN account_account account ON account.id = booked.account_id
                   AND account.account_type LIKE 'expense%%'
                 WHERE booked.cogs_origin_id = line.id AND booked.display_type = 'cogs'
                )"""
            ),
            # value of what was delivered on the order, for the quantity invoiced
            "move": SQL(
                """
                CASE WHEN template.is_storable THEN %s * %s * (
                    SELECT SUM(delivery.value) / NULLIF(SUM(
                               ordered.qty_delivered * COALESCE(order_unit.factor, 1)
                               / COALESCE(own_unit.factor, 1)), 0)
                      FROM sale_order_line_invoice_rel link
                      JOIN sale_order_line ordered ON ordered.id = link.order_line_id
                      LEFT JOIN uom_uom order_unit
                             ON order_unit.id = ordered.product_uom_id
                      JOIN (
                          SELECT sale_line_id, SUM(CASE
                                     WHEN is_in AND is_dropship IS NOT TRUE THEN -value
                                     ELSE value END)::numeric AS value
                            FROM stock_move
                           WHERE state = 'done' AND (is_in OR is_out OR is_dropship)
                           GROUP BY sale_line_id
                      ) delivery ON delivery.sale_line_id = ordered.id
                     WHERE link.invoice_line_id = line.id
                ) END
                """,
                SIGN,
                PRODUCT_QUANTITY,
            ),
        }

    @api.model
    def _flush_sources(self):
        for name in ("stock.move", "sale.order.line", "product.template"):
            self.env[name].flush_model()
        return super()._flush_sources()


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        done._crm_revalue_invoices()
        return done

    def _crm_revalue_invoices(self):
        """Invoices that were posted before this delivery get its value.

        What was booked with the invoice stays: the ledger says so too.
        """
        # sudo: the stock keeper sees neither orders nor costs of invoices
        orders_sudo = self.sudo().sale_line_id
        if not orders_sudo:
            return
        lines = (
            self.env["crm.invoice.cost"]
            .sudo()
            ._revalue(
                SQL(
                    "line.id IN (SELECT invoice_line_id FROM sale_order_line_invoice_rel "
                    "WHERE order_line_id = ANY(%s))",
                    orders_sudo.ids,
                ),
                ("move", "order", "product", "none"),
                into="move",
            )
        )
        self.env["account.move.line"].sudo().browse(lines).move_id._crm_mark_money()
