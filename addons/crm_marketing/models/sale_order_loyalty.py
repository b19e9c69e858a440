"""An order says which of its points are earned and which are spent."""

from odoo import models

from ..tools.loyalty_ledger import to_milli
from .loyalty_card import Change


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_point_changes(self):
        """The host adds the net of these at once, over all orders that are confirmed
        (or takes it away again, when they are cancelled): announce the parts."""
        changes = super()._get_point_changes()
        announced = self._crm_get_loyalty_changes()
        return {
            card.with_context(crm_loyalty_changes=announced): points
            for card, points in changes.items()
        }

    def _crm_get_loyalty_changes(self):
        """``{card id: [Change]}``: earned and spent by order; reversed of cancelled ones."""
        found = {}
        for order in self:
            is_undone = order.state == "cancel"
            of = (order._name, order.id) if is_undone else None
            for card, reason, points in order._crm_get_point_parts():
                found.setdefault(card.id, []).append(
                    Change(
                        "cancelled" if is_undone else reason,
                        to_milli(-points if is_undone else points),
                        order._name,
                        order.id,
                        of=of,
                    )
                )
        for some in found.values():
            # what comes back may pay for what is taken
            some.sort(key=lambda change: change.milli < 0)
        return found

    def _crm_get_point_parts(self):
        """[(card, reason, points)] of one order: what it gives and what it costs."""
        self.ensure_one()
        parts = [
            (point.coupon_id, "order", point.points) for point in self.coupon_point_ids
        ]
        costs = {}
        for line in self.order_line:
            if line.reward_id and line.coupon_id:
                costs.setdefault(line.coupon_id, []).append(line.points_cost)
        parts += [(card, "reward", -sum(some)) for card, some in costs.items()]
        return [part for part in parts if part[2]]

    def _add_points_for_coupon(self, coupon_points):
        """Points of an order that is confirmed already."""
        if self.state == "sale":
            context = {
                "crm_loyalty_reason": "order",
                "crm_loyalty_source": (self._name, self.id),
            }
            coupon_points = {
                coupon.with_context(**context): points
                for coupon, points in coupon_points.items()
            }
        return super()._add_points_for_coupon(coupon_points)
