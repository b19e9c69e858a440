"""A posted credit note takes back the points of its order, and gives back those spent."""

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
        notes = self.filtered(lambda move: move.move_type == "out_refund")
        for note in notes:
            # sudo: whoever posts a credit note need not see cards nor orders
            note_sudo = note.sudo()
            for order_sudo in note_sudo._crm_get_credited_orders():
                order_sudo._crm_follow_refund(note_sudo)

    def _crm_get_credited_orders(self):
        """Orders whose goods this credit note takes back."""
        orders = self.line_ids.sale_line_ids.order_id
        return orders or self.reversed_entry_id.line_ids.sale_line_ids.order_id
