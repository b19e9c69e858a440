"""An alarm's life in a real browser; the engine's clock is moved between the tours."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .alarm_common import HOUR, MINUTE, AlarmCommon


@tagged("post_install", "-at_install")
class TestCrmAlarmTour(AlarmCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.olena | cls.ivan | cls.head | cls.director | cls.manager:
            user.password = user.login
        # every hour is worked: the browser's clock is the real one, whatever day it is
        round_the_clock = cls._make_calendar(
            "Round the clock", hours=((0, 24),), days=range(7)
        )
        cls.rule.write(
            {"calendar_id": round_the_clock.id, "progress_out": True,
             "progress_in": False}
        )  # fmt: skip
        cls.now = fields.Datetime.now().replace(microsecond=0)
        cls.customer = cls._make_customer(user_id=cls.olena.id)
        cls.deal = cls._make_deal(
            start=cls.now - 4 * HOUR - MINUTE,
            partner_id=cls.customer.id,
            team_id=cls.north.id,
            expected_revenue=84000,
        )
        cls.deal_url = f"/odoo/crm.lead/{cls.deal.id}"

    def _pass(self, **later):
        self._run(self.now + timedelta(**later), tell=True)

    def _tour(self, name, url, user):
        self.start_tour(url, f"crm_alarm_{name}", login=user.login)
        self.env.invalidate_all()

    def test_arrives_is_acknowledged_expires_climbs_is_resolved(self):
        self._pass()
        alarm = self._get_alarm(self.deal)
        self.assertEqual(self._told(alarm), [(1, 0, ["rel_olena"])])
        self._tour("nobody", "/odoo/contacts", self.head)
        self._tour("salesperson", "/odoo/contacts", self.olena)
        self.assertEqual(
            (alarm.state, alarm.hold_user_id), ("acknowledged", self.olena)
        )
        # silent while it is held, then it climbs to the head
        self._pass(hours=3)
        self.assertEqual(alarm.level, 1)
        self._pass(hours=4, minutes=10)
        self.assertEqual((alarm.state, alarm.level), ("running", 2))
        self.assertEqual(self._told(alarm)[-1], (2, 0, ["rel_head"]))
        self._tour("climbed_to_head", "/odoo/crm-alarms", self.head)
        self.assertEqual((alarm.state, alarm.hold_user_id), ("acknowledged", self.head))
        # and to the owner, by letter
        self._pass(hours=40)
        self.assertEqual(self._told(alarm)[-1], (3, 0, ["rel_director"]))
        self.assertTrue(
            self.env["mail.mail"].search_count(
                [("email_to", "ilike", "rel_director"), ("subject", "ilike", "Winter")]
            )
        )
        self._tour("owner", "/odoo/crm-alarms", self.director)
        # the customer is called: that is progress
        self._tour("resolved_by_call", f"/odoo/contacts/{self.customer.id}", self.olena)
        self._pass(hours=41)
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", "progress"))
        self._tour("nobody", "/odoo/contacts", self.olena)

    def test_on_holiday_the_deputy_is_told(self):
        today = fields.Date.today()
        self.env["crm.deputy"].create(
            {
                "user_id": self.olena.id, "deputy_id": self.ivan.id,
                "date_from": today, "date_to": today + timedelta(days=7),
            }
        )  # fmt: skip
        self.env["crm.deputy"]._cron_run()
        self._pass()
        alarm = self._get_alarm(self.deal)
        self.assertEqual(self._told(alarm), [(1, 0, ["rel_ivan"])])
        self._tour("deputy", "/odoo/contacts", self.ivan)
        self.assertEqual((alarm.state, alarm.hold_user_id), ("acknowledged", self.ivan))

    def test_snoozed_with_a_reason_then_resolved_by_hand(self):
        self._pass()
        self._tour("snoozed", self.deal_url, self.olena)
        alarm = self._get_alarm(self.deal)
        self.assertEqual(
            (alarm.stop_reason, alarm.stop_user_id), ("resolved", self.olena)
        )
        self.assertEqual(
            alarm.event_ids.filtered(lambda event: event.kind == "snooze").reason,
            "He decides on Thursday",
        )

    def test_dry_run(self):
        self._tour("dry_run", f"/odoo/crm.alarm.rule/{self.rule.id}", self.manager)
        self.assertFalse(self._get_alarm(self.deal), "nothing was written")
        self.assertEqual(self.rule.step_ids.role_id.user_ids, self.director)


@tagged("post_install", "-at_install")
class TestCrmAlarmDigest(AlarmCommon):
    """The owner's daily letter: ten lines at most, of what he may see."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.digest = cls.env.ref("crm_relations.digest_alarm")
        cls.now = fields.Datetime.now()
        cls.rule.clock = "wall"
        cls.rule.write({"quiet_from": 0, "quiet_to": 0})
        for __ in range(12):
            cls._make_deal(start=cls.now - 9 * HOUR, team_id=cls.north.id)
        cls._make_deal(start=cls.now - 5 * HOUR, user=cls.petro, team_id=cls.south.id)

    def test_ten_lines_of_what_one_may_see(self):
        self._run(self.now)
        lines = self.digest._get_crm_alarm_lines(self.director)
        self.assertEqual(len(lines), 10)
        self.assertIn("Winter tyres", lines[0]["what"])
        self.assertEqual(len(self.digest._get_crm_alarm_lines(self.south_head)), 1)
        self.assertEqual(self.digest._get_crm_alarm_lines(self.accountant), [])
        self.digest.user_ids = self.director
        self.digest.action_send_manual()
        letter = self.env["mail.mail"].search(
            [("email_to", "ilike", "rel_director")], order="id DESC", limit=1
        )
        self.assertIn("Who waits most", letter.body_html)
        self.assertEqual(letter.body_html.count("Winter tyres"), 10)

    def test_another_digest_says_nothing_of_alarms(self):
        other = self.env["digest.digest"].create({"name": "Other"})
        self.assertEqual(other._get_crm_alarm_lines(self.director), [])

    def test_it_never_slows_down(self):
        self.digest.user_ids = self.director
        self.assertFalse(self.digest._check_daily_logs())

    def test_setup_page_subscribes_the_owner(self):
        admin = self._make_user(
            "rel_admin",
            "base.group_user,sales_team.group_sale_manager,base.group_erp_manager",
        )
        page = self.env["crm.alarm.setup"].with_user(admin).create({})
        page.owner_user_ids = [Command.set(self.director.ids)]
        page.action_apply()
        self.assertIn(self.director, self.digest.user_ids)
        page = self.env["crm.alarm.setup"].with_user(admin).create({})
        page.owner_user_ids = [Command.set(self.manager.ids)]
        page.action_apply()
        self.assertNotIn(self.director, self.digest.user_ids)
        self.assertIn(self.manager, self.digest.user_ids)
