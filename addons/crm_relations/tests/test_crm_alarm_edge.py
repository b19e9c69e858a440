"""Edge cases 1 to 8 of escalation, each by its number: the clock and the episodes."""

from psycopg2 import errors

from odoo.tests import tagged
from odoo.tools import mute_logger

from .alarm_common import HOUR, MINUTE, MONDAY, AlarmCommon, at


@tagged("post_install", "-at_install")
class TestCrmAlarmEdge(AlarmCommon):
    def test_alarm_edge_01_no_double_after_restart_or_retry(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        alarm = self._get_alarm(deal)
        # a worker that never heard of its own commit decides the same again
        alarm.write({"reached_seconds": -1, "level": 0, "next_fire_at": at(2, 13)})
        self._run(at(2, 13))
        self.assertEqual(self._told(alarm), [(1, 0, ["rel_olena"])])
        values = alarm.event_ids.copy_data()[0] | {"alarm_id": alarm.id}
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(errors.UniqueViolation),
            self.cr.savepoint(),
        ):
            self.events.create(values)
        self._tell(at(2, 13))
        self._tell(at(2, 13))
        self.assertEqual(len(deal.activity_ids), 1)

    def test_alarm_edge_02_after_downtime_only_the_highest_step(self):
        deal = self._make_deal(MONDAY)
        self._run(at(5, 12))  # three days later
        alarm = self._get_alarm(deal)
        self.assertEqual(self._told(alarm), [(3, 0, ["rel_director"])])
        self.assertEqual(self._skipped(alarm), [(1, "late"), (2, "late")])

    def test_alarm_edge_03_first_install_leaves_the_past_alone(self):
        deal = self._make_deal(MONDAY)
        self.rule.valid_from = at(2, 12)
        fresh = self._make_deal(at(2, 12))
        self._run(at(2, 13))
        self.assertFalse(self._get_alarm(deal))
        self.assertTrue(self._get_alarm(fresh))
        self.assertEqual(self.rule._preview(at(2, 13))["older"], 1)
        self.rule.action_backfill()
        self._run(at(2, 13))
        self.assertEqual(self._told(self._get_alarm(deal)), [(1, 0, ["rel_olena"])])

    def test_alarm_edge_03_a_chosen_rule_begins_now(self):
        self.rule.active = False
        self.rule.active = True
        self.assertTrue(self.rule.valid_from)

    def test_alarm_edge_04_working_time(self):
        self.company.resource_calendar_id = self._make_calendar(
            "Lunch", ((8, 12), (13, 17))
        )
        night, noon, friday = (
            self._make_deal(start)
            for start in (at(1, 3), at(2, 11), at(6, 16))  # Sunday, Monday, Friday
        )
        self._run(at(2, 11, 1))

        def due(deal):
            return self._get_alarm(deal).next_fire_at

        self.assertEqual(due(night), at(2, 12), "out of hours: from the next opening")
        self.assertEqual(due(noon), at(2, 16), "lunch is not work")
        self.assertEqual(due(friday), at(9, 11), "nor is the weekend")

    def test_alarm_edge_04_holidays_extra_and_short_days(self):
        deal = self._make_deal(at(5, 16))  # Thursday: 2 h of 4
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday", "calendar_id": self.calendar.id,
                "date_from": at(6), "date_to": at(7),
            }
        )  # fmt: skip
        self._run(at(5, 16, 1))
        alarm = self._get_alarm(deal)
        self.assertEqual(alarm.next_fire_at, at(9, 10), "Friday is a holiday")
        day = self.env["crm.alarm.calendar.day"].create(
            {"calendar_id": self.calendar.id, "date": "2026-03-07", "weekday": "4"}
        )
        self._run(at(5, 16, 2))
        self.assertEqual(alarm.next_fire_at, at(7, 10), "Saturday is worked")
        day.hour_to = 9
        self._run(at(5, 16, 3))
        self.assertEqual(alarm.next_fire_at, at(9, 9), "for an hour only")

    def test_alarm_edge_04_a_calendar_without_hours_is_a_mistake_of_settings(self):
        self.company.resource_calendar_id = self._make_calendar("Nobody", ())
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(deal)
        self.assertTrue(alarm.is_broken)
        self.assertFalse(alarm.next_fire_at)
        self.alarms._compare(MONDAY + MINUTE)
        self.assertIn("no working hours", self.alarms._get_dead_man_warning(MONDAY))

    def test_alarm_edge_05_zones_and_both_nights_of_summer_time(self):
        night = [(0, 6)]
        days = range(7)
        self.company.resource_calendar_id = self._make_calendar(
            "Kyiv nights", night, "Europe/Kyiv", days
        )
        self.rule.step_ids.filtered(lambda step: step.number > 1).unlink()
        self.rule.step_ids.limit_minutes = 300
        spring = self._make_deal(at(28, 22))  # 29 March, midnight in Kyiv
        autumn = self._make_deal(at(24, 21, month=10))  # 25 October
        self._run(at(28, 22, 1))
        self.assertEqual(self._get_alarm(spring).next_fire_at, at(29, 3), "6:00 summer")
        self._run(at(24, 21, 1, month=10))
        self.assertEqual(self._get_alarm(autumn).next_fire_at, at(25, 2, month=10))

    def test_alarm_edge_05_two_teams_in_two_zones(self):
        self.south.crm_calendar_id = self._make_calendar(
            "Tokyo", ((9, 18),), "Asia/Tokyo"
        )
        here = self._make_deal(MONDAY)
        there = self._make_deal(MONDAY, self.petro, team_id=self.south.id)
        self._run(MONDAY + MINUTE)
        self.assertEqual(self._get_alarm(here).next_fire_at, at(2, 13))
        # 9:00 UTC is 18:00 in Tokyo: the next morning at 13:00 there
        self.assertEqual(self._get_alarm(there).next_fire_at, at(3, 4))

    def test_alarm_edge_06_an_edited_rule_or_calendar_concerns_open_alarms_only(self):
        deal, answered = self._make_deal(), self._make_deal()
        self._run(MONDAY + MINUTE)
        answered.priority = "0"
        self._run(MONDAY + HOUR)
        closed = self._get_alarm(answered)
        before = closed.read()
        self.rule.step_ids[0].limit_minutes = 120
        self._run(MONDAY + HOUR)
        alarm = self._get_alarm(deal)
        self.assertEqual(alarm.next_fire_at, at(2, 11))
        self.assertEqual(alarm.event_ids.mapped("kind"), ["recompute"])
        self.assertEqual(alarm.rule_version, self.rule.version)
        self.calendar.attendance_ids.filtered(
            lambda line: line.dayofweek == "0"
        ).hour_to = 10
        self._run(MONDAY + HOUR)
        self.assertEqual(alarm.next_fire_at, at(3, 9))
        self.assertEqual(len(alarm.event_ids), 2)
        self.assertEqual(closed.read(), before)

    def test_alarm_edge_07_pause_keeps_what_was_consumed(self):
        self.rule.pause_domain = "[('referred', '=', 'waits')]"
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(deal)
        deal.referred = "waits"
        self._run(at(2, 11))
        self.assertEqual((alarm.state, alarm.consumed_seconds), ("paused", 7200))
        self.assertFalse(alarm.next_fire_at)
        self._run(at(2, 17))
        self.assertEqual(self._told(alarm), [])
        deal.referred = False
        self._run(at(3, 3))  # goes on at night: the two hours left begin at 8:00
        self.assertEqual((alarm.state, alarm.next_fire_at), ("running", at(3, 10)))
        deal.referred = "waits"
        self._run(at(3, 4))
        self.assertEqual(alarm.consumed_seconds, 7200, "nothing is worked at night")
        self.assertEqual(
            alarm.event_ids.sorted("id").mapped("kind"), ["pause", "resume", "pause"]
        )

    def test_alarm_edge_08_reopened_is_a_new_episode_a_bounce_is_not(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        alarm = self._get_alarm(deal)
        deal.priority = "0"
        self._run(at(2, 13, 10))
        self.assertEqual(alarm.stop_reason, "condition")
        deal.priority = "1"
        self._run(at(2, 13, 20))
        self.assertEqual((alarm.state, alarm.level), ("running", 1))
        self.assertEqual(alarm.next_fire_at, at(2, 17), "its clock never stood still")
        deal.priority = "0"
        self._run(at(2, 14))
        deal.priority = "1"
        self._run(at(2, 15))
        self.assertEqual(alarm.state, "stopped")
        again = self._get_alarm(deal)
        self.assertEqual((again.episode, again.level), (2, 1))
        self.assertEqual(self.alarms.search_count([("res_id", "=", deal.id)]), 2)
