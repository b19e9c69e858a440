from odoo import models
from odoo.tools import float_compare


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def write(self, vals):
        before = {order.id: order.state for order in self} if "state" in vals else {}
        result = super().write(vals)
        if before:
            changed = self.filtered(lambda order: order.state != before[order.id])
            changed.filtered(lambda order: order.state == "sent")._move_deals("sent")
            changed.filtered(lambda order: order.state == "sale")._move_deals(
                "confirmed"
            )
        return result

    def _move_deals(self, event):
        """Tell the deals of these orders that ``event`` happened to them.

        Delivered, invoiced and paid count when all confirmed orders of the deal are.
        """
        # sudo: an accountant or stock keeper moves the deal on without seeing it
        deals_sudo = self.sudo().opportunity_id
        orders = self
        if event not in ("sent", "confirmed"):
            waiting = deals_sudo.order_ids.filtered(
                lambda order: order.state == "sale" and not order._has_reached(event)
            )
            deals_sudo -= waiting.opportunity_id
        for deal_sudo in deals_sudo.filtered("funnel_id"):
            names = (orders.sudo() & deal_sudo.order_ids).mapped("name")
            deal_sudo._move_on_event(
                event, self._get_event_text(event, ", ".join(names))
            )

    def _move_delivered_deals(self):
        """Called when something of these orders was delivered, by hand or by stock."""
        done = self.filtered(
            lambda order: order.state == "sale" and order._has_reached("delivered")
        )
        if done:
            done._move_deals("delivered")

    def _get_event_text(self, event, names):
        return {
            "sent": self.env._("Quotation %(order)s was sent", order=names),
            "confirmed": self.env._("Order %(order)s was confirmed", order=names),
            "delivered": self.env._("Order %(order)s was delivered", order=names),
            "invoiced": self.env._("Order %(order)s was invoiced", order=names),
            "paid": self.env._("Order %(order)s was paid", order=names),
        }[event]

    def _has_reached(self, event):
        """Whether this confirmed order is wholly delivered, invoiced or paid."""
        self.ensure_one()
        if event == "delivered":
            lines = self.order_line.filtered(
                lambda line: not line.display_type and not line.is_downpayment
            )
            # carriage or labour that somebody would have to tick holds up no goods
            goods = lines.filtered(lambda line: line.product_id.type == "consu")
            return bool(lines) and all(line._is_delivered() for line in goods or lines)
        if event not in ("invoiced", "paid"):
            return True
        invoices = self.invoice_ids.filtered(lambda move: move.state != "cancel")
        posted = self.invoice_status == "invoiced" and all(
            move.state == "posted" for move in invoices
        )
        if event == "invoiced" or not posted:
            return posted
        settled = ("paid", "in_payment", "reversed")
        return all(
            move.payment_state in settled
            for move in invoices.filtered(lambda move: move.move_type == "out_invoice")
        )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def write(self, vals):
        result = super().write(vals)
        if "qty_delivered" in vals:
            self.order_id._move_delivered_deals()
        return result

    def _is_delivered(self):
        self.ensure_one()
        rounding = self.product_uom_id.rounding or 0.01
        return (
            float_compare(
                self.qty_delivered, self.product_uom_qty, precision_rounding=rounding
            )
            >= 0
        )
