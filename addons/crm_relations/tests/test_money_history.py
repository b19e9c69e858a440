"""Random histories of the books: what the queue makes is what a build from nothing makes."""

import random
from datetime import date, datetime, timedelta

from odoo.tests import tagged

from .money_common import MoneyCommon

START = date(2026, 1, 3)
STEPS = 60


@tagged("post_install", "-at_install")
class TestRandomHistories(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create({"name": "Second company"})
        cls.env.user.company_ids += cls.second
        cls.env["account.chart.template"].try_loading(
            "generic_coa", cls.second, install_demo=False
        )
        cls.branch = cls.env["res.company"].create(
            {"name": "Branch", "parent_id": cls.company.id}
        )
        cls.env.user.company_ids += cls.branch
        # the tests' branch was made without its own accounts
        for kind in ("receivable", "payable"):
            cls.env["ir.default"].set(
                "res.partner",
                f"property_account_{kind}_id",
                cls._account(
                    f"{'asset' if kind == 'receivable' else 'liability'}_{kind}"
                ).id,
                company_id=cls.branch.id,
            )
        cls.companies = cls.company | cls.second | cls.branch
        for name in ("currency_exchange_journal_id", "income_currency_exchange_account_id",
                     "expense_currency_exchange_account_id"):  # fmt: skip
            cls.branch[name] = cls.company[name]
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.companies.ids)
        )
        cls.euro = cls.env["res.currency"].with_context(active_test=False).search(
            [("name", "=", "EUR")]
        )  # fmt: skip
        cls.euro.active = True
        cls.env["res.currency.rate"].create(
            [
                {"currency_id": cls.euro.id, "name": day, "rate": rate,
                 "company_id": company.id}
                for day, rate in (("2026-01-01", 0.9), ("2026-02-01", 0.8))
                for company in cls.company | cls.second
            ]
        )  # fmt: skip
        cls.env["crm.employee.rate"].create(
            [
                {"user_id": cls.olena.id, "company_id": company.id, "amount": 17,
                 "date_from": "2026-01-01"}
                for company in cls.companies
            ]
        )  # fmt: skip

    def _history(self, seed):
        self.chance = random.Random(seed)
        self.customers = [self._make_customer(f"Customer {seed} {n}") for n in range(5)]
        self.moves, self.number = [], 0
        steps = [
            self._step_invoice, self._step_invoice, self._step_invoice, self._step_refund,
            self._step_pay, self._step_pay, self._step_claim, self._step_down_payment,
            self._step_redate, self._step_cancel, self._step_contact, self._step_merge,
            self._step_reparent, self._step_offset, self._step_rate,
        ]  # fmt: skip
        for place in range(STEPS):
            self.chance.choice(steps)()
            if place % 7 == 3:
                self._work_out()
        self.env.flush_all()

    def _day(self):
        return START + timedelta(days=self.chance.randrange(75))

    def _who(self):
        return self.chance.choice([one for one in self.customers if one.exists()])

    def _amount(self):
        return self.chance.randrange(1, 100_000) / 100

    def _posted(self, *kinds):
        return [
            move for move in self.moves
            if move.exists() and move.state == "posted" and move.move_type in kinds
        ]  # fmt: skip

    def _step_invoice(self, **values):
        company = self.chance.choice(self.companies)
        currency = self.chance.choice(
            [company.currency_id, company.currency_id, self.euro]
        )
        line = {"price_unit": self._amount(), "quantity": self.chance.randrange(1, 9),
                "discount": self.chance.choice([0, 0, 10, 33.3])}  # fmt: skip
        self.moves.append(
            self._make_invoice(
                self._day(), line, self._amount(), partner=self._who(), company=company,
                currency_id=currency.id, **values,
            )
        )  # fmt: skip

    def _step_refund(self):
        self._step_invoice(move_type="out_refund")

    def _step_down_payment(self):
        liability = self._account("liability_current")
        account = self.chance.choice([liability, self._account("income")])
        line = {"price_unit": 50, "account_id": account.id, "is_downpayment": True}
        who, day = self._who(), self._day()
        self.moves.append(self._make_invoice(day, line, partner=who))
        later = day + timedelta(days=40)
        self.moves.append(
            self._make_invoice(later, 300, dict(line, quantity=-1), partner=who)
        )

    def _step_pay(self):
        open_moves = [m for m in self._posted("out_invoice") if m.amount_residual > 1]
        if open_moves:
            move = self.chance.choice(open_moves)
            share = self.chance.choice([1, 0.4])
            self._pay(move, self._day(), round(move.amount_residual * share, 2))

    def _step_claim(self):
        self._make_entry(
            self._day(), self._who(), self._account("expense"), self._amount()
        )

    def _step_redate(self):
        moves = self._posted("out_invoice", "out_refund")
        if moves:
            move = self.chance.choice(moves)
            move.button_draft()
            day = self._day()
            move.write({"date": day, "invoice_date": day, "name": False})
            move.action_post()

    def _step_cancel(self):
        moves = self._posted("out_invoice", "out_refund")
        if moves:
            move = self.chance.choice(moves)
            move.button_draft()
            if self.chance.random() < 0.5:
                move.button_cancel()

    def _step_contact(self):
        self.number += 1
        started = datetime.combine(self._day(), datetime.min.time()) + timedelta(
            hours=22
        )
        self._make_interaction(
            f"history:{self.number}:{self._who().id}", partner_id=self._who().id,
            user_id=self.olena.id, started_at=started,
            company_id=self.chance.choice(self.companies).id,
            ended_at=started + timedelta(minutes=self.chance.randrange(1, 300)),
        )  # fmt: skip

    def _step_merge(self):
        if len(self.customers) < 3:
            return
        source = self.customers.pop(self.chance.randrange(len(self.customers)))
        target = self.chance.choice(self.customers)
        if source.commercial_partner_id == target.commercial_partner_id:
            return
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (source | target).ids, target, extra_checks=False
        )

    def _step_reparent(self):
        child, parent = self._who(), self._who()
        if child != parent and not child.child_ids and not parent.parent_id:
            parent.is_company = True
            child.parent_id = False if child.parent_id else parent

    def _step_offset(self):
        pairs = [
            invoice | refund
            for invoice in self._posted("out_invoice")
            for refund in self._posted("out_refund")
            if invoice.company_id == refund.company_id
            and invoice.commercial_partner_id == refund.commercial_partner_id
            and invoice.amount_residual and refund.amount_residual
        ]  # fmt: skip
        if pairs:
            self.chance.choice(pairs).line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            ).reconcile()

    def _step_rate(self):
        day = self._day()
        rates = self.env["crm.employee.rate"]
        if not rates.search([("user_id", "=", self.olena.id), ("date_from", "=", day)]):
            rates.create({"user_id": self.olena.id, "amount": 23, "date_from": day})

    def test_what_the_queue_makes_is_what_a_build_makes(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self._history(seed)
                self.assert_full_build_is_the_same()

    def test_the_night_finds_nothing(self):
        self._history(77)
        self._work_out()
        self.assertEqual(
            self.months._nightly(datetime(2026, 3, 21, 2), date(2026, 3, 20)), 0
        )

    def test_branches_roll_up_to_their_company(self):
        self._make_invoice(date(2026, 3, 5), 100, company=self.branch)
        row = self._month(company=self.branch)
        self.assertEqual(
            (row.company_id, row.root_company_id), (self.branch, self.company)
        )
        self.assertEqual(
            self.months.search_count([("root_company_id", "=", self.second.id)]), 0
        )
