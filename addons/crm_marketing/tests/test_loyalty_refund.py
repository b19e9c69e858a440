"""Credit notes take points back in proportion, and give back those spent."""

from odoo.tests import tagged

from .loyalty_common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLoyaltyRefund(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.invoice_policy = "order"

    def _sell(self, price, claim=False, **values):
        order = self._make_order(price, **values)
        if claim:
            self._claim(order)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        return order, invoice

    def _credit(self, invoice, price=None):
        """A posted credit note of the invoice, or of a part of its first line."""
        note = invoice._reverse_moves([{"invoice_date": invoice.date}])
        if price is not None:
            note.invoice_line_ids[0].price_unit = price
            note.invoice_line_ids[1:].unlink()
        note.action_post()
        return note

    def test_the_whole_order(self):
        _order, invoice = self._sell(300)
        note = self._credit(invoice)
        self.assertEqual(self._ledger(), [("order", 300), ("refund", -300)])
        entry = self.entries.search([("reason", "=", "refund")])
        self.assertEqual(entry.reversal_of_id.reason, "order")
        self.assertEqual(
            (entry.source_model, entry.source_id), ("account.move", note.id)
        )
        self.assertEqual(entry.history_id.description, note.display_name)
        self.assertEqual(self.card.points, 0)
        self.assert_agrees()

    def test_in_parts_that_sum_to_the_whole(self):
        _order, invoice = self._sell(300)
        for _part in range(3):
            self._credit(invoice, 100)
        self.assertEqual(
            self._ledger(),
            [("order", 300), ("refund", -100), ("refund", -100), ("refund", -100)],
        )
        self.assert_agrees()

    def test_points_that_were_spent_are_owed(self):
        _order, invoice = self._sell(300)
        self._sell(20, claim=True)
        left = self.card.points
        self._credit(invoice)
        self.assertEqual(self.card.points, left - 300)
        self.assertLess(self.card.points, 0)
        self.assert_agrees()

    def test_or_only_what_is_left_by_setting(self):
        self.program.crm_may_owe = False
        _order, invoice = self._sell(300)
        self._sell(20, claim=True)
        self._credit(invoice)
        self.assertEqual(self.card.points, 0)
        self.assert_agrees()

    def test_points_paid_with_come_back(self):
        self.card.points = 150
        _order, invoice = self._sell(300, claim=True)
        self._credit(invoice)
        self.assertEqual(self.card.points, 150)
        self.assertIn(("refund", 100), self._ledger())
        self.assert_agrees()

    def test_a_credit_note_taken_back(self):
        _order, invoice = self._sell(300)
        note = self._credit(invoice)
        note.button_draft()
        self.assertEqual(self.card.points, 300)
        self.assertEqual(self._ledger()[-1], ("cancelled", 300))
        lot = self.entries.search([("reason", "=", "order")])
        back = self.entries.search([("reason", "=", "cancelled")])
        self.assertEqual(back.lot_id, lot, "into the lot it was taken from")
        note.action_post()
        self.assertEqual(self.card.points, 0)
        self.assert_agrees()

    def test_credited_and_then_cancelled_takes_once(self):
        order, invoice = self._sell(300)
        self._credit(invoice, 100)
        self.assertEqual(self.card.points, 200)
        order._action_cancel()
        self.assertEqual(self.card.points, 0)
        self.assert_agrees()

    def test_a_coupon_goes_with_the_whole_order_only(self):
        program = self._make_program(
            name="Coupon", program_type="next_order_coupons", applies_on="future"
        )
        _order, invoice = self._sell(200)
        coupon = program.coupon_ids
        points = coupon.points
        self.assertTrue(points)
        self._credit(invoice, 50)
        self.assertEqual(coupon.points, points)
        self._credit(invoice, 150)
        self.assertEqual(coupon.points, 0)
        self.assert_agrees()

    def test_accountants_post_without_rights_on_cards(self):
        _order, invoice = self._sell(300)
        note = invoice._reverse_moves([{"invoice_date": invoice.date}])
        note.with_user(self.accountant).action_post()
        self.assertEqual(self.card.points, 0)
        self.assert_agrees()
