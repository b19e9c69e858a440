import doctest
from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..tools import loyalty_level
from .loyalty_common import LoyaltyCommon

TODAY = date(2026, 3, 20)
NOON = datetime(2026, 3, 20, 10)


@tagged("post_install", "-at_install")
class TestLoyaltyLevel(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.silver, cls.gold = cls.env["crm.loyalty.level"].create(
            [
                {"name": "Silver", "sequence": 10, "floor": 1000},
                {"name": "Gold", "sequence": 20, "floor": 5000, "earning_factor": 2,
                 "queue_bonus": 5, "grace_days": 30, "notice_days": 14},
            ]
        )  # fmt: skip
        cls.levels = cls.env["crm.customer.level"]
        cls.customer.email = "romashka@example.com"

    def _refresh(self, today=TODAY):
        self._work_out(today)
        self.levels._refresh(self.company, today)
        return self.levels.search([("customer_id", "=", self.customer.id)])

    def test_doctests(self):
        result = doctest.testmod(loyalty_level)
        self.assertGreater(result.attempted, 6)
        self.assertFalse(result.failed)

    def test_rises_at_once_and_knows_the_way(self):
        self._make_invoice(TODAY, 1200)
        row = self._refresh()
        self.assertEqual(
            (row.level_id, row.next_level_id, row.missing, row.since),
            (self.silver, self.gold, 3800, TODAY),
        )
        self.assertEqual(row.user_id, self.olena)
        self._make_invoice(TODAY, 4000)
        self.assertEqual(self._refresh().level_id, self.gold)
        log = self.env["crm.customer.level.log"].search(
            [("customer_id", "=", self.customer.id)], order="id"
        )
        self.assertEqual(
            [(one.from_level_id, one.level_id) for one in log],
            [(self.env["crm.loyalty.level"], self.silver), (self.silver, self.gold)],
        )
        self.assertFalse(self.levels._refresh(self.company, TODAY), "nothing changed")

    def test_falls_after_grace_and_is_told_before(self):
        self._make_invoice(date(2025, 3, 1), 6000)
        row = self._refresh(date(2025, 3, 10))
        self.assertEqual(row.level_id, self.gold)
        row = self._refresh(date(2026, 3, 1))
        self.assertEqual((row.level_id, row.falls_on), (self.gold, date(2026, 3, 31)))
        self.assertFalse(self.levels._notify(date(2026, 3, 1), NOON), "too early")
        self.assertEqual(self.levels._notify(TODAY, NOON), 1)
        self.assertFalse(self.levels._notify(TODAY, NOON), "once")
        row = self._refresh(date(2026, 3, 31))
        self.assertEqual((row.level_id, row.falls_on), (self.silver.browse(), False))

    def test_one_letter_when_the_end_moves(self):
        """He buys, sends it back, and the level ends some days later: he was told."""
        self._make_invoice(date(2025, 3, 1), 6000)
        self._refresh(date(2025, 3, 10))
        self._refresh(date(2026, 3, 1))
        self.assertEqual(self.levels._notify(TODAY, NOON), 1)
        bought = self._make_invoice(TODAY, 6000)
        self.assertFalse(self._refresh().falls_on)
        bought.button_draft()
        moved = date(2026, 3, 21)
        self.assertEqual(self._refresh(moved).falls_on, date(2026, 4, 20))
        later = NOON + timedelta(days=20)
        self.assertFalse(self.levels._notify(later.date(), later), "knows of it")
        # a year on it is news again
        row = self._refresh(moved)
        row._write({"falls_on": date(2027, 3, 20)})
        later = NOON + timedelta(days=360)
        self.assertEqual(self.levels._notify(later.date(), later), 1)

    def test_no_level_when_all_are_archived(self):
        self._make_invoice(TODAY, 6000)
        self.assertEqual(self._refresh().level_id, self.gold)
        (self.silver | self.gold).active = False
        self.assertIn(self.company, self.levels._get_companies())
        row = self._refresh()
        self.assertFalse(row.level_id or row.next_level_id)
        self.assertFalse(self.customer.crm_loyalty_level_id)

    def test_points_earned_are_of_the_month_of_the_company(self):
        """Half past eleven in the evening of 31 May in New York is June in UTC."""
        self.company.partner_id.tz = "America/New_York"
        with freeze_time("2026-06-01 03:30:00"):
            order = self._make_order(200)
            order.action_confirm()
            self.env.flush_all()
        self.silver.write({"measure": "points", "months": 1})
        for day, points in ((date(2026, 6, 2), None), (date(2026, 5, 31), 200)):
            found = self.levels._measure(self.company, {("points", 1)}, day)
            value = found.get(self.customer.id, {}).get(("points", 1))
            self.assertEqual(value, points, day)

    def test_the_letter_is_of_the_company_and_in_his_language(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.gold.with_context(lang="uk_UA").name = "Золото"
        self.customer.lang = "uk_UA"
        self.company.email = "levels@example.com"
        self._make_invoice(date(2025, 3, 1), 6000)
        self._refresh(date(2025, 3, 10))
        self._refresh(date(2026, 3, 1))
        elsewhere = self.env["res.company"].create({"name": "Branch"})
        self.levels.with_company(elsewhere)._notify(TODAY, NOON)
        mail = self.env["mail.mail"].search([], limit=1)
        self.assertIn("Золото", mail.subject)
        self.assertIn("levels@example.com", mail.email_from)
        notice = self.env["crm.loyalty.notice"].search([], limit=1)
        self.assertEqual(notice.company_id, self.company)

    def test_points_times_the_factor(self):
        self._make_invoice(TODAY, 6000)
        self._refresh()
        order = self._make_order(100)
        order.action_confirm()
        self.assertEqual(self._ledger(), [("order", 200)])
        self.assert_agrees()

    def test_level_by_points_earned(self):
        self.gold.active = False
        self.silver.write({"measure": "points", "floor": 150})
        order = self._make_order(200)
        order.action_confirm()
        self.env.flush_all()
        today = self.entries.search([("card_id", "=", self.card.id)]).at.date()
        self.assertEqual(self._refresh(today).level_id, self.silver)
        order._action_cancel()
        self.env.flush_all()
        self.assertTrue(self._refresh(today).falls_on, "cancelled points do not count")

    def test_level_by_profit_and_by_orders(self):
        """The better of the two he reaches; who brings a loss reaches none."""
        self.product.standard_price = 40
        self.silver.write({"measure": "orders", "floor": 2, "months": 2})
        self.gold.write({"measure": "profit", "floor": 1000})
        self._make_invoice(date(2026, 1, 31), 90)  # a month too old for orders
        self._make_invoice(TODAY, 90)
        row = self._refresh()
        months = self.env["crm.customer.month"].search(
            [("customer_id", "=", self.customer.id)]
        )
        profit = sum(months.mapped("profit"))
        self.assertLess(profit, 180, "the cost of goods is off")
        measures = {("profit", 12), ("orders", 2)}
        found = self.levels._measure(self.company, measures, TODAY)
        self.assertEqual(
            found[self.customer.id], {("profit", 12): profit, ("orders", 2): 1}
        )
        self.assertFalse(row.level_id)
        self._make_invoice(TODAY, 60)
        self.assertEqual(self._refresh().level_id, self.silver, "two invoices")
        self.gold.floor = profit
        self.assertEqual(self._refresh().level_id, self.gold)

    def test_each_company_has_its_own_levels(self):
        south = self.env["res.company"].create({"name": "South LLC"})
        bronze = self.env["crm.loyalty.level"].create(
            {"name": "Bronze", "company_id": south.id, "floor": 1}
        )
        self._make_invoice(TODAY, 1200)
        self._refresh()
        self.env["crm.customer.month"].create(
            {"customer_id": self.customer.id, "company_id": south.id,
             "month": TODAY.replace(day=1), "revenue": 5}
        )  # fmt: skip
        self.levels._refresh(south, TODAY)
        rows = self.levels.search([("customer_id", "=", self.customer.id)])
        self.assertEqual(rows.level_id, self.silver | bronze)
        for company, level in ((self.company, self.silver), (south, bronze)):
            here = self.customer.with_company(company)
            here.invalidate_recordset()
            self.assertEqual(here.crm_loyalty_level_id, level)

    def test_price_list_for_who_has_none(self):
        pricelist = self.env["product.pricelist"].create({"name": "Gold prices"})
        self.gold.pricelist_id = pricelist
        self._make_invoice(TODAY, 6000)
        self._refresh()
        self.assertEqual(self._make_order(10).pricelist_id, pricelist)

    def test_a_manager_for_who_has_none(self):
        self.gold.user_id = self.ivan
        self.customer.user_id = False
        self._make_invoice(TODAY, 6000)
        self._refresh()
        self.assertEqual(self.customer.user_id, self.ivan)

    def test_texts_for_customer_and_card(self):
        self._make_invoice(TODAY, 1200)
        self._refresh()
        self.env["res.lang"]._activate_lang("uk_UA")
        self.silver.earning_factor = 1.5
        told = self.silver.with_context(lang="uk_UA")._get_benefits()
        self.assertIn("1,5", told[0], "as he writes numbers")
        text = self.customer._crm_get_level_text()
        self.assertIn("Silver", text)
        self.assertIn("Gold", text)
        self.assertEqual(self.customer.crm_loyalty_level_id, self.silver)
        self.assertFalse(self._make_customer("New")._crm_get_level_text())
        self.gold.measure = "profit"
        self.assertNotIn("Gold", self.customer._crm_get_level_text())
        timeline = self.env["crm.timeline"].with_user(self.olena)
        level = timeline.load_card(self.customer.id)["head"]["level"]
        self.assertEqual(level["name"], "Silver")

    def test_documents_say_it(self):
        invoice = self._make_invoice(TODAY, 1200)
        self._refresh()
        reports = self.env["ir.actions.report"]
        order = self._make_order(10)
        for name, record in (
            ("sale.report_saleorder", order),
            ("account.report_invoice", invoice),
        ):
            html, _kind = reports._render_qweb_html(name, record.ids)
            self.assertIn("Your level: Silver", html.decode())

    def test_agents_read_the_bonus_and_salespeople_their_customers(self):
        self._make_invoice(TODAY, 6000)
        self._refresh()
        clerk = self._make_user("rel_clerk", "base.group_user")
        self.assertEqual(self.customer.with_user(clerk).crm_queue_bonus, 5)
        with self.assertRaises(AccessError):
            self.levels.with_user(clerk).search([])
        self.assertTrue(self.levels.with_user(self.olena).search([]))
        self.assertFalse(
            self.levels.with_user(self.petro).search(
                [("customer_id", "=", self.customer.id)]
            )
        )
        with self.assertRaises(AccessError):
            self.silver.with_user(self.olena).floor = 1

    def test_merged_customers_are_worked_out_anew(self):
        other = self._make_customer("Twin")
        self._make_invoice(TODAY, 6000, partner=other)
        self._make_invoice(TODAY, 1200)
        self._refresh()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (self.customer | other).ids, self.customer
        )
        self.assertEqual(self._refresh().level_id, self.gold)
