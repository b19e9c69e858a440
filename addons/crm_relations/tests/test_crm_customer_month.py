from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.fields import Command
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import SQL

from .money_common import FEBRUARY, MARCH, TODAY, MoneyCommon


@tagged("post_install", "-at_install")
class TestWordsOfMoney(MoneyCommon):
    def test_revenue_cost_margin_profit(self):
        self._make_invoice(date(2026, 3, 5), 100, 50)
        row = self._month()
        self.assertEqual(
            (row.revenue, row.cost, row.margin, row.profit, row.invoice_count),
            (150, 80, 70, 70, 1),
        )

    def test_nothing_before_posting_nor_after_going_back(self):
        invoice = self._make_invoice(date(2026, 3, 5), 100, post=False)
        self.assertFalse(self._month())
        invoice.action_post()
        self.assertEqual(self._month().revenue, 100)
        invoice.button_draft()
        self.assertFalse(self._month())

    def test_a_credit_note_counts_in_its_own_month(self):
        self._make_invoice(date(2026, 2, 5), 100)
        self._make_invoice(date(2026, 3, 5), 30, move_type="out_refund")
        march = self._month()
        self.assertEqual(self._month(FEBRUARY).revenue, 100)
        self.assertEqual(
            (march.revenue, march.credit_note, march.cost, march.credit_note_count),
            (-30, 30, -40, 1),
        )

    def test_the_accounting_date_decides(self):
        invoice = self._make_invoice(date(2026, 3, 5), 100)
        self._work_out()
        invoice.button_draft()
        invoice.write({"date": date(2026, 2, 27), "name": False})
        invoice.action_post()
        self.assertEqual(self._month(FEBRUARY).revenue, 100)
        self.assertFalse(self._month(MARCH))

    def test_company_currency_at_the_rate_of_the_move(self):
        euro = self.env["res.currency"].with_context(active_test=False).search(
            [("name", "=", "EUR" if self.company.currency_id.name != "EUR" else "USD")]
        )  # fmt: skip
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2026-03-01", "rate": 0.5,
             "company_id": self.company.id}
        )  # fmt: skip
        self._make_invoice(
            date(2026, 3, 5), {"price_unit": 100, "discount": 10}, currency_id=euro.id
        )
        row = self._month()
        self.assertEqual((row.revenue, row.discount), (180, 20))

    def test_discount_in_percent_and_as_a_line(self):
        self._make_invoice(
            date(2026, 3, 5), {"price_unit": 100, "discount": 10}, {"price_unit": -7}
        )
        row = self._month()
        self.assertEqual((row.revenue, row.discount, row.cost), (83, 17, 40))

    def test_goods_that_come_back_on_an_invoice_are_no_discount(self):
        self._make_invoice(date(2026, 3, 5), 100, {"price_unit": 30, "quantity": -1})
        row = self._month()
        self.assertEqual((row.revenue, row.discount, row.cost), (70, 0, 0))

    def test_down_payment_follows_its_account(self):
        liability = self._account("liability_current")
        line = {"price_unit": 100, "account_id": liability.id, "is_downpayment": True}
        self._make_invoice(date(2026, 2, 5), line)
        self._make_invoice(date(2026, 3, 5), 300, dict(line, quantity=-1))
        self.assertEqual(self._month(FEBRUARY).revenue, 0)
        self.assertEqual(
            (self._month().revenue, self._month().uncosted_count), (300, 0)
        )

    def test_taxes_are_no_revenue(self):
        parts = [
            Command.create({"repartition_type": "base"}),
            Command.create(
                {
                    "repartition_type": "tax",
                    "account_id": self._account("liability_current").id,
                }
            ),
        ]
        tax = self.env["account.tax"].create(
            {
                "name": "Twenty",
                "amount": 20,
                "invoice_repartition_line_ids": parts,
                "refund_repartition_line_ids": parts,
            }
        )
        invoice = self._make_invoice(
            date(2026, 3, 5), {"price_unit": 100, "tax_ids": [Command.link(tax.id)]}
        )
        self._pay(invoice, date(2026, 3, 9), 60)
        row = self._month()
        self.assertEqual((row.revenue, row.paid), (100, 50))

    def test_claims_are_direct_costs_of_customers_only(self):
        expense = self._account("expense")
        vendor = self._make_customer("Vendor")
        self._make_entry(date(2026, 3, 7), self.customer, expense, 500)
        self._make_entry(date(2026, 3, 7), vendor, expense, 900)
        self.assertFalse(self._month(), "not a customer yet")
        self._make_invoice(date(2026, 2, 5), 100)
        row = self._month()
        self.assertEqual((row.direct_cost, row.profit), (500, -500))
        self.assertFalse(self._month(customer=vendor))
        self.company.crm_direct_account_ids = self._account("expense_direct_cost")
        self.assertFalse(self._month(), "another account was chosen")
        self.company.crm_direct_account_ids = expense
        self.assertEqual(self._month().direct_cost, 500)

    def test_paid_in_the_month_when_both_were_there(self):
        invoice = self._make_invoice(date(2026, 2, 5), 100)
        payment = self._pay(invoice, date(2026, 3, 9), 60)
        self.assertEqual(self._month(FEBRUARY).paid, 0)
        self.assertEqual((self._month().paid, self._month().revenue), (60, 0))
        payment.action_draft()
        self.assertFalse(self._month())

    def test_offsets_are_settled_not_paid(self):
        invoice = self._make_invoice(date(2026, 3, 5), 100)
        refund = self._make_invoice(date(2026, 3, 6), 30, move_type="out_refund")
        lines = (invoice | refund).line_ids
        lines.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).reconcile()
        row = self._month()
        self.assertEqual((row.paid, row.settled, row.revenue), (0, 30, 70))

    def test_cost_to_serve(self):
        self._make_invoice(date(2026, 2, 5), 100)
        rates = self.env["crm.employee.rate"]
        rates.create(
            {"user_id": self.olena.id, "date_from": "2026-01-01", "amount": 10}
        )
        self._make_interaction(
            "call:1", user_id=self.olena.id, customer_id=self.customer.id,
            ended_at=datetime(2026, 3, 2, 9, 30),
        )  # fmt: skip
        self.assertEqual((self._month().service_cost, self._month().profit), (5, -5))
        rates.create(
            {"user_id": self.olena.id, "date_from": "2026-03-02", "amount": 20}
        )
        self.assertEqual(self._month().service_cost, 10)

    def test_contacts_that_arrive_by_set_mark_their_customers(self):
        rate = {"user_id": self.olena.id, "date_from": "2026-01-01", "amount": 10}
        self.env["crm.employee.rate"].create(rate)
        ledger = self.env["crm.interaction"]
        row = {
            "channel": "call", "external_key": "by:set", "direction": "out",
            "started_at": datetime(2026, 3, 2, 9), "user_id": self.olena.id,
            "partner_id": self.customer.id,
        }  # fmt: skip
        ledger._feed([row])
        self.assertFalse(self._month())
        ledger._feed([dict(row, ended_at=datetime(2026, 3, 2, 10))])
        self.assertEqual(self._month().service_cost, 10)

    def test_cost_is_frozen_when_posted(self):
        invoice = self._make_invoice(date(2026, 3, 5), 100)
        self.product.standard_price = 90
        self._make_invoice(date(2026, 2, 5), 100)
        self.assertEqual((self._month().cost, self._month(FEBRUARY).cost), (40, 90))
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(self._month().cost, 90, "posted anew: frozen anew")

    def test_lines_without_a_known_cost_are_counted(self):
        self.product.standard_price = 0
        self._make_invoice(date(2026, 3, 5), 100)
        row = self._month()
        self.assertEqual((row.cost, row.uncosted_count), (0, 1))

    def test_units_of_measure(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self._make_invoice(
            date(2026, 3, 5), {"price_unit": 1200, "product_uom_id": dozen.id}
        )
        self.assertEqual(self._month().cost, 480)

    def test_an_account_that_becomes_income(self):
        other = self._account("liability_current").copy({"code": "999777"})
        self._make_invoice(
            date(2026, 3, 5), {"price_unit": 100, "account_id": other.id}
        )
        self.assertEqual(self._month().revenue, 0)
        other.account_type = "income"
        self.assertEqual(self._month().revenue, 100)


@tagged("post_install", "-at_install")
class TestQueue(MoneyCommon):
    def test_one_posting_marks_and_one_pass_empties(self):
        self._make_invoice(date(2026, 3, 5), 100)
        queue = self.env["crm.customer.dirty"]
        self.assertTrue(queue.search_count([]))
        self._work_out()
        self.assertFalse(queue.search_count([]))

    def test_the_night_reports_what_was_changed_behind_us(self):
        invoice = self._make_invoice(date(2026, 3, 5), 100)
        self._work_out()
        now = datetime(2026, 3, 21, 2)
        self.assertEqual(self.months._nightly(now, TODAY), 0)
        self.env.cr.execute(
            SQL(
                "UPDATE account_move_line SET balance = -70 "
                "WHERE move_id = %s AND display_type = 'product'",
                invoice.id,
            )
        )
        self.assertEqual(self.months._nightly(now, TODAY), 1)
        check = self.env.ref("crm_relations.crm_health_check_customer_month")
        self.assertEqual((check.problem_count, check.last_run_at), (1, now))
        self.assertEqual(self._month().revenue, 70)
        self.assertEqual(self.months._nightly(now + timedelta(days=1), TODAY), 0)

    def test_first_fill_makes_what_the_queue_makes(self):
        self._make_invoice(date(2026, 3, 5), 100)
        self._make_invoice(date(2026, 2, 5), 70)
        self._work_out()
        before = {row.month: row.profit for row in self.months.search(
            [("customer_id", "=", self.customer.id)])}  # fmt: skip
        definitions = self._definitions()
        self.env.cr.execute("DELETE FROM crm_customer_month")
        self.env.cr.execute("DELETE FROM crm_invoice_cost")
        self.months.invalidate_model()
        self.months._first_fill(TODAY)
        after = {row.month: row.profit for row in self.months.search(
            [("customer_id", "=", self.customer.id)])}  # fmt: skip
        self.assertEqual(after, before)
        self.assertEqual(self._definitions(), definitions, "keys and indexes are back")

    def _definitions(self):
        return self.env.execute_query(
            SQL(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE conrelid = 'crm_customer_month'::regclass UNION ALL "
                "SELECT indexname, indexdef FROM pg_indexes "
                "WHERE tablename = 'crm_customer_month' ORDER BY 1, 2"
            )
        )

    def test_a_second_pass_leaves_the_queue_alone(self):
        self._make_invoice(date(2026, 3, 5), 100)
        self._work_out()  # the lock is ours until the transaction ends
        with db_connect(self.env.cr.dbname).cursor() as other:
            other.execute(
                "SELECT pg_try_advisory_xact_lock("
                "hashtextextended('crm_customer_dirty', 0))"
            )
            self.assertEqual(other.fetchone(), (False,))
        queue = type(self.env["crm.customer.dirty"])
        with patch.object(queue, "_lock", lambda _self: False):
            self.assertIsNone(self.months._pass(TODAY))
