"""An order says which of its points are earned and which are spent."""

from odoo import models
from odoo.tools import SQL

from ..tools.loyalty_ledger import from_milli, to_milli
from .loyalty_card import Change
from .sale_order_refund import EARNED, SPENT


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_point_changes(self):
        """The host adds the net of these at once, over all orders that are confirmed
        (or takes it away again, when they are cancelled): announce the parts."""
        changes = super()._get_point_changes()
        announced = self._crm_get_loyalty_changes()
        for order in self.filtered(lambda order: order.state == "cancel"):
            # the host would take away once more what credit notes took
            for card_id, milli in order._crm_get_undone_by_notes().items():
                card = self.env["loyalty.card"].browse(card_id)
                if card in changes:
                    changes[card] += from_milli(milli)
        return {
            card._crm_tell(changes=announced): points
            for card, points in changes.items()
        }

    def _crm_get_loyalty_changes(self):
        """``{card id: [Change]}``: earned and spent by order; reversed of cancelled ones."""
        found = {}
        life = self._crm_get_life_key()
        for order in self:
            is_undone = order.state == "cancel"
            of = (order._name, order.id) if is_undone else None
            noted = dict(order._crm_read_rows()[1]) if is_undone else {}
            for card, reason, points in order._crm_get_point_parts():
                milli = to_milli(points)
                key = life
                if is_undone:
                    milli = -order._crm_get_rest(card, milli, noted)
                    reason, key = "cancelled", None
                found.setdefault(card.id, []).append(
                    Change(reason, milli, order._name, order.id, key=key, of=of)
                )
        for some in found.values():
            # what comes back may pay for what is taken
            some.sort(key=lambda change: change.milli < 0)
        return found

    def _crm_get_life_key(self):
        """Key of what orders that are confirmed now earn and spend: with it begins what
        notes may undo, also where an order had been cancelled before."""
        [[last]] = self.env.execute_query(
            SQL("SELECT COALESCE(max(id), 0) FROM crm_loyalty_entry")
        )
        return f"life:{last}"

    def _crm_get_rest(self, card, milli, noted):
        """Of what an order moved: what credit notes have not undone yet."""
        kind = EARNED if milli > 0 else SPENT
        undone = noted.get((card.id, kind), (0, 0))[0]
        return milli - undone if milli > 0 else milli + undone

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
            said = {"reason": "order", "source": (self._name, self.id)}
            coupon_points = {
                coupon._crm_tell(**said): points
                for coupon, points in coupon_points.items()
            }
        return super()._add_points_for_coupon(coupon_points)

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """Who owes points has none to spend, but may buy: for the host a balance below
        zero is a reward that cannot be paid."""
        points = super()._get_real_points_for_coupon(coupon, post_confirm=post_confirm)
        # sudo: whoever sells need not read cards
        if points < 0 and coupon.sudo().points < 0:
            return points if coupon in self.order_line.coupon_id else 0
        return points
