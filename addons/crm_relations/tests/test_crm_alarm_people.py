"""Who sees which alarms, what people may do with them, and the rules that come along."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .alarm_common import HOUR, MINUTE, MONDAY, AlarmCommon, at


@tagged("post_install", "-at_install")
class TestCrmAlarmPeople(AlarmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deals = {
            user.login: cls._make_deal(user=user, team_id=team.id)
            for user, team in (
                (cls.olena, cls.north),
                (cls.ivan, cls.north),
                (cls.petro, cls.south),
            )
        }

    def _seen(self, user):
        alarms = self.alarms.with_user(user).search([("rule_id", "=", self.rule.id)])
        return set(alarms.sudo().user_id.mapped("login"))

    def test_own_team_all(self):
        self._run(at(2, 13))
        everybody = {"rel_olena", "rel_ivan", "rel_petro"}
        self.assertEqual(self._seen(self.olena), {"rel_olena"})
        self.assertEqual(self._seen(self.head), {"rel_olena", "rel_ivan"})
        self.assertEqual(self._seen(self.south_head), {"rel_petro"})
        self.assertEqual(self._seen(self.director), everybody)
        self.assertEqual(self._seen(self.manager), everybody)
        self.assertEqual(self._seen(self.accountant), set())

    def test_who_may_not_see_an_alarm_may_not_answer_it(self):
        self._run(at(2, 13))
        alarm = self._get_alarm(self.deals["rel_olena"])
        for user in (self.petro, self.accountant):
            mine = alarm.with_user(user)
            for call in (
                lambda mine=mine: mine._acknowledge(at(2, 13)),
                lambda mine=mine: mine._snooze(at(2, 13), at(2, 15), "Why not"),
                lambda mine=mine: mine._resolve(at(2, 13)),
                lambda mine=mine: mine._explain(at(2, 13)),
            ):
                with self.assertRaises(AccessError):
                    call()
        with self.assertRaises(AccessError):
            alarm.with_user(self.olena).write({"state": "stopped"})
        with self.assertRaises(AccessError):
            self.alarms.with_user(self.manager).create({})

    def test_events_follow_their_alarm(self):
        self._run(at(2, 13))
        events = self._get_alarm(self.deals["rel_olena"]).event_ids
        self.assertTrue(events.with_user(self.olena).has_access("read"))
        self.assertTrue(events.with_user(self.head).has_access("read"))
        self.assertFalse(events.with_user(self.petro).has_access("read"))
        self.assertFalse(events.with_user(self.accountant).has_access("read"))

    def test_another_company_is_not_seen(self):
        self._run(at(2, 13))
        other = self.env["res.company"].create({"name": "Other"})
        boss = self._make_user(
            "rel_boss",
            "base.group_user,crm_relations.group_director",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertEqual(self._seen(boss), set())

    def test_told_from_another_department_sees_it(self):
        self.owner_role.user_ids = self.accountant
        self.env["crm.alarm.rule.step"].search(
            [("rule_id", "=", self.rule.id)]
        ).filtered(lambda step: step.number < 3).unlink()
        self._run(at(3, 15))
        # he may not read deals: the managers are told instead
        self.assertEqual(self._seen(self.accountant), set())
        self.assertIn(
            self.manager, self._get_alarm(self.deals["rel_olena"]).notified_user_ids
        )

    def test_resolved_does_not_start_again_until_the_record_has_left(self):
        deal = self.deals["rel_olena"]
        self._run(at(2, 13))
        alarm = self._get_alarm(deal)
        alarm.with_user(self.olena)._resolve(at(2, 13, 5), "He called back")
        self.assertEqual((alarm.state, alarm.stop_note), ("stopped", "He called back"))
        self.assertEqual(alarm.stop_user_id, self.olena)
        deal.name = "Other"
        self.rule.sequence = 5
        self._run(at(2, 14))
        self.assertEqual(self._get_alarm(deal), alarm)
        deal.priority = "0"
        self._run(at(2, 15))
        deal.priority = "1"
        self._run(at(2, 16))
        self.assertEqual(self._get_alarm(deal).episode, 2)

    def test_bell_and_strip(self):
        self._run(at(2, 13))
        self.alarms.with_user(self.olena)._get_bell()  # warm
        self.env.invalidate_all()
        with self.assertQueryCount(10):
            rows = self.alarms.with_user(self.olena)._get_bell()
        self.assertEqual([row["name"] for row in rows], ["Winter tyres"])
        self.assertEqual(rows[0]["level"], 1)
        many = [self._make_deal(user=self.olena) for __ in range(20)]
        self._run(at(2, 13))
        self.env.invalidate_all()
        with self.assertQueryCount(10):
            self.assertEqual(
                len(self.alarms.with_user(self.olena)._get_bell()), len(many) + 1
            )
        ids = [deal.id for deal in many[:2]]
        strips = self.alarms.with_user(self.olena)._get_for_records("crm.lead", ids)
        self.assertEqual([len(strips[row_id]) for row_id in ids], [1, 1])
        hidden = self.alarms.with_user(self.petro)._get_for_records("crm.lead", ids)
        self.assertEqual(list(hidden.values()), [[], []])

    def test_nothing_to_do_is_cheap(self):
        for number in range(9):
            self._make_rule(name=f"Rule {number}")
        self._run(MONDAY + MINUTE)
        self.env.invalidate_all()
        with self.assertQueryCount(10):
            self.assertEqual(self.alarms._run(MONDAY + 2 * MINUTE), 0)
            self.assertEqual(self.events._tell(MONDAY + 2 * MINUTE), 0)

    def test_looking_by_sets(self):
        """As many queries for one record as for forty."""
        self._run(MONDAY + MINUTE)
        counts = []
        for number in (1, 40):
            for __ in range(number):
                self._make_deal()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.alarms._run(MONDAY + HOUR)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
