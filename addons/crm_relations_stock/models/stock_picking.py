from odoo import fields, models

from .sale_order import DELIVER_ACTIVITY


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "crm.alarm.watched"]

    # related fields are read as the superuser: a stock keeper may know whom to call
    crm_seller_id = fields.Many2one(
        related="sale_id.user_id",
        string="Sales Contact",
        help="Who sold this: ask him about the customer.",
    )
    crm_seller_phone = fields.Char(
        related="sale_id.user_id.partner_id.phone", string="Sales Contact's Phone"
    )
    crm_seller_email = fields.Char(
        related="sale_id.user_id.partner_id.email", string="Sales Contact's E-mail"
    )

    def _crm_find_keeper(self):
        """Who is asked to deliver: of the transfer, of the warehouse, else a keeper."""
        self.ensure_one()
        # sudo: groups and warehouses' settings are not for salespeople to read
        picking_sudo = self.sudo()
        warehouse_sudo = picking_sudo.picking_type_id.warehouse_id
        named = picking_sudo.user_id or warehouse_sudo.crm_keeper_id
        return (named if named.active else warehouse_sudo._crm_find_any_keeper()).sudo(
            False
        )

    def _action_done(self):
        result = super()._action_done()
        done = self.filtered(lambda picking: picking.state == "done")
        done._crm_close_delivery_requests()
        return result

    def _crm_close_delivery_requests(self):
        """What the warehouse was asked for is done."""
        # sudo: the request ends whoever delivers
        asked_sudo = self.sudo().filtered("sale_id.crm_delivery_asked_at")
        if not asked_sudo:
            return
        asked_sudo.activity_feedback([DELIVER_ACTIVITY])
        orders_sudo = asked_sudo.sale_id
        waiting = orders_sudo._crm_get_open_deliveries().activity_search(
            [DELIVER_ACTIVITY]
        )
        pickings = self.env["stock.picking"].browse(waiting.mapped("res_id"))
        (orders_sudo - pickings.sale_id).crm_delivery_asked_at = False
