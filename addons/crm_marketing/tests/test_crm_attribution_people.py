import random

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_crm_attribution import DAY, AttributionCommon


@tagged("post_install", "-at_install")
class TestAttributionPeople(AttributionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.moves = cls._make_invoice(
            DAY, 100, invoice_user_id=cls.olena.id, team_id=cls.north.id
        )
        cls.moves |= cls._make_invoice(
            DAY, 200, invoice_user_id=cls.petro.id, team_id=cls.south.id
        )
        cls._share_out(cls)

    def test_own_team_all(self):
        seen = {}
        for user in (
            self.olena,
            self.head,
            self.south_head,
            self.manager,
            self.marketer,
        ):
            lines = self.lines.with_user(user).search(
                [("model_id.code", "=", "first"), ("move_id", "in", self.moves.ids)]
            )
            seen[user.login] = sum(lines.mapped("amount"))
        self.assertEqual(
            seen,
            {"rel_olena": 100, "rel_head": 100, "rel_south_head": 200,
             "rel_manager": 300, "rel_marketer": 300},
        )  # fmt: skip
        with self.assertRaises(AccessError):
            self.lines.with_user(self.accountant).search([])

    def test_nobody_writes(self):
        line = self.lines.search([], limit=1)
        for user in (self.marketer, self.manager):
            with self.assertRaises(AccessError):
                line.with_user(user).write({"amount": 5})
            with self.assertRaises(AccessError):
                line.with_user(user).unlink()

    def test_a_row_opens_its_invoice_with_ones_own_rights(self):
        line = self.lines.search([("user_id", "=", self.olena.id)], limit=1)
        action = line.with_user(self.manager).action_open_document()
        self.assertEqual(action["res_id"], line.move_id.id)
        with self.assertRaises(AccessError):
            line.with_user(self.marketer).action_open_document()

    def test_another_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.lines.search([]).flush_recordset()
        self.env.cr.execute(
            "UPDATE crm_attribution_line SET company_id = %s", [other.id]
        )
        self.lines.invalidate_model()
        self.assertFalse(self.lines.with_user(self.marketer).search([]))


@tagged("post_install", "-at_install")
class TestAttributionHistory(AttributionCommon):
    def test_what_the_queue_made_is_what_a_build_from_nothing_makes(self):
        """Random histories of touches, invoices, notes, drafts, payments, joins."""
        for seed in range(3):
            self._live(random.Random(seed), seed)
            self.assert_reconciles()
            grown = self._net()
            self.env.cr.execute("DELETE FROM crm_attribution_line")
            self.lines.invalidate_model()
            self.queue._mark_company(self.company.ids)
            self._share_out()
            self.assertEqual(self._net(), grown)

    def _live(self, chance, seed):
        customers = [
            self._make_customer(f"Customer {seed} {number}") for number in range(3)
        ]
        invoices = []
        for step in range(18):
            customer = chance.choice(customers)
            deed = chance.choice(
                ("touch", "touch", "invoice", "note", "draft", "share")
            )
            if deed == "touch":
                source = chance.choice((self.google, self.news, None))
                self._touch(f"{seed} {step}", chance.randint(0, 60), source, customer)
            elif deed == "invoice" or not invoices:
                amount = chance.randint(1, 99_999) / 100
                invoices.append(self._make_invoice(DAY, amount, partner=customer))
            elif deed == "note":
                invoice = chance.choice(invoices)
                if invoice.state == "posted":
                    amount = chance.choice((0.01, invoice.amount_untaxed / 3, None))
                    self._credit_note(invoice, amount)
            elif deed == "draft":
                invoice = chance.choice(invoices)
                if invoice.state == "posted":
                    invoice.button_draft()
                else:
                    invoice.action_post()
            else:
                self._share_out()
