"""Points by margin, by category, and for a review."""

from datetime import date, datetime

from odoo.fields import Command
from odoo.tests import tagged

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

    def test_a_review_is_thanked_for_once(self):
        if "rating.rating" not in self.env:
            self.skipTest("no module brings ratings")
        self.program.crm_review_points = 5
        now = datetime.now()
        rating = self.env["rating.rating"].create(
            {"res_model_id": self.env["ir.model"]._get_id("res.partner"),
             "res_id": self.customer.id, "partner_id": self.customer.id, "rating": 2}
        )  # fmt: skip
        self.assertFalse(self.cards._crm_give_reviews(now), "not given yet")
        rating.consumed = True
        self.assertEqual(self.cards._crm_give_reviews(now), 1)
        self.assertFalse(self.cards._crm_give_reviews(now))
        self.assertEqual(self._ledger(), [("review", 5)])
        self.assert_agrees()
