"""A posted credit note takes back the points of its order, and gives back those spent;
an invoice of the same goods once more undoes that."""

from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._crm_follow_points()
        return posted

    def write(self, vals):
        if vals.get("state") not in ("draft", "cancel"):
            return super().write(vals)
        undone = self.filtered(lambda move: move.state == "posted")
        result = super().write(vals)
        undone._crm_follow_points()
        return result

    def _crm_follow_points(self):
        """Whatever share of an order is credited now, that share of its points is."""
        for move in self:
            if move.move_type not in ("out_invoice", "out_refund"):
                continue
            # sudo: whoever posts invoices need not see cards nor orders
            move_sudo = move.sudo()
            for order_sudo in move_sudo._crm_get_credited_orders():
                order_sudo._crm_follow_refund(move_sudo)

    def _crm_get_credited_orders(self):
        """Orders whose goods this note takes back, or this invoice charges once more."""
        orders = self.line_ids.sale_line_ids.order_id
        if self.move_type == "out_refund":
            return orders or self.reversed_entry_id.line_ids.sale_line_ids.order_id
        return orders.filtered(lambda order: order._crm_has_notes())
