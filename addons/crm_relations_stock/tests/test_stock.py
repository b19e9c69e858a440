from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.crm_relations.tests.common import TIME_ZERO

from .common import StockCommon

DELIVER_ACTIVITY = "crm_relations_stock.mail_activity_type_deliver"


@tagged("post_install", "-at_install")
class TestFreeStock(StockCommon):
    def test_free_now_and_next_receipt(self):
        later, sooner = TIME_ZERO + timedelta(days=9), TIME_ZERO + timedelta(days=5)
        self._make_receipt(self.tyre, 5, later)
        self._make_receipt(self.tyre, 5, sooner)
        done = self._make_receipt(self.tyre, 3, TIME_ZERO)
        done.quantity = 3
        done.picked = True
        done._action_done()
        line = self._make_order().order_line
        self.assertEqual((line.crm_free_qty, line.crm_next_receipt_at), (13, sooner))

    def test_reserved_is_not_free_and_other_warehouses_do_not_count(self):
        self._make_order(quantity=4).action_confirm()
        other = self.env["stock.warehouse"].create({"name": "Second", "code": "WH2"})
        self.env["stock.quant"]._update_available_quantity(
            self.tyre, other.lot_stock_id, 50
        )
        here = self._make_order().order_line
        there = self._make_order(warehouse_id=other.id).order_line
        self.assertEqual((here.crm_free_qty, there.crm_free_qty), (6, 50))

    def test_in_the_unit_of_the_line(self):
        line = self._make_order().order_line
        line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(line.crm_free_qty, 0.83, "ten are not one dozen: rounded down")

    def test_services_have_no_stock(self):
        service = self.env["product.product"].create(
            {"name": "Fitting", "type": "service"}
        )
        line = self._make_order(product=service).order_line
        self.assertEqual((line.crm_free_qty, line.crm_next_receipt_at), (0, False))

    def test_queries_do_not_grow_with_the_lines(self):
        products = self.env["product.product"].union(
            *(self._make_product(f"P{n}", n) for n in range(30))
        )
        for product in products:
            self._make_receipt(product, 1, TIME_ZERO)
        small = self._make_order(product=products[:1])
        big = self._make_order(product=products)
        self.env.flush_all()
        for order in (small, big):
            self.env.invalidate_all()
            lines = order.with_user(self.olena).order_line
            lines.mapped("is_storable")
            lines.mapped("warehouse_id.name")
            lines.mapped("product_uom_id.name")
            lines.mapped("product_id.uom_id.name")
            with self.assertQueryCount(12):
                lines.mapped("crm_next_receipt_at")

    def test_deal_shows_the_lines_of_its_open_quotations(self):
        deal = self._make_lead(
            type="opportunity", user_id=self.olena.id, partner_id=self.customer.id
        )
        first = self._make_order(opportunity_id=deal.id)
        second = self._make_order(opportunity_id=deal.id)
        second._action_cancel()
        deal = deal.with_user(self.olena)
        self.assertEqual(deal.crm_order_line_ids, first.order_line)

    def test_everybody_who_sees_the_order_sees_the_stock(self):
        line = self._make_order().order_line
        for user in (self.olena, self.accountant, self.keeper, self.manager):
            with self.subTest(user.login):
                line.invalidate_recordset()
                self.assertEqual(line.with_user(user).crm_free_qty, 10)


@tagged("post_install", "-at_install")
class TestDelivery(StockCommon):
    def _requests(self, order):
        return order.picking_ids.activity_search([DELIVER_ACTIVITY])

    def test_salesperson_asks_once_and_cannot_deliver(self):
        order = self._make_order()
        with self.assertRaises(UserError):
            order.action_crm_ask_warehouse()  # nothing to deliver yet
        order.action_confirm()
        order.action_crm_ask_warehouse()
        order.action_crm_ask_warehouse()
        request = self._requests(order)
        self.assertEqual((len(request), request.user_id), (1, self.keeper))
        with self.assertRaises(AccessError):
            order.with_user(self.petro).action_crm_ask_warehouse()

    def test_keeper_delivers_and_the_request_is_done(self):
        order = self._make_order()
        order.action_confirm()
        order.action_crm_ask_warehouse()
        order.with_user(self.keeper).action_crm_deliver()
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertFalse(self._requests(order))
        self.assertFalse(order.crm_delivery_asked_at)
        self.assertFalse(order.crm_has_open_delivery)

    def test_what_is_not_there_is_not_delivered(self):
        order = self._make_order(quantity=20)
        order.action_confirm()
        action = order.with_user(self.keeper).action_crm_deliver()
        self.assertNotEqual(order.picking_ids.state, "done")
        self.assertEqual(action["res_model"], "stock.backorder.confirmation")
        empty = self._make_order(product=self._make_product("Nothing there"))
        empty.action_confirm()
        action = empty.with_user(self.keeper).action_crm_deliver()
        self.assertEqual(action["res_id"], empty.picking_ids.id, "look at the transfer")

    def test_who_is_asked(self):
        order = self._make_order()
        order.action_confirm()
        picking = order.picking_ids
        self.assertEqual(picking._crm_find_keeper(), self.keeper, "of the warehouse")
        other = self._make_user("rel_keeper2", "base.group_user,stock.group_stock_user")
        picking.user_id = other
        self.assertEqual(picking._crm_find_keeper(), other, "of the transfer")
        picking.user_id = False
        self.warehouse.crm_keeper_id = False
        found = picking._crm_find_keeper()
        self.assertTrue(
            found.has_group("stock.group_stock_user"), "anybody of the warehouse"
        )

    def test_keeper_sees_whom_to_call(self):
        self.olena.partner_id.phone = "+380671234567"
        order = self._make_order()
        order.action_confirm()
        picking = order.picking_ids.with_user(self.keeper)
        picking.invalidate_recordset()
        self.assertEqual(
            (picking.crm_seller_id, picking.crm_seller_phone, picking.crm_seller_email),
            (self.olena, "+380671234567", "rel_olena@example.com"),
        )
