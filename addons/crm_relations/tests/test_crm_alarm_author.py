"""Who may ask what by a rule, and who may silence whom."""

from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .alarm_common import HOUR, MINUTE, MONDAY, AlarmCommon, at
from .common import ALL_LEADS

ADMINS = "base.group_system"


@tagged("post_install", "-at_install")
class TestCrmAlarmAuthor(AlarmCommon):
    def _make_rule_as(self, user, model, domain, **values):
        return (
            self.env["crm.alarm.rule"]
            .with_user(user)
            .create(
                {
                    "name": "Asks",
                    "model_id": self.env["ir.model"]._get_id(model),
                    "start_domain": domain,
                    "active": False,
                    **values,
                }
            )
        )

    def test_a_rule_asks_only_what_its_author_may_read(self):
        allowed = [
            (model, domain)
            for model, domain in (
                ("ir.config_parameter", "[('key', '=', 'database.secret')]"),
                ("ir.cron", "[]"),
                ("crm.lead", "[('user_id.group_ids.rule_groups.name', '=', 'x')]"),
                ("crm.lead", "[('user_id', 'any', [('name', '=like', 'A%')])]"),
                ("crm.alarm.setup", "[]"),
                ("mail.thread", "[]"),
            )
            if self._is_allowed(model, domain)
        ]
        self.assertEqual(
            allowed, [("crm.lead", "[('user_id', 'any', [('name', '=like', 'A%')])]")]
        )

    def _is_allowed(self, model, domain):
        try:
            with self.cr.savepoint():
                self._make_rule_as(self.manager, model, domain)
        except ValidationError:
            return False
        return True

    def test_a_rule_asks_no_fields_that_are_not_for_its_author(self):
        rule = self._make_rule_as(self.manager, "crm.lead", "[('name', '!=', False)]")
        self.patch(self.env["res.users"]._fields["login_date"], "groups", ADMINS)
        for name in ("start_domain", "pause_domain", "stop_domain"):
            with self.assertRaises(ValidationError):
                rule[name] = "[('user_id.login_date', '!=', False)]"
            with self.assertRaises(ValidationError):
                rule[name] = "[('user_id', 'any', [('login_date', '!=', False)])]"
        self.patch(self.env["res.users"]._fields["create_uid"], "groups", ADMINS)
        with self.assertRaises(ValidationError):
            rule.step_ids = [
                Command.create({"target": "path", "path": "user_id.create_uid"})
            ]

    def test_a_rule_may_ask_by_names_of_what_its_author_may_read(self):
        self._make_rule_as(self.manager, "crm.lead", "[('team_id', 'ilike', 'north')]")
        self._make_rule_as(
            self.manager, "crm.lead", "[('activity_ids', 'any', [('summary', '=', 1)])]"
        )

    def test_the_dry_run_counts_and_names_what_the_caller_may_read(self):
        other = self.env["res.company"].create({"name": "Other"})
        ours = self._make_deal(MONDAY)
        self._make_deal(MONDAY, team_id=False, user_id=False, company_id=other.id)
        self.rule.active = False
        found = self.rule.with_user(self.manager).load_preview()
        self.assertEqual([row["id"] for row in found["rows"]], ours.ids)
        self.assertEqual(found["count"], 1)
        self.assertEqual(self.rule._preview(at(2, 9))["count"], 2)

    def test_reading_all_documents_is_no_level(self):
        colleague = self._make_user("rel_reader", ALL_LEADS)
        deal = self._make_deal()
        self._run(at(2, 13))
        alarm = self._get_alarm(deal)
        for hour in (13, 17):
            self._run(at(2, hour))
            mine = alarm.with_user(colleague)
            self.assertEqual(mine._acknowledge(at(2, hour, 1)), [])
            self.assertEqual(
                mine._snooze(at(2, hour, 1), at(3, 10), "Not now, please"), []
            )
        self.assertEqual(alarm.state, "running")
        self._run(at(3, 15))
        self.assertEqual(self._told(alarm)[-1], (3, 0, ["rel_director"]))
        # not even who administers sales silences the owner
        self.assertEqual(alarm.with_user(self.manager)._acknowledge(at(3, 15, 1)), [])
        self.assertEqual(
            alarm.with_user(self.director)._acknowledge(at(3, 15, 2)), alarm.ids
        )

    def test_who_administers_sales_is_above_the_leader(self):
        deal = self._make_deal()
        for hour in (13, 17):
            self._run(at(2, hour))
        alarm = self._get_alarm(deal)
        self.assertEqual(
            alarm.with_user(self.manager)._acknowledge(at(2, 17, 1)), alarm.ids
        )

    def test_acknowledged_for_no_longer_than_the_rule_allows(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        mine = self._get_alarm(deal).with_user(self.olena)
        for minutes in (241, 10**6, 0, -5):
            with self.subTest(minutes=minutes), self.assertRaises(UserError):
                mine.action_acknowledge(minutes)
        self.assertEqual(mine._acknowledge(at(2, 13, 1), 30), mine.ids)

    def test_acknowledged_once_at_a_level(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        alarm = self._get_alarm(deal)
        mine = alarm.with_user(self.olena)
        mine._acknowledge(at(2, 13, 1))
        with self.assertRaises(UserError):
            mine._acknowledge(at(2, 16, 50))
        self._run(at(2, 17, 1))
        self.assertEqual(self._told(alarm)[-1], (2, 0, ["rel_head"]))
        theirs = alarm.with_user(self.head)
        self.assertEqual(theirs._acknowledge(at(2, 17, 2)), alarm.ids)
        with self.assertRaises(UserError):
            theirs._acknowledge(at(2, 17, 3))
        self._run(at(4, 18))
        self.assertEqual(alarm.state, "exhausted")
        # nobody is left above: saying so again puts nothing off
        boss = alarm.with_user(self.director)
        for hour in (10, 16):
            self._run(at(5, hour))
            self.assertEqual(boss._acknowledge(at(5, hour), 60), alarm.ids)

    def test_many_are_held_by_as_many_queries_as_one(self):
        deals = [self._make_deal() for __ in range(31)]
        self._run(at(2, 13))
        alarms = self.alarms.search([("rule_id", "=", self.rule.id)])
        self.assertEqual(len(alarms), len(deals))
        mine = alarms.with_user(self.olena)
        mine[:1]._acknowledge(at(2, 13, 1), 30)  # warm
        counts = []
        for part in (mine[1:2], mine[2:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(part._acknowledge(at(2, 13, 1), 30), part.ids)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
        self.assertEqual(set(mine.mapped("state")), {"acknowledged"})


@tagged("post_install", "-at_install")
class TestCrmAlarmFirstResponse(AlarmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.env.ref("crm_relations.alarm_rule_first_response")
        cls.first.write({"active": True, "valid_from": False})
        cls.customer = cls._make_customer()

    def _ask(self, key, **values):
        return self._make_interaction(
            key, **{
                "owner_id": self.olena.id, "partner_id": self.customer.id,
                "started_at": MONDAY, **values,
            }
        )  # fmt: skip

    def test_a_missed_call_waits_too(self):
        missed = self._ask("missed", ended_at=MONDAY + MINUTE, outcome="missed")
        spoken = self._ask("spoken", ended_at=MONDAY + MINUTE, outcome="answered")
        self._run(MONDAY + HOUR)
        self.assertTrue(self._get_alarm(missed, self.first))
        self.assertFalse(self._get_alarm(spoken, self.first))

    def test_no_answer_needed_stops_it(self):
        asked = self._ask("asked")
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(asked, self.first)
        self.assertEqual(alarm.state, "running")
        asked._settle(MONDAY + 2 * MINUTE)
        self.assertTrue(asked.settled_at)
        self._run(MONDAY + 3 * MINUTE)
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", "stop"))

    def test_phoning_back_answers_a_letter(self):
        asked = self._ask("letter", channel="email")
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(asked, self.first)
        back = {"direction": "out", "partner_id": self.customer.id}
        self._make_interaction(
            "unreached", outcome="no_answer",
            started_at=MONDAY + timedelta(minutes=2), **back,
        )  # fmt: skip
        self._run(MONDAY + 3 * MINUTE)
        self.assertEqual(alarm.state, "running")
        self._make_interaction(
            "reached", outcome="answered", started_at=MONDAY + 4 * MINUTE, **back
        )
        self._run(MONDAY + 5 * MINUTE)
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", "progress"))
        self.assertEqual(alarm.stopped_at, MONDAY + 4 * MINUTE)

    def test_a_later_call_that_we_answered_answers_a_letter(self):
        asked = self._ask("letter", channel="email")
        self._run(MONDAY + MINUTE)
        self._ask(
            "call", started_at=MONDAY + 5 * MINUTE, answered_at=MONDAY + 6 * MINUTE,
            ended_at=MONDAY + 9 * MINUTE, outcome="answered",
        )  # fmt: skip
        self._run(MONDAY + 10 * MINUTE)
        alarm = self._get_alarm(asked, self.first)
        self.assertEqual(alarm.stop_reason, "progress")
        self.assertEqual(alarm.stopped_at, MONDAY + 6 * MINUTE)
