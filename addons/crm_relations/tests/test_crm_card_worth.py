"""The card: class, what the customer brought, and who may see it."""

from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .money_common import TODAY, MoneyCommon


@tagged("post_install", "-at_install")
class TestCardWorth(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_invoice(date(2025, 6, 10), 1000)
        cls._make_invoice(date(2024, 5, 10), 300)
        cls._make_entry(date(2025, 9, 5), cls.customer, cls._account("expense"), 250)
        cls._work_out(cls)
        cls.metrics._classify(TODAY)
        cls.env.ref("crm_relations.group_see_margin").user_ids = [(4, cls.ivan.id)]

    def _head(self, user):
        with freeze_time(TODAY):
            timeline = self.env["crm.timeline"].with_user(user)
            return timeline.load_card(self.customer.id)["head"]

    def test_a_salesperson_sees_the_class_and_no_margin(self):
        head = self._head(self.olena)
        self.assertEqual(
            head["customer_class"], {"letter": "A", "since": TODAY.isoformat()}
        )
        self.assertFalse(head["worth"])
        clerk = self._make_user("rel_clerk", "base.group_user")
        self.assertFalse(self._head(clerk)["customer_class"])

    def test_margin_of_ones_own_customers_only(self):
        self.assertFalse(self._head(self.ivan)["worth"], "Olena's customer")
        self.customer.user_id = self.ivan
        self.assertTrue(self._head(self.ivan)["worth"])

    def test_waterfall_and_24_months(self):
        worth = self._head(self.accountant)["worth"]
        self.assertEqual((worth["since"], worth["until"]), ("2025-03-01", "2026-02-28"))
        self.assertEqual(
            {bar["key"]: bar["amount"] for bar in worth["bars"]},
            {"revenue": 1000, "cost": -40, "direct_cost": -250},
        )
        self.assertEqual(worth["profit"], 710)
        months = {row["month"]: row for row in worth["months"]}
        self.assertEqual(len(months), 24)
        self.assertEqual(list(months)[0], "2024-04-01")
        self.assertEqual(months["2024-05-01"]["margin"], 260)
        self.assertEqual(months["2025-06-01"]["revenue"], 1000)
        self.assertEqual(months["2026-03-01"]["revenue"], 0)

    def test_bars_open_their_documents(self):
        heads = self.env["crm.card.head"].with_user(self.accountant)
        worth = self._head(self.accountant)["worth"]
        for key, count in (("revenue", 1), ("cost", 1), ("direct_cost", 1)):
            action = heads.open_bar(
                self.customer.id, key, worth["since"], worth["until"]
            )
            found = self.env[action["res_model"]].search(action["domain"])
            self.assertEqual(len(found), count, key)

    def test_what_a_bar_opens_adds_up_to_it(self):
        """Accounts chosen for direct costs, cost of goods booked, the company's days."""
        claims = self.env["account.account"].create(
            {"name": "Claims", "code": "691001", "account_type": "expense"}
        )
        self._make_entry(date(2025, 10, 5), self.customer, claims, 70)
        self.company.crm_direct_account_ids = claims
        self.company.partner_id.tz = "Europe/Kyiv"
        self.env.flush_all()
        self.env["crm.employee.rate"].create(
            {"user_id": self.olena.id, "date_from": date(2024, 1, 1), "amount": 36}
        )
        spans = {
            "in": datetime(2025, 2, 28, 22, 30),
            "out": datetime(2026, 2, 28, 22, 30),
        }
        for key, moment in spans.items():
            self._make_interaction(
                f"call:{key}", customer_id=self.customer.id, user_id=self.olena.id,
                started_at=moment, direction="out",
                ended_at=moment + timedelta(hours=1),
            )  # fmt: skip
        self._make_interaction(
            "call:free", customer_id=self.customer.id, user_id=self.petro.id,
            started_at=datetime(2025, 9, 1, 9), direction="out",
            ended_at=datetime(2025, 9, 1, 10),
        )  # fmt: skip
        self._work_out()
        worth = self._head(self.accountant)["worth"]
        bars = {bar["key"]: bar["amount"] for bar in worth["bars"]}
        self.assertEqual((bars["direct_cost"], bars["service_cost"]), (-70, -36))
        heads = self.env["crm.card.head"]  # documents of every department

        def opened(key):
            action = heads.open_bar(
                self.customer.id, key, worth["since"], worth["until"]
            )
            return self.env[action["res_model"]].search(action["domain"])

        self.assertEqual(sum(opened("direct_cost").mapped("balance")), 70)
        self.assertEqual(opened("service_cost").mapped("started_at"), [spans["in"]])
        month = self.months.search(
            [("customer_id", "=", self.customer.id), ("month", "=", "2025-10-01")]
        )
        lines = self.env["account.move.line"].search(
            month.action_open_documents()["domain"]
        )
        self.assertEqual(sum(lines.mapped("balance")), 70)

    def test_another_company_is_another_year(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.accountant.company_ids += other
        with freeze_time(TODAY):
            head = (
                self.env["crm.timeline"]
                .with_user(self.accountant)
                .with_context(allowed_company_ids=[other.id])
                .load_card(self.customer.id)["head"]
            )
        self.assertFalse(head["customer_class"])
        self.assertFalse(head["worth"])
