"""Rewarded for what was paid, and never twice; credit notes take back."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.crm_relations.tests.common import MANAGER, TIME_ZERO
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

    def _order(self, lead, price):
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
        return order

    def _invoice(self, orders, **how):
        invoice = orders._create_invoices(**how)
        invoice.invoice_date = TODAY
        invoice.action_post()
        return invoice

    def _sell(self, lead, price):
        return self._invoice(self._order(lead, price))

    def _sell_together(self, *leads):
        """One paid invoice of 1000 for the order of each lead; the orders."""
        orders = self.env["sale.order"].union(
            *(self._order(lead, 1000) for lead in leads)
        )
        invoice = self._invoice(orders)
        self.assertEqual((len(invoice), invoice.amount_untaxed), (1, 1000 * len(leads)))
        self._pay(invoice)
        self.referral._reward()
        return orders

    def _pay(self, invoice):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"payment_date": TODAY})._create_payments()

    def _take_back(self, invoice, how="refund_moves"):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "date": TODAY})
        )
        return self.env["account.move"].browse(getattr(wizard, how)()["res_id"])

    def _refund(self, invoice, amount):
        back = self._take_back(invoice)
        back.invoice_line_ids.price_unit = amount
        back.action_post()
        return back

    def _amounts(self, referral=None, lead=None):
        domain = [("referral_id", "=", (referral or self.referral).id)]
        if lead:
            domain.append(("lead_id", "=", lead.id))
        return self.rewards.search(domain, order="id").mapped("amount")

    def _bill(self, user):
        action = self.referral.with_user(user).action_bill()
        return self.env["account.move"].browse(action["res_id"])

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

    def test_merged_leads_earn_once(self):
        other = self._make_brought(self.vera)
        both = self.lead | other
        self._sell_together(self.lead, other)
        self.assertEqual(self._amounts(), [100, 100])
        head = both.merge_opportunity()
        self.assertEqual(both.exists(), head)
        rows = self.rewards.search([("referral_id", "=", self.referral.id)])
        self.assertEqual(rows.lead_id, head)
        self.assertEqual(len(set(rows.mapped("number"))), 2)
        self.assertEqual(self.referral._reward(), 0)
        head.order_ids.invoice_ids.button_draft()
        self.referral._reward()
        self.assertEqual(self.referral.earned, 0)
        self.assertEqual(self.referral._reward(), 0)

    def test_another_partner_named_takes_it_over(self):
        self._pay(self._sell(self.lead, 1000))
        self.referral._reward()
        other = self.env["crm.referral.partner"].create(
            {"partner_id": self.clerk.id, "code": "CLERK", "percent": 5}
        )
        self.lead.crm_referral_partner_id = other
        self.referral._reward()
        self.assertEqual(self._amounts(), [100, -100])
        self.assertEqual(self._amounts(other), [50])
        self.lead.crm_referral_partner_id = False
        self.referral._reward()
        self.assertEqual(self._amounts(other), [50, -50])
        self.assertEqual(self.referral._reward(), 0)

    def test_an_invoice_back_to_draft_earns_nothing(self):
        invoice = self._sell(self.lead, 1000)
        self._pay(invoice)
        self.referral._reward()
        invoice.button_draft()
        self.referral._reward()
        self.assertEqual(self._amounts(), [100, -100])
        invoice.action_post()  # its payment is matched again
        self.referral._reward()
        self.assertEqual(self._amounts(), [100, -100, 100])

    def test_changed_terms_do_not_rewrite_what_was_earned(self):
        invoice = self._sell(self.lead, 1000)
        self._pay(invoice)
        self.referral._reward()
        self.referral.percent = 50
        self.assertEqual(self.referral._reward(), 0)
        self._refund(invoice, 400)
        self.referral._reward()
        self.assertEqual(self._amounts(), [100, -40])
        self.referral.write({"terms": "fixed", "fixed_amount": 50})
        self._pay(self._sell(self.lead, 200))
        self.referral._reward()
        self.assertEqual(self._amounts(), [100, -40, 20], "the lead's own terms")
        other = self._make_brought(self.petya)
        self._pay(self._sell(other, 200))
        self.referral._reward()
        self.assertEqual(self._amounts(lead=other), [50])
        self.referral.fixed_amount = 80
        self.assertEqual(self.referral._reward(), 0)

    def test_a_credit_note_made_from_the_order(self):
        invoices = [self._sell(self.lead, 300)]
        order = self._order(self.lead, 1000)
        invoices.append(self._invoice(order))
        for invoice in invoices:
            self._pay(invoice)
        self.referral._reward()
        self.assertEqual(self._amounts(), [30, 100])
        order.order_line.write({"product_uom_qty": 0, "qty_delivered": 0})
        back = self._invoice(order, final=True)
        self.assertEqual(back.move_type, "out_refund")
        self.assertFalse(back.reversed_entry_id)
        self.referral._reward()
        self.assertEqual(self._amounts(), [30, 100, -100])

    def test_a_credit_note_of_one_lead_spares_the_other(self):
        other = self._make_brought(self.vera)
        mine, _theirs = self._sell_together(self.lead, other)
        back = self._take_back(mine.invoice_ids)
        line = back.invoice_line_ids
        (line - line.filtered(lambda row: mine in row.sale_line_ids.order_id)).unlink()
        back.action_post()
        self.referral._reward()
        self.assertEqual(self._amounts(lead=self.lead), [100, -100])
        self.assertEqual(self._amounts(lead=other), [100])

    def test_a_credit_by_hand_is_shared(self):
        other = self._make_brought(self.vera)
        orders = self._sell_together(self.lead, other)
        back = self._take_back(orders.invoice_ids)
        back.invoice_line_ids = [
            Command.clear(),
            Command.create({"name": "Discount", "price_unit": 400, "tax_ids": False}),
        ]
        back.action_post()
        self.referral._reward()
        self.assertEqual(self._amounts(lead=self.lead), [100, -20])
        self.assertEqual(self._amounts(lead=other), [100, -20])

    def test_billed_by_one_only(self):
        self._pay(self._sell(self.lead, 1000))
        self.referral._reward()
        mine = self.referral.with_user(self.accountant)
        self.assertEqual(mine.payable, 100)
        version = SQL("SELECT ctid FROM crm_referral_partner WHERE id = %s", mine.id)
        before = self.env.execute_query(version)
        bill = self._bill(self.accountant)
        # a written row, so that who read it before is refused and begins anew
        self.assertNotEqual(self.env.execute_query(version), before)
        bill.button_cancel()
        self.referral.invalidate_recordset()
        self.assertEqual(mine.payable, 100)
        bill.copy({"crm_referral_partner_id": mine.id})
        with self.assertRaises(UserError):
            mine.action_bill()  # what was read before is not believed

    def test_a_bill_taken_back_is_payable_again(self):
        purchases = self.env["account.journal"].search(
            [("type", "=", "purchase"), ("company_id", "=", self.company.id)], limit=1
        )
        other = self.env.ref("base.EUR")
        if other == self.company.currency_id:
            other = self.env.ref("base.USD")
        other.active = True
        purchases.currency_id = other
        self._pay(self._sell(self.lead, 1000))
        self.referral._reward()
        bill = self._bill(self.accountant)
        self.assertEqual(bill.currency_id, self.company.currency_id)
        bill.invoice_date = TODAY
        bill.action_post()
        back = self._take_back(bill)
        self.assertEqual(back.crm_referral_partner_id, self.referral)
        self.referral.invalidate_recordset()
        self.assertEqual((self.referral.billed, self.referral.payable), (0, 100))
        back.button_cancel()
        anew = self._take_back(bill, "modify_moves")
        self.referral.invalidate_recordset()
        self.assertEqual((anew.state, anew.amount_untaxed), ("draft", 100))
        self.assertEqual((self.referral.billed, self.referral.payable), (100, 0))

    def test_found_by_his_code(self):
        found = self.referral.with_user(self.olena).name_search("AXI-7")
        self.assertFalse(found)
        self.referral.code = "AXI-7"
        found = self.referral.with_user(self.olena).name_search("axi-7")
        self.assertEqual([row_id for row_id, _name in found], self.referral.ids)

    def test_two_codes_that_look_alike_are_one(self):
        other = {"partner_id": self.clerk.id, "company_id": self.company.id}
        for code in ("taxi", " Ta xi"):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self.referral.create({**other, "code": code})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.referral.create({**other, "code": "  "})
        self.assertFalse(self.referral._find("", self.company))

    def test_who_had_bought_was_brought_by_nobody(self):
        """Naming a partner on a paid deal would pay him for what was sold without him."""
        self.assertTrue(self.lead.crm_referral_partner_since)
        paid = self._make_lead(
            type="opportunity", partner_id=self.petya.id, user_id=self.olena.id
        )
        self._pay(self._sell(paid, 1000))
        self.env.cr.execute(
            "UPDATE account_move SET create_date = create_date - interval '1 hour' "
            "WHERE partner_id = %s",
            [self.petya.id],
        )
        self.env.invalidate_all()
        mine = paid.with_user(self.olena)
        named = {"crm_referral_partner_id": self.referral.id}
        with self.assertRaises(ValidationError):
            mine.write({**named, "crm_referral_partner_since": "2020-01-01"})
        with self.assertRaises(ValidationError):
            mine.create({"name": "Anew", "partner_id": self.petya.id, **named})
        empty = mine.create({"name": "Nobody yet", **named})
        with self.assertRaises(ValidationError):
            empty.partner_id = self.petya
        empty.partner_id = self.clerk
        manager = self._make_user("rel_referral_boss", MANAGER)
        paid.with_user(manager).write(named)
        self.assertEqual(paid.crm_referral_partner_id, self.referral)
        since = paid.crm_referral_partner_since
        mine.write({**named, "crm_referral_partner_since": False})
        self.assertEqual(paid.crm_referral_partner_since, since)
        self.assertTrue(since)
        field = paid._fields["crm_referral_partner_id"]
        self.assertTrue(field.tracking, "told in the chatter")

    def test_his_code_in_a_web_form_names_him(self):
        form = self.env["crm.web.form"].create(
            {"name": "Site", "team_id": self.env["crm.team"].create({"name": "W"}).id}
        )
        intake = self.env["crm.web.form.intake"]

        def send(phone, **more):
            data = {"name": "New", "phone": phone, "message": phone, **more}
            status, _answer = intake._take(form, data, [], phone, TIME_ZERO)
            self.assertEqual(status, 200)
            lead = self.env["crm.lead"].search([], order="id DESC", limit=1)
            self.assertNotIn("TAXI", lead.description or "")
            return lead

        self.assertEqual(
            send("+380501110001", ref=" taxi ").crm_referral_partner_id, self.referral
        )
        lead = send("+380501110002", crm_friend="TAXI")
        self.assertEqual(lead.crm_referral_partner_id, self.referral)
        self.assertFalse(lead.crm_referrer_id)
        self.assertFalse(send("+380501110003", ref="NOBODY").crm_referral_partner_id)
        self.agent.phone = "+380501110004"
        himself = send("+380501110004", ref="TAXI")
        self.assertFalse(himself.crm_referral_partner_id)
        self.assertIn("is not rewarded", himself.message_ids[0].body)
        self.referral.active = False
        self.assertFalse(send("+380501110005", ref="TAXI").crm_referral_partner_id)
        self.referral.active = True
        known = send("+380501110006")
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = create_date - interval '1 day' "
            "WHERE id = %s",
            [known.id],
        )
        known.invalidate_recordset()
        intake.with_context(crm_friend_code="TAXI")._note_who_brought(
            known, self.company
        )
        self.assertFalse(known.crm_referral_partner_id, "he was there before")

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
        # a marketer reads no leads, but how many came
        self.assertEqual(self.referral.with_user(self.marketer).lead_count, 1)
        self.referral.with_user(self.marketer).percent = 5
