from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._move_deals_of_orders("invoiced")
        return posted

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        self._move_deals_of_orders("paid")
        return result

    def _move_deals_of_orders(self, event):
        """Tell the deals whose orders these invoices belong to."""
        # sudo: the accountant need not see the orders
        lines_sudo = (
            self.sudo().filtered(lambda move: move.is_sale_document()).invoice_line_ids
        )
        orders_sudo = lines_sudo.sale_line_ids.order_id.filtered("opportunity_id")
        done = orders_sudo.filtered(lambda order: order._has_reached(event))
        if done:
            done._move_deals(event)
