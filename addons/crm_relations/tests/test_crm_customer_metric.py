import doctest
from datetime import date, datetime

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools import customer_class
from .money_common import TODAY, MoneyCommon

GROUP = "crm_relations.group_see_margin"


@tagged("post_install", "-at_install")
class TestCustomerClassTool(BaseCase):
    def test_doctests(self):
        failed, tried = doctest.testmod(customer_class)
        self.assertGreater(tried, 10)
        self.assertFalse(failed)


@tagged("post_install", "-at_install")
class TestCustomerMetric(MoneyCommon):
    def test_twelve_full_months_and_ever(self):
        self._make_invoice(date(2024, 5, 5), 1000)
        self._make_invoice(date(2025, 3, 1), 100)  # the first of the twelve months
        self._make_invoice(date(2026, 2, 28), 10)  # the last day of them
        self._make_invoice(date(2026, 3, 1), 1)  # this month is not full
        row = self._metric()
        self.assertEqual((row.revenue_year, row.revenue_ever), (110, 1111))
        self.assertEqual((row.margin_year, row.profit_ever), (30, 951))

    def test_days_and_intervals_of_orders(self):
        for day in (date(2026, 1, 1), date(2026, 1, 11), date(2026, 1, 21),
                    date(2026, 2, 20), date(2026, 2, 20)):  # fmt: skip
            self._make_invoice(day, 10)
        self._make_invoice(date(2026, 3, 1), 10, move_type="out_refund")
        row = self._metric()
        self.assertEqual(
            (row.first_order_on, row.last_order_on, row.order_count),
            (date(2026, 1, 1), date(2026, 2, 20), 4),
        )
        # days between: 10, 10, 30
        self.assertEqual((row.interval_days, row.interval_spread_days), (10, 10))

    def test_owed_overdue_and_last_contact(self):
        self._make_invoice(date(2026, 3, 5), 100, invoice_date_due=date(2026, 3, 10))
        late = self._make_invoice(
            date(2026, 3, 5), 50, invoice_date_due=date(2026, 4, 10)
        )
        self._make_interaction(
            "call:1", customer_id=self.customer.id, started_at=datetime(2026, 3, 2, 9)
        )
        row = self._metric()
        self.assertEqual((row.owed, row.overdue), (150, 100))
        self.assertEqual(row.last_contact_at, datetime(2026, 3, 2, 9))
        self._pay(late, date(2026, 3, 12))
        self.assertEqual(self._metric().owed, 100)
        self.assertEqual(self._metric(today=date(2026, 3, 9)).overdue, 100, "as it was")
        self.metrics._refresh(date(2026, 3, 9))
        self.assertEqual(self._metric().overdue, 0)

    def test_an_opening_balance_that_is_paid_is_no_debt_any_more(self):
        receivable = self.customer.property_account_receivable_id
        entry = self._make_entry(date(2026, 3, 2), self.customer, receivable, 80)
        self.assertEqual(self._metric().owed, 80)
        payment = self.env["account.payment"].create(
            {"payment_type": "inbound", "partner_type": "customer", "amount": 80,
             "partner_id": self.customer.id, "date": date(2026, 3, 10)}
        )  # fmt: skip
        payment.action_post()
        self._work_out()
        lines = (entry | payment.move_id).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        lines.reconcile()
        while self.months._pass(TODAY):
            pass
        self.assertFalse(
            self.metrics.search([("customer_id", "=", self.customer.id)]).owed
        )

    def _classes(self, profits, day=date(2025, 6, 5)):
        """Customers who bring these profits; returns them."""
        self.product.standard_price = 0
        customers = [self._make_customer(f"Customer {profit}") for profit in profits]
        for customer, profit in zip(customers, profits, strict=True):
            kind = "out_invoice" if profit > 0 else "out_refund"
            self._make_invoice(day, abs(profit), partner=customer, move_type=kind)
        self._work_out()
        return customers

    def test_classes_history_and_event(self):
        told = []
        metrics = type(self.metrics)
        self.patch(
            metrics, "_on_class_change", lambda _self, changes: told.append(changes)
        )
        a, b, c, loss = self._classes([8_000_000, 1_500_000, 500_000, -5])
        self.metrics._classify(TODAY)
        self.env.invalidate_all()
        self.assertEqual(
            [one.crm_class for one in (a, b, c, loss)], ["A", "B", "C", "N"]
        )
        row = self._metric(loss)
        self.assertEqual(
            (row.is_loss, row.class_since, row.share_year), (True, TODAY, 0)
        )
        log = self.env["crm.customer.class.log"].search([("customer_id", "=", a.id)])
        self.assertEqual((log.old_class, log.new_class, log.date), (False, "A", TODAY))
        self.assertIn((a.id, self.company.id, None, "A"), told[0])
        self.assertEqual(self.metrics._classify(TODAY), [], "nothing new")

    def test_a_fall_needs_two_nights(self):
        a, _b = self._classes([8_000_000, 1_000_000])
        self.metrics._classify(TODAY)
        self._make_entry(date(2026, 2, 5), a, self._account("expense"), 7_900_000)
        self._work_out()
        self.metrics._classify(TODAY)
        self.assertEqual(
            (self._metric(a).crm_class, self._metric(a).class_falling), ("A", "B")
        )
        self.metrics._classify(date(2026, 3, 21))
        self.env.invalidate_all()
        self.assertEqual((self._metric(a).crm_class, a.crm_class), ("B", "B"))

    def test_new_customers_have_no_class_yet(self):
        (new,) = self._classes([9_000_000], day=date(2026, 1, 15))
        self.metrics._classify(TODAY)
        self.assertEqual(self._metric(new).crm_class, "N")

    def test_class_in_lists_filters_and_groups(self):
        a, b, c = self._classes([8_000_000, 1_500_000, 500_000])
        self.metrics._classify(TODAY)
        partners = self.env["res.partner"].with_user(self.olena)
        mine = [("id", "in", (a | b | c | self.customer).ids)]
        self.assertEqual(partners.search([*mine, ("crm_class", "=", "A")]), a)
        self.assertEqual(
            partners.search([*mine, ("crm_class", "in", ["A", "C"])]), a | c
        )
        self.assertEqual(
            partners.search([*mine, ("crm_class", "=", False)]), self.customer
        )
        self.assertEqual(
            partners.search([*mine, ("crm_class", "!=", "A")]), b | c | self.customer
        )
        groups = partners._read_group(mine, ["crm_class"], ["__count"])
        self.assertEqual(dict(groups), {"A": 1, "B": 1, "C": 1, False: 1})
        self.assertEqual(partners.search(mine, order="crm_class", limit=1), a)
        person = self._make_customer("Person", parent_id=a.id)
        self.assertEqual(person.crm_class, "A", "a person has his company's class")
        with self.assertQueryCount(2):
            (a | b | c).invalidate_recordset(["crm_class"])
            (a | b | c).mapped("crm_class")

    def test_class_belongs_to_the_company_in_use(self):
        (a,) = self._classes([8_000_000])
        self.metrics._classify(TODAY)
        other = self.env["res.company"].create({"name": "Other"})
        self.assertEqual(a.crm_class, "A")
        self.assertFalse(a.with_company(other).crm_class)
        self.assertFalse(
            self.env["res.partner"]
            .with_company(other)
            .search([("crm_class", "=", "A")])
        )

    def test_merge_keeps_the_class_and_the_sums(self):
        a, b = self._classes([8_000_000, 1_000_000])
        self.metrics._classify(TODAY)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (a | b).ids, a, extra_checks=False
        )
        row = self._metric(a)
        self.assertEqual((row.revenue_year, row.crm_class), (9_000_000, "A"))
        self.assert_full_build_is_the_same()


