from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        # sudo: the stock keeper need not see the orders whose deals go on
        orders_sudo = done.sudo().sale_line_id.order_id
        orders_sudo.filtered("opportunity_id")._move_delivered_deals()
        return done
