from datetime import date

from odoo.tests import tagged

from .common import StockCommon


@tagged("post_install", "-at_install")
class TestInvoiceCost(StockCommon):
    """Which source a storable product's cost comes from, before and after delivery."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tyre.standard_price = 30
        cls.tyre.invoice_policy = "order"
        cls.tyre.taxes_id = False

    def _invoice(self, order):
        invoice = order.sudo()._create_invoices()
        invoice.invoice_date = date(2026, 3, 5)
        invoice.action_post()
        return invoice

    def _cost(self, invoice):
        self.env.invalidate_all()
        return self.env["crm.invoice.cost"].search(
            [("line_id", "in", invoice.invoice_line_ids.ids)]
        )

    def _deliver(self, order, quantity=None):
        moves = (
            order.sudo()
            .picking_ids.filtered(
                lambda picking: picking.state not in ("done", "cancel")
            )
            .move_ids
        )
        moves.quantity = quantity or moves.product_uom_qty
        moves.picked = True
        moves._action_done()
        return moves

    def test_delivered_before_the_invoice(self):
        order = self._make_order()
        order.action_confirm()
        self._deliver(order)
        self.tyre.standard_price = 99  # the delivery had its value already
        cost = self._cost(self._invoice(order))
        self.assertEqual((cost.source, cost.amount), ("move", 60))

    def test_delivered_after_the_invoice(self):
        order = self._make_order()
        order.action_confirm()
        invoice = self._invoice(order)
        self.assertIn(self._cost(invoice).source, ("order", "product"))
        self.assertEqual(self._cost(invoice).amount, 60)
        self.tyre.standard_price = 35
        self.assertEqual(self._cost(invoice).amount, 60, "frozen")
        self._deliver(order)
        self.assertEqual(
            (self._cost(invoice).source, self._cost(invoice).amount), ("move", 70)
        )
        queue = self.env["crm.customer.dirty"].search(
            [("customer_id", "=", self.customer.id)]
        )
        self.assertTrue(queue)

    def test_goods_that_are_not_stored_keep_the_cost_of_their_day(self):
        order = self._make_order()
        self.tyre.is_storable = False
        order.action_confirm()
        invoice = self._invoice(order)
        self.assertEqual(self._cost(invoice).amount, 60)
        self.tyre.standard_price = 35
        self._deliver(order)
        self.assertEqual(self._cost(invoice).amount, 60, "frozen")

    def test_real_time_valuation_books_the_cost(self):
        self.tyre.categ_id = self.env["product.category"].create(
            {"name": "Real time", "property_valuation": "real_time",
             "property_cost_method": "standard"}
        )  # fmt: skip
        order = self._make_order()
        order.action_confirm()
        self._deliver(order)
        invoice = self._invoice(order)
        booked = invoice.line_ids.filtered(
            lambda line: line.display_type == "cogs"
            and line.account_id.account_type.startswith("expense")
        )
        if not booked:
            self.skipTest("the chart of accounts books no cost with the invoice")
        cost = self._cost(invoice)
        self.assertEqual((cost.source, cost.amount), ("cogs", booked.balance))
        months = self.env["crm.customer.month"]
        while months._pass(date(2026, 3, 20)):
            pass
        self.assertEqual(
            months.search([("customer_id", "=", self.customer.id)]).cost, 60
        )

    def test_a_credit_note_gives_the_cost_back(self):
        order = self._make_order()
        order.action_confirm()
        self._deliver(order)
        invoice = self._invoice(order)
        refund = invoice._reverse_moves([{"invoice_date": date(2026, 3, 6)}])
        refund.action_post()
        self.assertEqual(self._cost(refund).amount, -60)
