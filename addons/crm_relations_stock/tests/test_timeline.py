from odoo.tests import tagged

from .common import StockCommon


@tagged("post_install", "-at_install")
class TestTimelineDeliveries(StockCommon):
    def _load(self, user, **options):
        return (
            self.env["crm.timeline"]
            .with_user(user)
            .load_card(self.customer.id, **options)
        )

    def test_delivery_stands_between_its_order_and_later_things(self):
        order = self._make_order()
        order.action_confirm()
        order.with_user(self.keeper).action_crm_deliver()
        result = self._load(self.keeper, kinds=["delivery"])
        self.assertIn("delivery", [kind["code"] for kind in result["kinds"]])
        (row,) = result["items"]
        self.assertEqual((row["kind"], row["direction"]), ("delivery", "out"))
        self.assertIn(order.picking_ids.name, row["title"])
        self.assertEqual(
            row["document"], {"model": "stock.picking", "id": order.picking_ids.id}
        )
        self.assertEqual(row["state"], "Done")

    def test_who_may_not_read_transfers_sees_only_that_it_went_out(self):
        order = self._make_order()
        order.action_confirm()
        clerk = self._make_user("rel_clerk", "base.group_user")
        (row,) = self._load(clerk, kinds=["delivery"])["items"]
        self.assertFalse(row["is_open"])
        self.assertNotIn("title", row)

    def test_activity_on_a_transfer_is_on_the_card(self):
        order = self._make_order()
        order.action_confirm()
        order.action_crm_ask_warehouse()
        planned = self._load(self.keeper)["planned"]
        self.assertIn("stock.picking", [row["document"]["model"] for row in planned])