@tagged("post_install", "-at_install")
class TestWhoSeesMargins(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.group_user").implied_ids -= cls.env.ref(GROUP)
        cls.theirs = cls._make_customer("Petro's", user_id=cls.petro.id)
        for customer in cls.customer | cls.theirs:
            cls._make_invoice(date(2026, 2, 5), 100, partner=customer)
        cls._work_out(cls)
        cls.rows = cls.metrics.search(
            [("customer_id", "in", (cls.customer | cls.theirs).ids)]
        )

    def _seen(self, user):
        return (
            self.rows.with_user(user).search([("id", "in", self.rows.ids)]).customer_id
        )

    def test_whose_customers(self):
        self.assertEqual(self._seen(self.olena), self.customer)
        self.assertEqual(self._seen(self.head), self.customer)
        self.assertEqual(self._seen(self.petro), self.theirs)
        self.assertFalse(self._seen(self.ivan))
        for user in self.director | self.accountant | self.manager:
            self.assertEqual(self._seen(user), self.customer | self.theirs)

    def test_margin_only_with_the_group(self):
        mine = self.rows.filtered(lambda row: row.customer_id == self.customer)
        own = mine.with_user(self.olena)
        self.assertEqual(own.read(["revenue_year", "overdue"])[0]["revenue_year"], 100)
        for name in (
            "margin_year",
            "profit_year",
            "profit_ever",
            "share_year",
            "is_loss",
        ):
            with self.subTest(field=name), self.assertRaises(AccessError):
                own.read([name])
        with self.assertRaises(AccessError):
            own._read_group([], [], ["profit_year:sum"])
        with self.assertRaises(AccessError):
            own.search([("profit_year", ">", 0)])
        self.olena.group_ids += self.env.ref(GROUP)
        self.assertEqual(own.read(["profit_year"])[0]["profit_year"], 60)
        others = (self.rows - mine).with_user(self.olena)
        with self.assertRaises(AccessError):
            others.read(["profit_year"])

    def test_the_setting_opens_margins_to_all(self):
        self.env["res.config.settings"].create({"group_crm_see_margin": True}).execute()
        mine = self.rows.filtered(lambda row: row.customer_id == self.customer)
        self.assertEqual(mine.with_user(self.olena).profit_year, 60)

    def test_months_costs_and_rates_are_for_owner_and_accountant(self):
        for name in ("crm.customer.month", "crm.invoice.cost", "crm.employee.rate"):
            for user in self.olena | self.head | self.manager:
                with (
                    self.subTest(model=name, user=user.login),
                    self.assertRaises(AccessError),
                ):
                    self.env[name].with_user(user).search([])
            for user in self.director | self.accountant:
                self.env[name].with_user(user).search([])

    def test_a_hand_over_moves_the_figures(self):
        self.customer.user_id = self.petro
        self.assertEqual(self._seen(self.petro), self.customer | self.theirs)
        self.assertFalse(self._seen(self.olena))

    def test_another_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        row = self.metrics.create(
            {"customer_id": self.customer.id, "company_id": other.id}
        )
        with self.assertRaises(AccessError):
            row.with_user(self.director).read(["revenue_year"])

    def test_queries_of_the_list(self):
        rows = self.rows.with_user(self.director)
        spec = {"customer_id": {"fields": {"display_name": {}}}, "crm_class": {},
                "revenue_year": {}, "profit_year": {}, "overdue": {}}  # fmt: skip
        rows.web_search_read([("id", "in", self.rows.ids)], spec)
        self.env.invalidate_all()
        with self.assertQueryCount(6):
            rows.web_search_read([("id", "in", self.rows.ids)], spec)
