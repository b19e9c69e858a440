"""Books for tests of money: invoices, claims, payments, and the sums beside them."""

from datetime import date

from odoo.fields import Command
from odoo.tools import SQL

from .common import RelationsCommon

TODAY = date(2026, 3, 20)
MARCH = date(2026, 3, 1)
FEBRUARY = date(2026, 2, 1)


class MoneyCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.months = cls.env["crm.customer.month"]
        cls.metrics = cls.env["crm.customer.metric"]
        cls.customer = cls._make_customer(user_id=cls.olena.id)
        cls.product = cls.env["product.product"].create(
            {"name": "Policy", "type": "service", "list_price": 100,
             "standard_price": 40, "taxes_id": False}
        )  # fmt: skip
        cls.env["crm.customer.dirty"].search([]).unlink()
        cls._work_out(cls)

    @classmethod
    def _account(cls, kind, company=None):
        company = company or cls.company
        return cls.env["account.account"].search(
            [("account_type", "=", kind), ("company_ids", "parent_of", company.id)],
            limit=1,
        )

    @classmethod
    def _journal(cls, kind, company=None):
        return cls.env["account.journal"].search(
            [("type", "=", kind), ("company_id", "parent_of", (company or cls.company).id)],
            limit=1,
        )  # fmt: skip

    @classmethod
    def _make_invoice(cls, day, *lines, company=None, post=True, **values):
        """An invoice of ``lines``: prices, or values of lines."""
        company = company or cls.company
        move = (
            cls.env["account.move"]
            .with_company(company)
            .create(cls._prepare_invoice(day, *lines, company=company, **values))
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def _prepare_invoice(cls, day, *lines, partner=None, company=None, **values):
        """Values of a draft: many are made and posted at once for a tenth of the time."""
        company = company or cls.company
        return {
            "move_type": "out_invoice",
            "partner_id": (partner or cls.customer).id,
            "invoice_date": day,
            "date": day,
            "company_id": company.id,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": cls.product.id,
                        "quantity": 1,
                        "account_id": cls._account("income", company).id,
                        "tax_ids": [Command.clear()],
                        **(line if isinstance(line, dict) else {"price_unit": line}),
                    }
                )
                for line in lines
            ],
            **values,
        }

    @classmethod
    def _make_entry(cls, day, partner, account, amount, company=None):
        """An expense (or income) booked on a customer by hand."""
        company = company or cls.company
        other = cls._account("asset_current", company)
        move = cls.env["account.move"].with_company(company).create(
            {
                "move_type": "entry",
                "date": day,
                "journal_id": cls._journal("general", company).id,
                "line_ids": [
                    Command.create(
                        {"account_id": account.id, "partner_id": partner.id,
                         "debit": max(amount, 0), "credit": max(-amount, 0)}
                    ),
                    Command.create(
                        {"account_id": other.id, "partner_id": partner.id,
                         "debit": max(-amount, 0), "credit": max(amount, 0)}
                    ),
                ],
            }
        )  # fmt: skip
        move.action_post()
        return move

    @classmethod
    def _pay(cls, invoice, day, amount=None):
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": day, **({"amount": amount} if amount else {})})
        )
        return wizard._create_payments()

    def _work_out(self, today=TODAY):
        """What the cron does, without its commits."""
        while self.env["crm.customer.month"]._pass(today):
            pass

    def _month(self, month=MARCH, customer=None, company=None):
        self._work_out()
        return self.months.search(
            [("customer_id", "=", (customer or self.customer).id),
             ("company_id", "=", (company or self.company).id), ("month", "=", month)]
        )  # fmt: skip

    def _metric(self, customer=None, company=None, today=TODAY):
        self._work_out(today)
        return self.metrics.search(
            [("customer_id", "=", (customer or self.customer).id),
             ("company_id", "=", (company or self.company).id)]
        )  # fmt: skip

    def assert_full_build_is_the_same(self):
        """The rows that the queue made are those that a build from nothing makes."""
        self._work_out()
        self.env.flush_all()
        columns = [
            "customer_id",
            "company_id",
            "month",
            *self.months._get_stored_columns(),
        ]
        names = SQL(", ").join(map(SQL.identifier, columns))
        old = self.env.execute_query(SQL("SELECT %s FROM crm_customer_month", names))
        new = self.env.execute_query(
            SQL("SELECT %s FROM (%s) fresh", names, self.months._month_select())
        )
        self.assertEqual(sorted(old), sorted(new))
