"""What customers bought after a contact, counted by hand."""

from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .money_common import MoneyCommon


@tagged("post_install", "-at_install")
class TestContactWorth(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.worth = cls.env["crm.contact.worth"]
        cls.call = cls._contact(1, datetime(2026, 1, 5, 9), cls.olena)
        cls.visit = cls._contact(2, datetime(2026, 1, 20, 9), cls.ivan, "meeting")
        # 30 days after the call: 5 January … 4 February
        cls._make_invoice(date(2026, 1, 10), 300)  # the call alone
        cls._make_invoice(date(2026, 2, 1), 200)  # both
        cls._make_invoice(date(2026, 2, 10), 100)  # the visit alone
        cls._make_invoice(date(2026, 3, 1), 999)  # too late for both
        cls._make_invoice(date(2026, 1, 4), 999)  # before
        cls._make_invoice(date(2026, 1, 10), 999, partner=cls._make_customer("Other"))
        cls.env.flush_all()

    @classmethod
    def _contact(cls, key, at, user, channel="call", **values):
        return cls._make_interaction(
            f"worth{key}", channel, partner_id=cls.customer.id, user_id=user.id,
            team_id=cls.north.id, started_at=at, **values,
        )  # fmt: skip

    def _rows(self, user=None):
        rows = self.worth.with_user(user or self.env.user).search(
            [("customer_id", "=", self.customer.id)]
        )
        return {row.id: row for row in rows}

    def test_by_hand(self):
        rows = self._rows()
        call, visit = rows[self.call.id], rows[self.visit.id]
        # every piece costs 40
        self.assertEqual((call.revenue_after, call.margin_after), (500, 420))
        self.assertEqual((visit.revenue_after, visit.margin_after), (300, 220))
        self.assertEqual((call.revenue_share, visit.revenue_share), (400, 200))
        self.assertEqual((call.margin_share, visit.margin_share), (340, 140))
        self.assertEqual((call.kind, visit.kind), ("call", "meeting"))

    def test_sums_of_the_divided_are_the_sales(self):
        ((average, total, count),) = self.worth._read_group(
            [("customer_id", "=", self.customer.id)],
            [],
            ["revenue_after:avg", "revenue_share:sum", "contact_count:sum"],
        )
        self.assertEqual((average, total, count), (400, 600, 2))

    def test_the_setting_automatic_ones_and_credit_notes(self):
        self._contact(3, datetime(2026, 1, 6, 9), self.olena, is_automatic=True)
        self.company.crm_worth_days = 5
        self._make_invoice(date(2026, 1, 8), 50, move_type="out_refund")
        self.env.flush_all()
        rows = self._rows()
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows[self.call.id].revenue_after, 250)
        self.assertEqual(rows[self.visit.id].revenue_after, 0)

    def test_time_is_over(self):
        with freeze_time("2026-02-10"):
            rows = self._rows()
            self.assertTrue(rows[self.call.id].is_over)
            self.assertFalse(rows[self.visit.id].is_over)

    def test_heads_their_teams_the_owner_all_salespeople_none(self):
        self.assertFalse(self._rows(self.olena))
        self.assertFalse(self._rows(self.south_head))
        self.assertEqual(len(self._rows(self.head)), 2)
        self.assertEqual(len(self._rows(self.director)), 2)
        with self.assertRaises(AccessError):
            self._rows(self.head)[self.call.id].margin_after  # noqa: B018
        self.assertEqual(self._rows(self.director)[self.call.id].margin_after, 420)
        with self.assertRaises(AccessError):
            self._rows(self.accountant)

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.director.company_ids += other
        worth = self.worth.with_user(self.director).with_context(
            allowed_company_ids=other.ids
        )
        self.assertFalse(worth.search([("customer_id", "=", self.customer.id)]))
