"""Rewarded for what was paid, and never twice; credit notes take back."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.crm_relations.tests.money_common import TODAY

from .segment_common import SegmentCommon


@tagged("post_install", "-at_install")
class TestCrmReferralPartner(SegmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rewards = cls.env["crm.referral.reward"]
        cls.agent = cls._make_customer("Taxi park", email="taxi@example.com")
        cls.referral = cls.env["crm.referral.partner"].create(
            {"partner_id": cls.agent.id, "code": "TAXI", "percent": 10}
        )
        cls.lead = cls._make_brought(cls.vera)

    @classmethod
    def _make_brought(cls, customer, **values):
        return cls._make_lead(
            type="opportunity", partner_id=customer.id,
            crm_referral_partner_id=cls.referral.id, **values,
        )  # fmt: skip

    def _sell(self, lead, price):
        order = self.env["sale.order"].create(
            {
                "partner_id": lead.partner_id.id,
                "opportunity_id": lead.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.product.id, "price_unit": price,
                         "tax_ids": [Command.clear()]}
                    )
                ],
            }
        )  # fmt: skip
        order.action_confirm()
        order.order_line.qty_delivered = 1
        invoice = order._create_invoices()
        invoice.invoice_date = TODAY
        invoice.action_post()
        return invoice

    def _pay(self, invoice):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"payment_date": TODAY})._create_payments()

    def _refund(self, invoice, amount):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "date": TODAY})
        )
        back = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        back.invoice_line_ids.price_unit = amount
        back.action_post()
        return back

    def _amounts(self):
        rows = self.rewards.search([("referral_id", "=", self.referral.id)], order="id")
        return rows.mapped("amount")

    def test_only_what_is_paid_and_credit_notes_take_back(self):
        invoice = self._sell(self.lead, 1000)
        self.assertEqual(self.referral._reward(), 0)
        self._pay(invoice)
        self.assertEqual(self.referral._reward(), 1)
        self.assertEqual(self.referral._reward(), 0)
        self.assertEqual(self._amounts(), [100])
        self._refund(invoice, 400)
        self.referral._reward()
        self.assertEqual(self._amounts(), [100, -40])
        self._refund(invoice, 600)
        self.referral._reward()
        self.assertEqual(self._amounts(), [100, -40, -60])
        self.assertEqual(self.referral._reward(), 0)
        reward = self.rewards.search([], limit=1)
        with self.assertRaises(UserError):
            reward.amount = 1
        with self.assertRaises(UserError):
            reward.unlink()

    def test_a_fixed_sum_once_for_a_lead(self):
        self.referral.write({"terms": "fixed", "fixed_amount": 50})
        for price in (1000, 200):
            self._pay(self._sell(self.lead, price))
            self.referral._reward()
        self.assertEqual(self._amounts(), [50])
        other = self._make_brought(self.petya)
        self._pay(self._sell(other, 10))
        self.referral._reward()
        self.assertEqual(self._amounts(), [50, 50])

    def test_the_accountant_drafts_a_bill_for_what_is_payable(self):
        self._pay(self._sell(self.lead, 1000))
        self.referral._reward()
        mine = self.referral.with_user(self.accountant)
        self.assertEqual((mine.earned, mine.payable), (100, 100))
        bill = self.env["account.move"].browse(mine.action_bill()["res_id"])
        self.assertEqual((bill.state, bill.amount_untaxed), ("draft", 100))
        self.assertEqual((mine.billed, mine.payable), (100, 0))
        with self.assertRaises(UserError):
            mine.action_bill()
        bill.button_cancel()
        self.referral.invalidate_recordset()
        self.assertEqual(self.referral.payable, 100)

    def test_nobody_is_rewarded_for_himself(self):
        clerk = self.env["res.partner"].create(
            {"name": "Driver", "parent_id": self.agent.id}
        )
        with self.assertRaises(ValidationError):
            self._make_brought(clerk)
        with self.assertRaises(ValidationError):
            self._make_lead(
                email_from="taxi@example.com", crm_referral_partner_id=self.referral.id
            )
        self.env["crm.referral"].create(
            {"referrer_id": self.vera.id, "friend_id": self.petya.id}
        )
        with self.assertRaises(ValidationError):
            self._make_brought(self.petya)

    def test_whose_business_it_is(self):
        self.assertEqual(self.referral.with_user(self.olena).code, "TAXI")
        for user in (self.olena, self.accountant):
            with self.assertRaises(AccessError):
                self.referral.with_user(user).write({"percent": 90})
        with self.assertRaises(AccessError):
            self.rewards.with_user(self.olena).search([])
        self.referral.with_user(self.marketer).percent = 5
