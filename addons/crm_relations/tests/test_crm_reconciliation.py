from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .money_common import MARCH, MoneyCommon


@tagged("post_install", "-at_install")
class TestReconciliation(MoneyCommon):
    """The page of a month: both sides, named rows, nothing left."""

    def _page(self, user=None, month=MARCH, company=None):
        pages = self.env["crm.reconciliation"].with_user(user or self.accountant)
        return pages.create(
            {"month": month, "company_id": (company or self.company).id}
        )

    def _rows(self, page):
        return {line.code: line.amount for line in page.line_ids}

    def test_every_kind_of_income_is_named(self):
        partner = self._make_customer("Somebody")
        self._make_invoice(date(2026, 3, 5), 100)
        self._make_invoice(date(2026, 3, 6), 30, move_type="out_refund")
        self._make_entry(date(2026, 3, 7), partner, self._account("income"), -11)
        self._make_entry(date(2026, 3, 8), partner, self._account("income_other"), -5)
        liability = self._account("liability_current")
        self._make_invoice(
            date(2026, 3, 9), {"price_unit": 7, "account_id": liability.id}
        )
        self._make_invoice(date(2026, 2, 9), 1000)
        page = self._page()
        rows = self._rows(page)
        self.assertEqual(rows["revenue_customers"], 70)
        self.assertEqual(rows["revenue_manual"], 11)
        self.assertEqual(rows["revenue_other"], 5)
        self.assertEqual(rows["revenue_ledger"], 86)
        self.assertEqual(rows["revenue_no_income"], 7)
        self.assertEqual(page.difference, 0)

    def test_each_row_opens_its_items(self):
        partner = self._make_customer("Somebody")
        entry = self._make_entry(
            date(2026, 3, 7), partner, self._account("income"), -11
        )
        self._make_invoice(date(2026, 3, 5), 100)
        page = self._page()
        line = page.line_ids.filtered(lambda row: row.code == "revenue_manual")
        action = line.action_open_lines()
        self.assertEqual(action["res_model"], "account.move.line")
        items = self.env["account.move.line"].search(action["domain"])
        self.assertEqual(items.move_id, entry)
        for row in page.line_ids:
            domain = row.action_open_lines()["domain"]
            items = (
                self.env["account.move.line"].with_user(self.accountant).search(domain)
            )
            if row.code in ("revenue_customers", "revenue_ledger"):
                self.assertEqual(-sum(items.mapped("balance")), row.amount)

    def test_paid_in_every_way(self):
        tax = self._make_tax()
        line = {"price_unit": 100, "tax_ids": [Command.link(tax.id)]}
        february = self._make_invoice(date(2026, 2, 5), line)
        march = self._make_invoice(date(2026, 3, 5), line)
        april = self._make_invoice(date(2026, 4, 5), line)
        self._pay(february, date(2026, 3, 9), 60)  # paid in March
        self._pay(march, date(2026, 2, 20), 36)  # money before the document
        self._pay(april, date(2026, 3, 15), 24)  # counts in April
        self.env["account.payment"].create(
            {"payment_type": "inbound", "partner_type": "customer", "amount": 13,
             "partner_id": self.customer.id, "date": date(2026, 3, 20)}
        ).action_post()  # fmt: skip
        page = self._page()
        rows = self._rows(page)
        self.assertEqual(rows["paid_customers"], 80)
        self.assertEqual(rows["paid_tax"], 16)
        self.assertEqual(rows["paid_before"], -36)
        self.assertEqual(rows["paid_later"], 24)
        self.assertEqual(rows["paid_open"], 13)
        self.assertEqual(rows["paid_ledger"], 97)
        self.assertEqual(rows["paid_difference"], 0)

    def _make_tax(self):
        parts = [
            Command.create({"repartition_type": "base"}),
            Command.create(
                {"repartition_type": "tax",
                 "account_id": self._account("liability_current").id}
            ),
        ]  # fmt: skip
        return self.env["account.tax"].create(
            {"name": "Twenty", "amount": 20, "invoice_repartition_line_ids": parts,
             "refund_repartition_line_ids": parts}
        )  # fmt: skip

    def test_costs_that_are_not_booked_are_named(self):
        self._make_invoice(date(2026, 3, 5), 100)
        rows = self._rows(self._page())
        self.assertEqual(rows["cost_customers"], 40)
        self.assertEqual(rows["cost_product"] + rows["cost_order"], -40)
        self.assertEqual((rows["cost_ledger"], rows["cost_difference"]), (0, 0))

    def test_what_was_changed_behind_us_is_a_difference(self):
        invoice = self._make_invoice(date(2026, 3, 5), 100)
        page = self._page()
        self.env.cr.execute(
            "UPDATE account_move_line SET balance = -70 "
            "WHERE move_id = %s AND display_type = 'product'",
            [invoice.id],
        )
        page.action_compare()
        self.assertEqual(self._rows(page)["revenue_difference"], -30)
        self.assertEqual(page.difference, 30)

    def test_lock_dates_are_told(self):
        self.company.sale_lock_date = date(2026, 2, 28)
        invoice = self._make_invoice(date(2026, 2, 10), 100)
        self.assertGreater(invoice.date, date(2026, 2, 28))
        page = self._page(month=invoice.date)
        self.assertEqual(self._rows(page)["revenue_late"], 100)
        self.assertIn("2026-02-28", page.lock_note)

    def test_export_gives_every_row_with_its_amount(self):
        """What the export button leads to, through the host's own export."""
        self.accountant.group_ids += self.env.ref("base.group_allow_export")
        self._make_invoice(date(2026, 3, 5), 100)
        page = self._page()
        action = page.with_user(self.accountant).action_export()
        rows = (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .search(action["domain"])
        )
        data = rows.export_data(["section", "name", "amount"])["datas"]
        self.assertEqual(len(data), len(page.line_ids))
        self.assertEqual(
            [row[2] for row in data], [line.amount for line in page.line_ids]
        )
        self.assertTrue(all(row[0] and row[1] for row in data), data)
        self.olena.group_ids += self.env.ref("base.group_allow_export")
        with self.assertRaises(AccessError):
            rows.with_user(self.olena).export_data(["amount"])

    def test_only_accountants_and_the_owner(self):
        self._page(self.director)
        for user in self.olena | self.head | self.manager:
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._page(user)

    def test_only_ones_own_company(self):
        other = self.env["res.company"].create({"name": "Foreign"})
        with self.assertRaises(AccessError):
            self._page(company=other)

    def test_another_month(self):
        self._make_invoice(date(2026, 2, 5), 100)
        page = self._page()
        page.month = date(2026, 2, 14)
        self.assertEqual(self._rows(page)["revenue_customers"], 100)

    def test_queries(self):
        self._make_invoice(date(2026, 3, 5), 100)
        self._work_out()
        page = self._page()
        self.env.invalidate_all()
        with self.assertQueryCount(12):
            page._get_amounts()
