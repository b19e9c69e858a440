"""Edge cases 9 to 16 of escalation: people, and what is told."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .alarm_common import HOUR, MINUTE, MONDAY, AlarmCommon, at


@tagged("post_install", "-at_install")
class TestCrmAlarmEdgePeople(AlarmCommon):
    def test_alarm_edge_09_acknowledged_is_silent_until_it_expires(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        alarm = self._get_alarm(deal)
        silenced = alarm.with_user(self.olena)._acknowledge(at(2, 13, 30), 240)
        self.assertEqual(silenced, alarm.ids)
        self.assertEqual(
            (alarm.state, alarm.hold_until), ("acknowledged", at(2, 17, 30))
        )
        self._run(at(2, 17))
        self.assertEqual(len(self._told(alarm)), 1)
        self._run(at(2, 17, 30))
        self.assertEqual(self._told(alarm)[1:], [(2, 0, ["rel_head"])])
        # the distance to the step above stays: 8 working hours later
        self.assertEqual(alarm.next_fire_at, at(3, 15, 30))

    def test_alarm_edge_09_from_below_does_not_silence_the_level_above(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        self._run(at(2, 17))
        alarm = self._get_alarm(deal)
        self.assertEqual(alarm.with_user(self.olena)._acknowledge(at(2, 17, 1)), [])
        self.assertEqual(alarm.state, "running")
        self.assertEqual(alarm.event_ids[0].kind, "ack")
        self.assertEqual(
            alarm.with_user(self.head)._acknowledge(at(2, 17, 2)), alarm.ids
        )
        self.assertEqual(alarm.hold_user_id, self.head)

    def test_alarm_edge_10_snooze_once_per_level_bounded_with_a_reason(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        alarm = self._get_alarm(deal)
        mine = alarm.with_user(self.olena)
        now = at(2, 13)
        for until, reason in (
            (at(2, 15), " "),
            (at(2, 12), "late"),
            (now + timedelta(hours=73), "long"),
        ):
            with self.assertRaises(UserError):
                mine._snooze(now, until, reason)
        self.assertEqual(mine._snooze(now, at(3, 10), "She is ill"), alarm.ids)
        with self.assertRaises(UserError):
            mine._snooze(now, at(3, 11), "again")
        self._run(at(3, 9))
        self.assertEqual(len(self._told(alarm)), 1)
        self._run(at(3, 10), tell=True)
        self.assertEqual(self._told(alarm)[1:], [(2, 0, ["rel_head"])])
        notice = self.env["mail.message"].search(
            [("notified_partner_ids", "in", self.head.partner_id.ids)],
            order="id DESC", limit=1,
        )  # fmt: skip
        self.assertIn("She is ill", notice.body, "the level above reads why")
        self.assertTrue(alarm.with_user(self.head)._snooze(at(3, 10), at(3, 12), "Yes"))

    def test_alarm_edge_11_people_are_found_when_they_are_told(self):
        gone = self._make_deal(user=self.ivan)
        self._run(at(2, 12))
        self.ivan.active = False
        self._run(at(2, 13))
        alarm = self._get_alarm(gone)
        self.assertEqual(self._told(alarm), [(1, 0, ["rel_head"])], "one level up")
        self._run(at(2, 17))
        self.assertEqual(self._told(alarm)[1:], [(2, 0, ["rel_director"])])
        self._run(at(3, 15))
        self.assertEqual(self._skipped(alarm), [(3, "same")], "nobody is told twice")

    def test_alarm_edge_11_deputy_leave_and_one_person_for_everything(self):
        deal, ill, mine = (
            self._make_deal(),
            self._make_deal(user=self.ivan),
            self._make_deal(user=self.head),
        )
        absence = self.env["crm.deputy"].create(
            {
                "user_id": self.olena.id, "deputy_id": self.petro.id,
                "date_from": "2026-03-02", "date_to": "2026-03-06",
            }
        )  # fmt: skip
        self.env["crm.deputy"]._run(MONDAY)
        self.assertEqual(absence.state, "active")
        resource = self.env["resource.resource"].create(
            {"name": "Ivan", "user_id": self.ivan.id, "calendar_id": self.calendar.id}
        )
        self.env["resource.calendar.leaves"].create(
            {"resource_id": resource.id, "date_from": at(2), "date_to": at(3)}
        )
        self._run(at(2, 13))
        self.assertEqual(self._told(self._get_alarm(deal)), [(1, 0, ["rel_petro"])])
        self.assertEqual(self._told(self._get_alarm(ill)), [(1, 0, ["rel_head"])])
        self._run(at(2, 17))
        self.assertEqual(
            self._told(self._get_alarm(mine)),
            [(1, 0, ["rel_head"]), (2, 0, ["rel_director"])],
            "responsible and leader in one: the next above",
        )

    def test_alarm_edge_11_an_empty_role_is_never_nobody(self):
        self.owner_role.user_ids = False
        deal = self._make_deal()
        for moment in (at(2, 13), at(2, 17), at(3, 15)):
            self._run(moment)
        step, _repeat, logins = self._told(self._get_alarm(deal))[-1]
        self.assertEqual(step, 3)
        self.assertIn("rel_manager", logins)

    def test_alarm_edge_11_portal_users_never(self):
        portal = self._make_user("rel_portal", "base.group_portal")
        self.owner_role.user_ids = portal
        deal = self._make_deal()
        for moment in (at(2, 13), at(2, 17), at(3, 15)):
            self._run(moment)
        self.assertNotIn(portal, self._get_alarm(deal).notified_user_ids)

    def test_alarm_edge_12_the_record_is_gone(self):
        deals = {
            reason: self._make_deal()
            for reason in ("won", "lost", "archived", "deleted")
        }
        self._run(MONDAY + MINUTE)
        alarms = {reason: self._get_alarm(deal) for reason, deal in deals.items()}
        deals["won"].action_set_won()
        deals["lost"].action_set_lost()
        deals["deleted"].unlink()
        deals["archived"].with_context(tracking_disable=True).active = False
        self.rule.start_domain = (
            "[('type', '=', 'opportunity'), ('won_status', '=', 'pending')]"
        )
        self._run(MONDAY + HOUR)
        found = {reason: alarm.stop_reason for reason, alarm in alarms.items()}
        found.pop("archived")
        self.assertEqual(found, {name: name for name in ("won", "lost", "deleted")})
        self.assertEqual(alarms["archived"].state, "stopped")

    def test_alarm_edge_12_merged_the_older_clock_stays(self):
        old, new = self._make_deal(at(2, 9)), self._make_deal(at(2, 12))
        self._run(at(2, 12, 1))
        older, younger = self._get_alarm(old), self._get_alarm(new)
        kept = (new | old).merge_opportunity(auto_unlink=True)
        self._run(at(2, 12, 2))
        self.assertEqual(kept.exists(), kept)
        self.assertEqual((older.state, older.res_id), ("running", kept.id))
        self.assertEqual(older.next_fire_at, at(2, 13))
        self.assertEqual((younger.state, younger.stop_reason), ("stopped", "merged"))

    def test_alarm_edge_12_another_company_or_nobody_with_access(self):
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(deal)
        other = self.env["res.company"].create({"name": "Other"})
        self.env.cr.execute(
            "UPDATE crm_lead SET company_id = %s, team_id = NULL WHERE id = %s",
            [other.id, deal.id],
        )
        deal.invalidate_recordset()
        self.env["crm.alarm.dirty"]._touch("crm.lead", deal.ids)
        self._run(MONDAY + HOUR)
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", "company"))
        there = self._get_alarm(deal)
        self.assertEqual((there.company_id, there.episode), (other, 2))
        self.env["res.users"].search([]).filtered(
            lambda user: other in user.company_ids and user.id != self.env.uid
        ).write({"company_ids": [Command.unlink(other.id)]})
        with patch(
            "odoo.addons.crm_relations.models.crm_alarm_target.Targets._get_fallback",
            return_value=set(),
        ):
            self._run(at(4, 13))
        self.assertEqual((there.state, there.stop_reason), ("stopped", "no_access"))

    def test_alarm_edge_13_a_storm_becomes_a_summary(self):
        self.env["ir.config_parameter"].set_param(
            "crm_relations.alarm_storm_per_hour", 3
        )
        deals = [self._make_deal() for __ in range(6)]
        self._run(at(2, 13), tell=True)
        states = [self._get_alarm(deal).event_ids.state for deal in deals]
        self.assertEqual(states.count("sent"), 3)
        self.assertEqual(states.count("digest"), 3)
        summaries = self.env["mail.message"].search(
            [("subject", "=like", "% alarms at once")]
        )
        self.assertEqual(summaries.notified_partner_ids, self.olena.partner_id)
        self.assertEqual(len(summaries), 1)

    def test_alarm_edge_13_quiet_hours_and_a_cap_per_record(self):
        self.rule.write({"clock": "wall", "calendar_id": self.calendar.id})
        night = self._make_deal(at(2, 19))
        self._run(at(2, 19))
        self.assertEqual(self._get_alarm(night).next_fire_at, at(3, 7))
        self.rule.record_notice_max = 1
        self._run(at(3, 7))
        alarm = self._get_alarm(night)
        self.assertEqual(len(self._told(alarm)), 1)
        self._run(at(3, 15))
        self.assertEqual(len(self._told(alarm)), 1)
        self.assertIn("cap", [reason for _step, reason in self._skipped(alarm)])

    def test_alarm_edge_14_a_reassignment_is_not_progress(self):
        self.rule.step_ids[1].reassign = True
        deal = self._make_deal()
        self._run(at(2, 13))
        self._run(at(2, 17))
        self.assertEqual(deal.user_id, self.head)
        self._run(at(2, 17, 1))
        alarm = self._get_alarm(deal)
        self.assertEqual((alarm.episode, alarm.state), (1, "running"))
        self.assertEqual(alarm.user_id, self.head)
        self.assertEqual(alarm.next_fire_at, at(3, 15))

    def test_alarm_edge_15_the_sentence_says_why(self):
        deal = self._make_deal(at(2, 17))
        self._run(at(2, 17, 1))
        alarm = self._get_alarm(deal)
        found = alarm.with_user(self.olena)._explain(at(2, 17, 1))
        self.assertEqual(found["started_at"], at(2, 17))
        self.assertEqual((found["calendar"], found["zone"]), ("Ten hours", "UTC"))
        first = found["steps"][0]
        self.assertEqual((first["limit_minutes"], first["due_at"]), (240, at(3, 11)))
        self.rule.ack_minutes = 600
        alarm.with_user(self.olena)._acknowledge(at(2, 17, 2), 600)
        held = alarm._explain(at(2, 17, 3))
        self.assertEqual(held["hold_user"], "Olena")
        self.assertEqual(held["steps"][0]["due_at"], at(3, 17, 2))

    def test_alarm_edge_16_the_clock_is_an_argument(self):
        """A year that never was: nothing here asks what time it is."""
        deal = self._make_deal(at(5, 9, month=1, year=2099))  # a Monday
        self._run(at(5, 13, month=1, year=2099), tell=True)
        alarm = self._get_alarm(deal)
        self.assertEqual(alarm.fired_at, at(5, 13, month=1, year=2099))
        self.assertEqual(alarm.event_ids.sent_at, at(5, 13, month=1, year=2099))

    def test_repeats_until_somebody_acknowledges(self):
        self.rule.step_ids[0].write({"repeat_minutes": 60, "repeat_max": 2})
        deal = self._make_deal()
        for hour in (13, 14, 15, 16):
            self._run(at(2, hour))
        alarm = self._get_alarm(deal)
        self.assertEqual(
            [told[:2] for told in self._told(alarm)], [(1, 0), (1, 1), (1, 2)]
        )
        self.assertEqual(alarm.next_fire_at, at(2, 17))
