"""Points by margin, by category, and for a review."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from ..models import loyalty_card_margin
from .loyalty_common import LoyaltyCommon

TODAY = date(2026, 3, 20)


@tagged("post_install", "-at_install")
class TestLoyaltyMargin(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cards = cls.env["loyalty.card"]
        cls.product.standard_price = 60
        cls.program.write(
            {"crm_margin_points": 0.5, "crm_margin_since": "2026-01-01",
             "rule_ids": [Command.clear()]}
        )  # fmt: skip

    def _invoice(self, price=100, day=TODAY):
        return self._make_invoice(day, price)

    def _credit(self, invoice):
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        action = wizard.create({"journal_id": invoice.journal_id.id}).reverse_moves()
        note = self.env["account.move"].browse(action["res_id"])
        note.action_post()
        return note

    def test_half_a_point_for_each_unit_of_margin_once(self):
        invoice = self._invoice()
        self.assertEqual(self.cards._crm_give_margins(), 1)
        self.assertFalse(self.cards._crm_give_margins())
        self.assertEqual(self._ledger(), [("margin", 20)])
        entry = self.entries.search([("card_id", "=", self.card.id)])
        self.assertEqual(
            (entry.source_model, entry.source_id), ("account.move", invoice.id)
        )
        self.assert_agrees()

    def test_a_credit_note_takes_them_back(self):
        self._credit(self._invoice())
        self.assertFalse(self.cards._crm_give_margins(), "nothing was earned")
        invoice = self._invoice()
        self.cards._crm_give_margins()
        self._credit(invoice)
        self.cards._crm_give_margins()
        self.assertEqual(self._ledger(), [("margin", 20), ("refund", -20)])
        taken = self.entries.search([("reason", "=", "refund")])
        self.assertEqual(taken.reversal_of_id.reason, "margin")
        self.assertFalse(self.cards._crm_give_margins())
        self.assert_agrees()

    def test_draft_and_posted_again(self):
        invoice = self._invoice()
        self.cards._crm_give_margins()
        invoice.button_draft()
        self.cards._crm_give_margins()
        self.assertEqual(self.card.points, 0)
        invoice.action_post()
        self.cards._crm_give_margins()
        self.assertEqual(
            self._ledger(), [("margin", 20), ("refund", -20), ("margin", 20)]
        )
        self.assert_agrees()

    def test_losses_unknown_costs_and_the_past_bring_nothing(self):
        self._invoice(price=50)
        self._invoice(day=date(2025, 12, 31))
        self.product.standard_price = 0
        self._invoice()
        self.assertFalse(self.cards._crm_give_margins())
        self.assertFalse(self._ledger())

    def test_another_rate_begins_anew(self):
        self._invoice()
        self.cards._crm_give_margins()
        self.program.crm_margin_points = 5
        self.assertGreater(self.program.crm_margin_since, TODAY)
        self.assertFalse(self.cards._crm_give_margins())
        self.assertEqual(self._ledger(), [("margin", 20)])

    def test_a_discount_line_lowers_the_margin(self):
        self._make_invoice(TODAY, 100, {"price_unit": -30})
        self.cards._crm_give_margins()
        self.assertEqual(self._ledger(), [("margin", 5)])

    def test_old_points_follow_at_their_own_rate(self):
        """Whatever the program says by now: another rate, none, or it is archived."""
        invoices = [self._invoice() for _number in range(3)]
        self.cards._crm_give_margins()
        self.assertEqual(self.card.points, 60)
        self.program.crm_margin_points = 5
        self._credit(invoices[0])
        self.cards._crm_give_margins()
        self.assertEqual(self.card.points, 40)
        self.program.crm_margin_points = 0
        self._credit(invoices[1])
        self.cards._crm_give_margins()
        self.assertEqual(self.card.points, 20)
        self.program.action_archive()
        self._credit(invoices[2])
        self.assertEqual(self.cards._crm_give_margins(), 1)
        self.assertEqual(self.card.points, 0)
        self.assertFalse(self.cards._crm_give_margins())
        self.assert_agrees()

    def test_another_customer_of_the_same_invoice(self):
        invoice = self._invoice()
        self.cards._crm_give_margins()
        other = self._make_customer("Berizka LLC")
        invoice.button_draft()
        invoice.partner_id = other
        invoice.action_post()
        self.cards._crm_give_margins()
        theirs = self.cards.search([("partner_id", "=", other.id)])
        self.assertEqual((self.card.points, theirs.points), (0, 20))
        self.assertFalse(self.cards._crm_give_margins())
        self.assert_agrees()

    def test_an_invoice_that_was_deleted(self):
        invoice = self._invoice()
        self.cards._crm_give_margins()
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertEqual(self.cards._crm_give_margins(), 1)
        self.assertEqual(self._ledger(), [("margin", 20), ("refund", -20)])
        self.assertFalse(self.cards._crm_give_margins())
        self.assert_agrees()

    def test_points_of_a_merged_card_go_from_the_one_that_has_them(self):
        double = self._make_customer("Romashka again")
        invoice = self._make_invoice(TODAY, 100, partner=double)
        self.cards._crm_give_margins()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((double | self.customer).ids, self.customer)
        self.assertEqual(self.card.points, 20)
        self.assertFalse(self.cards._crm_give_margins(), "they have moved, no more")
        self._credit(invoice)
        self.cards._crm_give_margins()
        self.assertEqual(self.card.points, 0)
        self.assertFalse(self.cards._crm_give_margins())
        self.assert_agrees()

    def test_a_deleted_card_gets_nothing_again(self):
        self._invoice()
        self.cards._crm_give_margins()
        self.card.unlink()
        self.assertFalse(self.cards._crm_give_margins())

    def test_what_cannot_be_taken_is_forgiven_for_good(self):
        self.program.crm_may_owe = False
        invoice = self._invoice()
        self.cards._crm_give_margins()
        self.card.points = 7
        self._credit(invoice)
        self.assertEqual(self.cards._crm_give_margins(), 1)
        self.assertEqual(self.card.points, 0)
        self.assertIn(("waived", 13), self._ledger())
        self.card.points = 100
        self.assertFalse(self.cards._crm_give_margins())
        self.assertEqual(self.card.points, 100)
        self.assert_agrees()

    def test_all_of_them_batch_by_batch(self):
        for _number in range(3):
            self._invoice()
        saved = []
        with patch.object(loyalty_card_margin, "BATCH", 2):
            count = self.cards._crm_give_margins(lambda size: saved.append(size) or 9)
        self.assertEqual((count, saved), (3, [2, 1]))
        self.assertEqual(self.card.points, 60)

    def test_only_members_of_the_day_earn(self):
        self.program.crm_segment_ids = self.env["crm.segment"].create(
            {"name": "Friends", "domain": repr([("id", "=", self.customer.id)])}
        )
        self._invoice()
        self._make_invoice(TODAY, 100, partner=self._make_customer("Stranger"))
        self.program.crm_segment_ids._refresh(datetime(2026, 3, 21))
        self.assertFalse(self.cards._crm_give_margins(), "he came a day later")
        self._invoice(day=date(2026, 3, 22))
        self.assertEqual(self.cards._crm_give_margins(), 1)
        self.assertEqual(self._ledger(), [("margin", 20)])

    def test_the_buyer_s_card_not_the_address_of_the_invoice(self):
        people = self.env["res.partner"]
        clerk = people.create({"name": "Clerk", "parent_id": self.customer.id})
        address = people.create(
            {"name": "Bills", "type": "invoice", "parent_id": self.customer.id}
        )
        self.card.unlink()
        card = self._make_card(customer=clerk)
        order = self._make_order(100, clerk, partner_invoice_id=address.id)
        order.action_confirm()
        order.order_line.qty_delivered = 1
        invoice = order._create_invoices()
        invoice.invoice_date = TODAY
        invoice.action_post()
        self.assertEqual(invoice.partner_id, address)
        before = card.points
        self.assertEqual(self.cards._crm_give_margins(), 1)
        self.assertEqual(card.points - before, 20)
        self.assertFalse(self.cards.search([("partner_id", "=", address.id)]))

    # ---- categories are the host's rules --------------------------------------------

    def test_a_category_brings_its_points_and_no_other(self):
        wheels = self.env["product.category"].create({"name": "Wheels"})
        self.program.rule_ids = [
            Command.create(
                {"reward_point_mode": "money", "reward_point_amount": 2,
                 "product_category_id": wheels.id}
            )
        ]  # fmt: skip
        self._make_order(100).action_confirm()
        self.assertFalse(self._ledger())
        self.product.categ_id = wheels
        self._make_order(100).action_confirm()
        self.assertEqual(self._ledger(), [("order", 200)])
        self.assert_agrees()

    # ---- reviews ----------------------------------------------------------------------

    def _rate(self, record, partner=None, **values):
        return self.env["rating.rating"].create(
            {"res_model_id": self.env["ir.model"]._get_id(record._name),
             "res_id": record.id, "partner_id": (partner or self.customer).id,
             "rating": 2, "consumed": True, **values}
        )  # fmt: skip

    def _thank(self):
        return self.cards._crm_give_reviews(datetime.now() + timedelta(minutes=1))

    def _start_reviews(self):
        if "rating.rating" not in self.env:
            self.skipTest("no module brings ratings")
        self.program.write({"crm_review_points": 5, "crm_review_since": "2020-01-01"})

    def test_a_review_is_thanked_for_once(self):
        self._start_reviews()
        order = self._make_order(100)
        order.action_confirm()
        rating = self._rate(order, consumed=False)
        self.assertFalse(self._thank(), "not given yet")
        rating.consumed = True
        self.assertEqual(self._thank(), 1)
        self.assertFalse(self._thank())
        rating.unlink()
        self._rate(order)
        self.assertFalse(self._thank(), "the same order, however often")
        self._rate(self.product.product_tmpl_id)
        self.assertEqual(self._thank(), 1)
        self.assertEqual(self._ledger(), [("review", 5), ("review", 5)])
        self.assert_agrees()

    def test_only_what_he_bought_is_worth_a_review(self):
        self._start_reviews()
        other = self._make_customer("Berizka LLC")
        self._rate(self._invoice())
        self._rate(self.product.product_tmpl_id)
        order = self._make_order(100)
        self._rate(order)
        order.copy().action_confirm()
        order = self._make_order(100)
        order.action_confirm()
        self._rate(order, other)
        self._rate(self.product.product_tmpl_id, other)
        self.assertEqual(self._thank(), 1, "the product, which he bought since")
        self.assertEqual(self._ledger(), [("review", 5)])

    def test_only_so_many_reviews_a_month(self):
        self._start_reviews()
        self.program.crm_review_limit = 2
        for _number in range(3):
            order = self._make_order(100)
            order.action_confirm()
            self._rate(order)
        self.assertEqual(self._thank(), 2)
        self.assertFalse(self._thank())

    def test_switching_on_rewards_no_reviews_of_the_past(self):
        if "rating.rating" not in self.env:
            self.skipTest("no module brings ratings")
        order = self._make_order(100)
        order.action_confirm()
        self._rate(order)
        # the rating is of the transaction's beginning, the switch of the clock's now
        self.program.crm_review_points = 5
        self.program.crm_review_since += timedelta(seconds=1)
        self.assertFalse(self._thank())
