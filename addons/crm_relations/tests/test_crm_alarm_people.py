"""Who sees which alarms, what people may do with them, and the rules that come along."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

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


@tagged("post_install", "-at_install")
class TestShippedRules(AlarmCommon):
    def _choose(self, name):
        rule = self.env.ref(f"crm_relations.alarm_rule_{name}")
        self.assertFalse(rule.active)
        rule.write({"active": True, "valid_from": False})
        return rule

    def test_setup_page_chooses_rules_and_fills_roles(self):
        admin = self._make_user(
            "rel_admin",
            "base.group_user,sales_team.group_sale_manager,base.group_erp_manager",
        )
        rule = self.env.ref("crm_relations.alarm_rule_proposal")
        setup = self.env["crm.alarm.setup"]
        with Form(setup.with_user(admin)) as form:
            form.rule_ids.add(rule)
            form.head_user_ids.add(self.head)
            form.owner_user_ids.add(self.director)
        form.record.action_apply()
        self.assertTrue(rule.active)
        owner = self.env.ref("crm_relations.role_owner")
        self.assertEqual(owner.user_ids, self.director)
        # a manager of sales chooses rules, and roles are not his to fill
        page = setup.with_user(self.manager).create({})
        self.assertFalse(page.may_edit_roles)
        page.rule_ids -= rule
        page.action_apply()
        self.assertFalse(rule.active)
        page.owner_user_ids = self.manager
        with self.assertRaises(AccessError):
            page.action_apply()
        with self.assertRaises(AccessError):
            setup.with_user(self.olena).create({})

    def test_first_response(self):
        rule = self._choose("first_response")
        contact = self._make_interaction(
            "new", owner_id=self.olena.id, team_id=self.north.id, started_at=at(2, 10)
        )
        self._run(at(2, 10, 15), tell=True)
        alarm = self._get_alarm(contact, rule)
        self.assertEqual(self._told(alarm), [(1, 0, ["rel_olena"])])
        contact.answered_at = at(2, 10, 20)
        self._run(at(2, 10, 21))
        self.assertEqual((alarm.state, alarm.waited_seconds), ("stopped", 21 * 60))

    def test_proposal_without_answer(self):
        rule = self._choose("proposal")
        customer = self._make_customer()
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id, "user_id": self.olena.id,
                "team_id": self.north.id,
            }
        )  # fmt: skip
        self._run(MONDAY)
        self.assertFalse(self._get_alarm(order, rule))
        order.action_quotation_sent()
        self.assertTrue(order.crm_sent_at)
        order.crm_sent_at = MONDAY
        self._run(at(3, 14, 59))
        alarm = self._get_alarm(order, rule)
        self.assertEqual(self._told(alarm), [])
        self._run(at(3, 15), tell=True)
        self.assertEqual(self._told(alarm), [(1, 0, ["rel_olena"])])
        self._make_interaction(
            "reply", partner_id=customer.id, started_at=at(3, 16), direction="in"
        )
        self._run(at(3, 16, 1))
        self.assertEqual(alarm.stop_reason, "progress")

    def test_promise_broken_after_its_day(self):
        rule = self._choose("promise")
        promise = self.env["crm.promise"].create(
            {
                "name": "Pay", "partner_id": self._make_customer().id,
                "user_id": self.olena.id, "due_date": "2026-03-03",
            }
        )  # fmt: skip
        self._run(at(3, 18))
        alarm = self._get_alarm(promise, rule)
        self.assertEqual(alarm.started_at, at(4))
        self.assertEqual(alarm.next_fire_at, at(4, 8, 30))
        promise.due_date = "2026-03-10"
        self._run(at(3, 19))
        self.assertEqual(alarm.next_fire_at, at(11, 8, 30))
        promise.action_keep()
        self._run(at(11, 9))
        self.assertEqual((alarm.state, alarm.is_in_time), ("stopped", True))

    def test_overdue_activity_is_its_own_notice(self):
        rule = self._choose("activity")
        deal = self._make_deal(priority="0")
        activity = deal.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.olena.id,
            date_deadline=at(2).date(),
        )  # fmt: skip
        self._run(at(3, 16), tell=True)
        alarm = self._get_alarm(activity, rule)
        self.assertEqual(alarm.activity_id, activity)
        self.assertEqual(deal.activity_ids, activity)
        activity._action_done()
        self._run(at(3, 16, 1))
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", "archived"))

    def test_every_rule_that_comes_along_can_be_looked_at(self):
        rules = self.env["crm.alarm.rule"].search(
            [("active", "=", False), ("id", "!=", self.rule.id)]
        )
        self.assertGreaterEqual(len(rules), 8)
        for rule in rules:
            found = rule._preview(MONDAY)
            self.assertIn("count", found, rule.name)
        known = rules.filtered(lambda rule: rule.model != "survey.user_input")
        self.assertFalse(known.filtered("is_polled").mapped("name"))
