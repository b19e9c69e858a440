"""Scenarios: what they bring, people who change, trying before the start, whose it is."""

from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from ..tools.lift import control_part
from .scenario_common import DAY, LETTER, START, ScenarioCommon

TODAY = START.date()


@tagged("post_install", "-at_install")
class TestCrmScenarioPeople(ScenarioCommon):
    # ------------------------------------------------------------ goal, control, lift

    def test_control_group_is_the_same_in_sql_and_python_and_gets_nothing(self):
        scenario = self._make_scenario(goal="bought", control_percent=50)
        people = self.env["res.partner"].create(
            [{"name": f"P{n}", "email": f"p{n}@example.com"} for n in range(40)]
        )
        for partner in people:
            self._due(partner, TODAY + DAY)
        self._pass(START + DAY)
        runs = self._runs_of(scenario)
        self.assertEqual(len(runs), 40)
        for run in runs:
            part = control_part(scenario.id, run.partner_id.id)
            self.assertEqual(run.is_control, part < 5000)
            self.assertEqual(run.state, "control" if run.is_control else "done")
            self.assertEqual(len(self._letters(run.partner_id)), not run.is_control)
        buyers = runs.filtered(lambda run: not run.is_control)[:6].partner_id
        for buyer in buyers:
            self._make_invoice(TODAY + 5 * DAY, 100, partner=buyer)
        self._pass(START + 8 * DAY)
        self.assertEqual(runs.filtered("goal_at").partner_id, buyers)
        groups = scenario._get_groups(START + 60 * DAY)
        control = len(runs.filtered("is_control"))
        self.assertEqual(groups, {True: (control, 0), False: (40 - control, 6)})
        self.assertIn("points", scenario.lift_text)

    def test_who_reached_the_goal_is_left_in_peace(self):
        scenario = self._make_scenario(
            LETTER, {**LETTER, "wait_days": 3}, goal="bought"
        )
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        self._make_invoice(TODAY + 2 * DAY, 100, partner=self.vera)
        self._pass(START + 5 * DAY)
        self.assertEqual(self._runs_of(scenario).state, "goal")
        self.assertEqual(len(self._letters(self.vera)), 1)

    # ------------------------------------------------------------ people who change

    def test_two_who_become_one_are_told_once(self):
        scenario = self._make_scenario(trigger="birthday", start=START)
        twin = self.env["res.partner"].create(
            {"name": "Vera again", "email": "vera2@example.com"}
        )
        (self.vera | twin).write({"crm_birthday": "03.03"})
        self._pass(START)
        self.assertEqual(len(self._runs_of(scenario)), 2)
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (self.vera | twin).ids, self.vera
        )
        self._pass(START + DAY)
        self.assertEqual(
            sorted(self._runs_of(scenario, self.vera).mapped("state")), ["done", "gone"]
        )
        self.assertEqual(len(self._letters(self.vera)), 1)

    def test_whoever_is_forgotten_gets_nothing_and_stays_in_the_sums(self):
        scenario = self._make_scenario()
        self.vera.crm_birthday = "1988-02-29"
        self._due(self.vera, TODAY + DAY)
        self._pass(datetime(2026, 3, 3, 7))
        self.vera._erase_interactions()
        self.assertFalse(self.vera.crm_birthday)
        self._pass(START + DAY)
        run = self._runs_of(scenario)
        self.assertEqual((run.state, run.res_id), ("gone", 0))
        self.assertFalse(self._letters(self.vera))

    # ------------------------------------------------------------ before it starts

    @users("rel_marketer")
    def test_to_oneself_and_on_one_person(self):
        scenario = self._scenario_with_question(start=None).with_env(self.env)
        scenario.action_send_to_me()
        me = self.env.user.partner_id
        letters = self._letters(me)
        self.assertEqual(len(letters), 2)
        self.assertIn("[Test] Step 1", letters[0].subject)
        attempt = self.env["crm.scenario.try"].create(
            {"scenario_id": scenario.id, "partner_id": self.vera.id, "answer": "no"}
        )
        self.assertEqual(attempt.trace.count("<li>"), 3)
        attempt.answer = "yes"
        self.assertEqual(attempt.trace.count("<li>"), 2)
        self.assertIn("E-mail", attempt.trace)
        self.assertFalse(self._letters(self.vera))
        self.assertFalse(self._runs_of(scenario))

    # ------------------------------------------------------------ whose it is

    def test_rights(self):
        scenario = self._make_scenario().with_user(self.marketer)
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        self.assertEqual(scenario.step_ids.done_count, 1)
        run = self._runs_of(scenario).with_user(self.marketer)
        with self.assertRaises(AccessError):
            run.state = "new"
        with self.assertRaises(AccessError):
            self._events_of(scenario).with_user(self.marketer).state = "pending"
        for user in self.olena | self.accountant:
            with self.assertRaises(AccessError):
                scenario.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                scenario.with_user(user).action_stop()
        with self.assertRaises(UserError):
            self._events_of(scenario).planned_at = START
        with self.assertRaises(UserError):
            scenario.unlink()

    def test_other_companies_have_their_own(self):
        other = self.env["res.company"].create({"name": "Other"})
        scenario = self._make_scenario(company_id=other.id)
        self._due(self.vera, TODAY + DAY)  # a car of the first company
        self._pass(START + DAY)
        self.assertFalse(self._runs_of(scenario))
        with self.assertRaises(AccessError):
            scenario.with_user(self.marketer).read(["name"])

    def test_queries_do_not_grow_with_people(self):
        def count(number, name):
            self.env["crm.customer.asset"].search([]).active = False
            scenario = self._make_scenario(name=name)
            people = self.env["res.partner"].create(
                [{"name": f"{name}{n}", "email": f"{name}{n}@example.com"}
                 for n in range(number)]
            )  # fmt: skip
            for partner in people:
                self._due(partner, TODAY + DAY)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._pass(START + DAY)
            self.assertEqual(len(self._told(scenario)), number)
            scenario.action_stop()
            return self.env.cr.sql_log_count - before

        count(2, "warm")
        few, many = count(2, "few"), count(22, "many")
        self.assertLess((many - few) / 20, 3.5, f"2 people: {few}, 22 people: {many}")
