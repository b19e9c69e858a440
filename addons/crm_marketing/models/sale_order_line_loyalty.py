"""Rewards added to, changed on or taken from an order that is confirmed already."""

from odoo import api, models

from ..tools.loyalty_told import tell


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        self._crm_free_delivery(vals_list)
        orders = {
            vals.get("order_id")
            for vals in vals_list
            if vals.get("coupon_id") and vals.get("points_cost")
        }
        if not orders:
            return super().create(vals_list)
        lines = super(SaleOrderLine, self._crm_with_reward_source(list(orders))).create(
            vals_list
        )
        return lines.with_env(self.env)

    @api.model
    def _crm_free_delivery(self, vals_list):
        """A delivery line (of the host's ``delivery``, where it is) costs a customer
        nothing whose level says so. Whoever sells may put a price on it afterwards."""
        for vals in vals_list:
            if not vals.get("is_delivery") or not vals.get("price_unit"):
                continue
            level = self.env["sale.order"].browse(vals["order_id"])._crm_get_level()
            if level.has_free_delivery:
                text = self.env._("free: %(level)s", level=level.name)
                vals["name"] = f"{vals.get('name') or ''} ({text})".strip()
                vals["price_unit"] = 0

    def write(self, vals):
        if "points_cost" not in vals:
            return super().write(vals)
        lines = self._crm_with_reward_source(self.order_id.ids)
        result = super(SaleOrderLine, lines).write(vals)
        # sudo: as when a note is posted, whoever sells need not see its cards
        self.sudo().order_id._crm_follow_rewards()
        return result

    def unlink(self):
        if not any(line.coupon_id and line.points_cost for line in self):
            return super().unlink()
        orders_sudo = self.sudo().order_id  # sudo: see write
        lines = self._crm_with_reward_source(self.order_id.ids)
        result = super(SaleOrderLine, lines).unlink()
        orders_sudo.exists()._crm_follow_rewards()
        return result

    def _crm_with_reward_source(self, order_ids):
        """Points that these lines move belong to their order, where there is only one."""
        source = ("sale.order", order_ids[0]) if len(order_ids) == 1 else None
        context = tell(self.env.context, reason="reward", source=source)
        return self.with_context(**context)
