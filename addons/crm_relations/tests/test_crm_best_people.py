"""Customers and leads of class A go to marked people, and back after a time."""

from datetime import date, datetime, timedelta

from odoo.tests import tagged

from .money_common import TODAY, MoneyCommon


@tagged("post_install", "-at_install")
class TestBestPeople(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marked = cls.north.crm_team_member_ids.filtered(
            lambda member: member.user_id == cls.ivan
        )
        cls.marked.crm_takes_best = True
        cls.north.crm_team_member_ids.assignment_max = 300
        cls._make_invoice(date(2025, 6, 1), 1000)

    def setUp(self):
        super().setUp()
        self.seen = self._log()
        self.seen.at = "2025-01-01"

    def _night(self, today=TODAY):
        self._work_out(today)
        changes = self.metrics._classify(today)
        self.env.flush_all()
        # the history is written by the clock; here the clock is the test's
        new = self._log() - self.seen
        new.at = datetime.combine(today, datetime.min.time()) + timedelta(hours=2)
        self.seen |= new
        return changes

    def _log(self):
        return self.env["crm.customer.owner.log"].search(
            [("partner_id", "=", self.customer.id)]
        )

    def _lose_class(self, day):
        """A claim that makes a loss: two nights, and he is out of A."""
        self._make_entry(
            day - timedelta(days=40), self.customer, self._account("expense"), 5000
        )
        self._night(day)
        self._night(day + timedelta(days=1))
        self.assertEqual(self._metric(today=day).crm_class, "N")

    def test_a_customer_who_comes_into_a_goes_to_the_marked(self):
        self._night()
        self.assertEqual(self.customer.user_id, self.ivan)
        last = self._log()[0]
        self.assertEqual(
            (last.from_user_id, last.to_user_id, last.kind, last.company_id),
            (self.olena, self.ivan, "best", self.company),
        )
        self.assertTrue(last.reason)
        self.assertEqual(self._metric().user_id, self.ivan, "he sees the figures")

    def test_only_within_capacity_and_of_the_own_team(self):
        self.marked.crm_best_max = 0
        self._night()
        self.assertEqual(self.customer.user_id, self.olena)
        self.marked.crm_best_max = 1
        self.customer.user_id = self.petro  # South marks nobody
        self._log().at = "2025-01-01"
        self._night(TODAY + timedelta(days=1))
        self.assertEqual(self.customer.user_id, self.petro)

    def test_somebody_away_or_gone_gets_nobody(self):
        self.ivan.active = False
        self._night()
        self.assertEqual(self.customer.user_id, self.olena)

    def test_what_was_decided_by_hand_stays(self):
        self._night()
        self.customer.user_id = self.olena
        self._night(TODAY + timedelta(days=1))
        self.assertEqual(self.customer.user_id, self.olena)

    def test_a_customer_of_nobody_given_by_hand_stays(self):
        self.customer.user_id = False
        self._work_out()
        self.metrics._classify(TODAY - timedelta(days=1))
        self.customer.user_id = self.petro
        new = self._log() - self.seen
        new.at = datetime.combine(TODAY, datetime.min.time())
        self.seen |= new
        # whose he was when he was made, and nobody's afterwards, is long ago
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = '2025-01-01' WHERE id = %s",
            [self.customer.id],
        )
        self._log().filtered(lambda row: not row.to_user_id).unlink()
        self._night()
        self.assertEqual(self.customer.user_id, self.petro)

    def test_back_only_after_the_grace_time(self):
        self._night()
        self.company.crm_best_grace_days = 30
        fell = TODAY + timedelta(days=20)
        self._lose_class(fell)
        self._night(fell + timedelta(days=29))
        self.assertEqual(self.customer.user_id, self.ivan, "still in the grace time")
        self._night(fell + timedelta(days=32))
        self.assertEqual(self.customer.user_id, self.olena)
        self.assertEqual(self._log()[0].kind, "best_back")
        self._night(fell + timedelta(days=33))
        self.assertEqual(len(self._log()), 3, "made, given, returned: once each")

    def test_not_back_when_somebody_else_has_him_by_hand(self):
        self._night()
        self.company.crm_best_grace_days = 0
        self.customer.user_id = self.petro
        self._log()[0].at = datetime.combine(TODAY, datetime.max.time())
        self._lose_class(TODAY + timedelta(days=20))
        self._night(TODAY + timedelta(days=25))
        self.assertEqual(self.customer.user_id, self.petro)

    def test_new_leads_of_class_a(self):
        self.marked.crm_best_max = 0
        self._night()
        self.customer.user_id = False
        leads = self.env["crm.lead"].create(
            [
                {"name": f"Lead {n}", "type": "lead", "team_id": self.north.id,
                 "user_id": False, "partner_id": self.customer.id}
                for n in range(4)
            ]
        )  # fmt: skip
        self.north._crm_find_best_leads(leads)
        with self.assertQueryCount(1):  # of all leads at once
            self.north._crm_find_best_leads(leads)
        self.assertEqual(
            self.north._crm_assign_prefer(leads), dict.fromkeys(leads, self.ivan)
        )
        self.assertEqual(
            self.north._crm_find_responsible(leads[0])[0], self.ivan, "on arrival too"
        )
        self.north._assign_and_convert_leads()
        self.assertEqual(leads.user_id, self.ivan)

    def test_leads_beyond_the_quota_are_dealt_in_turn(self):
        self.marked.crm_best_max = 0
        self._night()
        self.customer.user_id = False
        self.marked.assignment_max = 30  # one a day
        leads = self._make_lead(partner_id=self.customer.id, user_id=False)
        leads |= self._make_lead(partner_id=self.customer.id, user_id=False)
        self.assertEqual(len(self.north._crm_assign_prefer(leads)), 1)

    def test_nobody_is_preferred_where_nobody_is_marked(self):
        self.marked.crm_takes_best = False
        self._night()
        self.assertEqual(self.customer.user_id, self.olena)
        lead = self._make_lead(partner_id=self.customer.id, user_id=False)
        self.assertEqual(self.north._crm_assign_prefer(lead), {})
