"""Who fades, what was tried, who came back; cohorts; what more retention is worth."""

from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..tools.retention import cohorts
from .repeat_common import NOW, RepeatCommon

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestCrmRetention(RepeatCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.episodes = cls.env["crm.retention.episode"]
        cls.episodes.search([]).unlink()

    def _night(self, now):
        self._work_out(today=now.date())
        self.episodes._pass(now)
        self.env.invalidate_all()

    def _episode(self, partner):
        return self.episodes.search([("customer_id", "=", partner.id)])

    def _fade(self, partner=None, last=date(2026, 1, 10)):
        """Every 30 days until then: silent for 45 days on 24 February."""
        self._buy_evenly(partner or self.vera, last)

    def test_who_is_silent_beyond_his_own_rhythm_fades_and_comes_back(self):
        self._fade()
        self._buy_evenly(self.petya, date(2026, 1, 10), every=60)  # his is longer
        self._night(datetime(2026, 2, 24, 10))
        self.assertFalse(self._episode(self.vera), "the last day of his own time")
        self._night(datetime(2026, 2, 25, 10))
        episode = self._episode(self.vera)
        self.assertFalse(self._episode(self.petya))
        self.assertEqual(
            (episode.state, episode.began_on, episode.interval_days),
            ("fading", date(2026, 2, 24), 30),
        )
        self.assertEqual(episode.revenue, 480)  # 4 times 4 litres at 30
        self._night(datetime(2026, 2, 26, 10))
        self.assertEqual(len(self._episode(self.vera)), 1)
        self._buy(self.vera, date(2026, 3, 8))
        self._buy(self.vera, date(2026, 3, 12))
        self._night(datetime(2026, 3, 13, 10))
        self.assertEqual(
            (episode.state, episode.returned_on, episode.returned_after),
            ("back", date(2026, 3, 8), "alone"),
        )

    def test_who_gave_it_back_is_fading_again(self):
        self._fade()
        self._fade(self.petya)
        self._night(NOW)
        vera, petya = self._episode(self.vera), self._episode(self.petya)
        self._buy_all([(self.vera, date(2026, 3, 8)), (self.petya, date(2026, 3, 8))])
        self._night(datetime(2026, 3, 9, 10))
        self.assertEqual((vera.state, petya.state), ("back", "back"))
        bought = self.env["account.move"].search(
            [
                ("partner_id", "in", (self.vera | self.petya).ids),
                ("invoice_date", "=", "2026-03-08"),
            ]
        )
        bought.filtered(lambda move: move.partner_id == self.vera).button_draft()
        bought.filtered(lambda move: move.partner_id == self.petya)._reverse_moves(
            [{"invoice_date": date(2026, 3, 9)}], cancel=True
        )
        self._night(datetime(2026, 3, 10, 10))
        for episode in vera | petya:
            self.assertEqual(
                (episode.state, episode.returned_on, episode.returned_after),
                ("fading", False, False),
            )
        self._buy(self.vera, date(2026, 3, 15))
        self._night(datetime(2026, 3, 16, 10))
        self.assertEqual((vera.state, vera.returned_on), ("back", date(2026, 3, 15)))

    def test_who_buys_in_bursts_is_not_silent_between_them(self):
        days = [date(2025, month, day) for month in range(9, 13) for day in (1, 2)]
        self._buy_all([(self.vera, day) for day in days])
        # an order of each month invoiced in three parts
        self._buy_all(
            [(self.petya, date(2025, month, day)) for month in (10, 11, 12)
             for day in range(1, 4)]
        )  # fmt: skip
        self._buy(self.firm, date(2025, 6, 1), date(2025, 6, 3), date(2025, 12, 20))
        self._night(datetime(2026, 1, 10, 10))
        everybody = self.vera | self.petya | self.firm
        domain = [("customer_id", "in", everybody.ids)]
        self.assertFalse(self.episodes.search(domain))
        self._night(datetime(2026, 2, 20, 10))
        self.assertEqual(
            self.episodes.search(domain).customer_id, self.vera | self.petya
        )

    def test_what_was_tried_and_after_what_he_came(self):
        self._fade()
        self._fade(self.petya)
        self._night(NOW)
        for number, day in enumerate((5, 6)):
            self._make_interaction(
                f"hand:{number}", direction="out", partner_id=self.vera.id,
                customer_id=self.vera.id, started_at=datetime(2026, 3, day, 9),
            )  # fmt: skip
        self._make_interaction(
            "mailing:987654", channel="email", direction="out", is_automatic=True,
            partner_id=self.vera.id, customer_id=self.vera.id,
            started_at=datetime(2026, 3, 4, 9),
        )  # fmt: skip
        rule = self._make_rule(start=None)
        rule._start_from(NOW.date(), is_backlog=True)
        vera = self._episode(self.vera)
        self.assertEqual(vera.tried, "mailings: 1, contacts: 2")
        self._buy(self.vera, date(2026, 3, 9))
        self._night(datetime(2026, 3, 10, 10))
        self.assertEqual(vera.returned_after, "contact")
        self.assertEqual(self._episode(self.petya).tried, "")

    def test_a_deal_is_a_try(self):
        self._buy_evenly(self.vera, date(2026, 1, 20), every=40)
        rule = self._make_rule()
        rule.action_stop()
        rule._start_from(NOW.date(), is_backlog=True)
        self._pass()
        self.assertEqual(self._states(rule), {"Vera": ["opened"]})
        self._night(NOW + 35 * DAY)
        self.assertEqual(self._episode(self.vera).tried, "repeat deals: 1")

    def test_own_team_all_and_nobody_else(self):
        for partner in (self.vera, self.petya, self.firm):
            self._fade(partner)
        self._night(NOW)
        people = (self.olena, self.head, self.petro, self.manager, self.director,
                  self.marketer)  # fmt: skip
        self.assertEqual(
            [self.episodes.with_user(user).search_count([]) for user in people],
            [1, 2, 1, 3, 3, 3],
        )
        with self.assertRaises(AccessError):
            self.episodes.with_user(self.accountant).search([])
        mine = self._episode(self.vera)
        self.assertTrue(mine.with_user(self.director).profit)
        with self.assertRaises(AccessError):
            mine.with_user(self.olena).read(["profit"])
        with self.assertRaises(AccessError):
            mine.with_user(self.manager).write({"state": "back"})

    def test_the_list_costs_the_same_for_one_and_for_many(self):
        for partner in (self.vera, self.petya, self.firm):
            self._fade(partner)
        self._night(NOW)
        names = ["customer_id", "silent_times", "tried", "revenue", "state"]

        def count(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(names)
            return self.env.cr.sql_log_count - before

        found = self.episodes.with_user(self.manager).search([])
        self.assertEqual(len(found), 3)
        count(found)
        self.assertEqual(count(found[:1]), count(found))

    def test_two_cards_become_one(self):
        self._fade(self.vera)
        self._fade(self.petya)
        self._night(NOW)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.vera | self.petya).ids, self.vera)
        self.env.invalidate_all()
        self.assertEqual(len(self._episode(self.vera)), 1)

    def test_two_cards_invent_no_win_back(self):
        self._fade(self.vera)
        self._night(NOW)
        self._buy(self.petya, date(2026, 2, 1), date(2026, 3, 1))
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.vera | self.petya).ids, self.vera)
        self.env.invalidate_all()
        self.assertFalse(self._episode(self.vera), "together they never were silent")
        self._night(NOW + DAY)
        self.assertFalse(self._episode(self.vera))

    def test_an_invoice_booked_late_leaves_no_silence(self):
        self._fade()
        self._night(NOW)
        self._buy(self.vera, date(2026, 2, 20))
        self._night(NOW + DAY)
        self.assertFalse(self._episode(self.vera))

    def test_cohorts_count_customers_and_not_purchases(self):
        self._buy(self.vera, date(2026, 1, 5), date(2026, 1, 20), date(2026, 3, 3))
        self._buy(self.petya, date(2026, 1, 7))
        self._buy(self.firm, date(2026, 2, 7), date(2026, 3, 7))
        self._work_out()
        self.assertEqual(
            self.env["crm.retention.cohort"]._get_last_month(),
            fields.Date.start_of(fields.Date.today(), "month")
            - relativedelta(months=1),
            "half a month is no loss",
        )
        self.patch(
            type(self.env["crm.retention.cohort"]),
            "_get_last_month",
            lambda model: date(2026, 3, 1),
        )
        rows = (
            self.env["crm.retention.cohort"]
            .with_user(self.marketer)
            .search(
                [("company_id", "=", self.company.id), ("cohort", ">=", "2026-01-01")],
                order="cohort, age",
            )
        )
        table = {}
        for row in rows:
            table.setdefault(row.cohort.month - 1, []).append(row.customers)
        expected = cohorts(
            [("v", 0), ("v", 0), ("v", 2), ("p", 0), ("f", 1), ("f", 2)], 2
        )
        self.assertEqual(table, expected)
        self.assertEqual(table, {0: [2, 0, 1], 1: [1, 1]})
        share = self.env["crm.retention.cohort"]._read_group(
            [("id", "in", rows.ids), ("age", "=", 2)], [], ["share:avg"]
        )
        self.assertEqual(share, [(50.0,)])
        action = rows[2].action_open_customers()
        self.assertEqual(action["domain"], [("id", "in", self.vera.ids)])

    def test_what_five_points_more_would_be_worth(self):
        # 2024: Vera, Petya, firm, clerk's firm; 2025: Vera and Petya again
        for partner in (self.vera, self.petya, self.firm, self.customer):
            self._make_invoice(date(2024, 5, 5), 1000, partner=partner)
        self._make_invoice(date(2025, 5, 5), 340, partner=self.vera)
        self._make_invoice(date(2025, 6, 5), 540, partner=self.petya)
        self._work_out()
        page = (
            self.env["crm.retention.worth"]
            .with_user(self.director)
            .create({"date_to": date(2026, 1, 15), "points": 5})
        )
        # margin: 340 - 40 and 540 - 40 (the product costs 40)
        self.assertEqual((page.before_count, page.kept_count, page.share), (4, 2, 50))
        self.assertEqual((page.margin_each, page.more, page.gain), (400, 0.2, 80))
        self.assertIn("0.2 × $ 400.00 = $ 80.00", page.text.replace("\xa0", " "))
        self.assertIn("stays 2.0 years on average", page.text)
        with self.assertRaises(AccessError):
            self.env["crm.retention.worth"].with_user(self.olena).create({})
        # how many customers is the marketer's to know, their margin is not
        theirs = page.with_user(self.marketer).create({"date_to": date(2026, 1, 15)})
        self.assertEqual((theirs.before_count, theirs.more), (4, 0.2))
        self.assertIn("5 points more are 0.2 customers who go on", theirs.text)
        theirs = theirs.with_context(lang="uk_UA")
        theirs.invalidate_recordset(["text"])
        self.assertIn("0,2", theirs.text)
        self.assertNotIn("$", theirs.text)
        self.assertNotIn("margin_each", theirs.fields_get())
        with self.assertRaises(AccessError):
            theirs.read(["gain"])
