from odoo import api, fields, models
from odoo.exceptions import UserError

DELIVER_ACTIVITY = "crm_relations_stock.mail_activity_type_deliver"
CLOSED = ("done", "cancel")


class SaleOrder(models.Model):
    _inherit = "sale.order"

    crm_has_open_delivery = fields.Boolean(compute="_compute_crm_has_open_delivery")
    crm_delivery_asked_at = fields.Datetime(
        string="Delivery Asked",
        copy=False,
        readonly=True,
        help="When the warehouse was asked to deliver; empty when it is done.",
    )

    @api.depends("state", "picking_ids.state", "picking_ids.picking_type_code")
    def _compute_crm_has_open_delivery(self):
        for order in self:
            order.crm_has_open_delivery = bool(order._crm_get_open_deliveries())

    def _crm_get_open_deliveries(self):
        return self.picking_ids.filtered(
            lambda picking: picking.picking_type_code == "outgoing"
            and picking.state not in CLOSED
        )

    def action_crm_deliver(self):
        """Deliver what is ready; otherwise open the transfer and see what is missing."""
        self.ensure_one()
        pickings = self._crm_get_open_deliveries()
        pickings.check_access("write")
        waiting = pickings.filtered(lambda picking: picking.state == "confirmed")
        if waiting:
            waiting.action_assign()
        if len(pickings) != 1 or pickings.state != "assigned":
            return self._get_action_view_picking(pickings or self.picking_ids)
        return pickings.button_validate()

    def action_crm_ask_warehouse(self):
        """Ask the warehouse to deliver: one open request per transfer."""
        self.ensure_one()
        self.check_access("write")
        pickings = self._crm_get_open_deliveries()
        if not pickings:
            raise UserError(
                self.env._("%(order)s has nothing left to deliver.", order=self.name)
            )
        requests = pickings.activity_search([DELIVER_ACTIVITY])
        asked = {activity.res_id for activity in requests}
        fresh = pickings.filtered(lambda picking: picking.id not in asked)
        if not fresh:
            message = self.env._(
                "%(person)s was asked on %(date)s already.",
                person=requests[0].user_id.name,
                date=fields.Date.to_string(requests[0].create_date),
            )
        else:
            message = self._crm_ask_warehouse(fresh, fields.Datetime.now())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _crm_ask_warehouse(self, pickings, now):
        # two clicks at once: both write this row, so the second waits and starts again
        self.crm_delivery_asked_at = now
        self.flush_recordset(["crm_delivery_asked_at"])
        for keeper, group in pickings.grouped(lambda p: p._crm_find_keeper()).items():
            if not keeper:
                raise UserError(
                    self.env._(
                        "Nobody works in the warehouse %(warehouse)s. Name its keeper.",
                        warehouse=group[:1].picking_type_id.warehouse_id.name,
                    )
                )
            group.activity_schedule(DELIVER_ACTIVITY, user_id=keeper.id)
        names = pickings.activity_search([DELIVER_ACTIVITY]).user_id.mapped("name")
        return self.env._("%(person)s was asked to deliver.", person=", ".join(names))
