from odoo.fields import Command
from odoo.tests import tagged

from .common import StockCommon


@tagged("post_install", "-at_install")
class TestDeliveredDeals(StockCommon):
    """A delivery moves the deal on, whoever delivers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north.use_leads = False
        names = ["Enquiry", "!Ordered", "!Delivered"]
        stages = cls.env["crm.stage"].create(
            [
                {
                    "name": name.lstrip("!"),
                    "is_won": name.startswith("!"),
                    "sequence": 10 * place,
                    "team_ids": [Command.set(cls.north.ids)],
                }
                for place, name in enumerate(names)
            ]
        )
        cls.funnel = cls.env["crm.funnel"].create(
            {
                "name": "Tyres",
                "team_ids": [Command.set(cls.north.ids)],
                "stage_ids": [Command.set(stages.ids)],
                "trigger_ids": [
                    Command.create({"event": "confirmed", "stage_id": stages[1].id}),
                    Command.create({"event": "delivered", "stage_id": stages[2].id}),
                ],
            }
        )

    def _sell(self, **values):
        deal = self._make_lead(type="opportunity", user_id=self.olena.id)
        order = self._make_order(opportunity_id=deal.id, **values)
        order.action_confirm()
        self.assertEqual(deal.stage_id.name, "Ordered")
        return deal, order

    def _deliver(self, order, quantity=None):
        picking = order.picking_ids.filtered(lambda row: row.state != "done")
        picking = picking.with_user(self.keeper)
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
            move.picked = True
        picking.with_context(skip_backorder=True).button_validate()

    def test_the_stock_keepers_delivery_moves_the_deal(self):
        deal, order = self._sell()
        self._deliver(order)
        self.assertEqual(deal.stage_id.name, "Delivered")
        row = deal.stage_log_ids.sorted("id")[-1]
        self.assertEqual((row.kind, row.moved_by_id), ("automatic", self.keeper))
        self.assertEqual(row.reason, f"Order {order.name} was delivered")

    def test_a_part_is_not_everything(self):
        deal, order = self._sell(quantity=4)
        self._deliver(order, 1)
        self.assertEqual(deal.stage_id.name, "Ordered")
        self._deliver(order)
        self.assertEqual(deal.stage_id.name, "Delivered")

    def test_carriage_that_nobody_ticks_holds_up_no_goods(self):
        carriage = self.env["product.product"].create(
            {"name": "Carriage", "type": "service", "invoice_policy": "order"}
        )
        deal = self._make_lead(type="opportunity", user_id=self.olena.id)
        order = self._make_order(opportunity_id=deal.id)
        order.order_line = [(0, 0, {"product_id": carriage.id, "price_unit": 9})]
        order.action_confirm()
        self._deliver(order)
        self.assertEqual(deal.stage_id.name, "Delivered")

    def test_a_transfer_without_deal_moves_nothing(self):
        deal, _order = self._sell()
        other = self._make_order()
        other.action_confirm()
        self._deliver(other)
        self.assertEqual(deal.stage_id.name, "Ordered")
