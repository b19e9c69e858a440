from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import RelationsCommon


class CardHeadCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer(is_company=True)
        cls.person = cls._make_customer("Oksana", parent_id=cls.customer.id)
        cls.today = fields.Date.context_today(cls.customer)

    def _bill(
        self, amount, days_ago=0, move_type="out_invoice", partner=None, post=True
    ):
        day = self.today - timedelta(days=days_ago)
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": (partner or self.customer).id,
                "invoice_user_id": self.petro.id,  # somebody else sold it
                "invoice_date": day,
                "invoice_date_due": day + timedelta(days=10),
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    (0, 0, {"name": "Tyres", "price_unit": amount, "tax_ids": []})
                ],
            }
        )
        if post:
            move.action_post()
        return move


@tagged("post_install", "-at_install")
class TestCrmCardHead(CardHeadCommon):
    """The customer's money on the card, as salespeople may know it."""

    def _money(self, user=None, partner=None):
        timeline = self.env["crm.timeline"].with_user(user or self.olena)
        return timeline.load_card((partner or self.customer).id)["head"]["money"]

    def test_owes_overdue_and_revenue(self):
        self._bill(1000)  # not due yet
        self._bill(500, days_ago=30, partner=self.person)  # overdue
        self._bill(100, move_type="out_refund")
        self._bill(7000, days_ago=400)  # revenue of another year, still unpaid
        self._bill(9000, post=False)  # a draft is nothing
        self.assertEqual(
            self._money(), {"owes": 8400.0, "overdue": 7500.0, "revenue": 1400.0}
        )
        self.assertEqual(self._money(), self._money(self.accountant))
        self.assertEqual(self._money(partner=self.person), self._money())

    def test_a_payment_lowers_what_is_owed_and_not_the_revenue(self):
        invoice = self._bill(1000, days_ago=30)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": 400})._create_payments()
        self.assertEqual(
            self._money(), {"owes": 600.0, "overdue": 600.0, "revenue": 1000.0}
        )

    def test_the_card_says_what_the_figures_of_lists_say(self):
        self._bill(1000)
        self._bill(500, days_ago=30, partner=self.person)
        self._bill(100, days_ago=20, move_type="out_refund")
        while self.env["crm.customer.month"]._pass(self.today):
            pass
        figures = self.env["crm.customer.metric"].search(
            [("customer_id", "=", self.customer.id)]
        )
        money = self._money()
        self.assertEqual(
            (money["owes"], money["overdue"]), (figures.owed, figures.overdue)
        )
        self.assertEqual(money["overdue"], 400)

    def test_money_of_another_company_is_not_mixed_in(self):
        self._bill(1000)
        other = self.env["res.company"].create({"name": "Other"})
        self.manager.write({"company_ids": [(4, other.id)]})
        timeline = self.env["crm.timeline"].with_user(self.manager)
        head = timeline.with_context(
            allowed_company_ids=[other.id, self.company.id]
        ).load_card(self.customer.id)["head"]
        self.assertEqual(head["money"], {"owes": 0.0, "overdue": 0.0, "revenue": 0.0})

    def test_payment_is_on_the_timeline_and_only_its_readers_see_the_amount(self):
        invoice = self._bill(1000)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()

        def load(user):
            timeline = self.env["crm.timeline"].with_user(user)
            rows = timeline.load_card(self.customer.id, kinds=["payment", "invoice"])
            return {row["kind"]: row for row in rows["items"]}

        accountant, salesman = load(self.accountant), load(self.olena)
        self.assertEqual(accountant["payment"]["amount"], 1000)
        self.assertEqual(accountant["invoice"]["title"], invoice.name)
        self.assertEqual(salesman.keys(), {"payment", "invoice"})
        self.assertFalse(salesman["payment"]["is_open"])
        self.assertNotIn("amount", salesman["payment"])
        self.assertFalse(salesman["invoice"]["is_open"], "another sold it")
