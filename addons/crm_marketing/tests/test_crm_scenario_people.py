"""Scenarios: what they bring, people who change, trying before the start, whose it is."""

import re
from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged, users

from ..tools.lift import control_part
from .scenario_common import DAY, HOUR, LETTER, START, ScenarioCommon

TODAY = START.date()


@tagged("post_install", "-at_install")
class TestCrmScenarioPeople(ScenarioCommon):
    # ------------------------------------------------------------ goal, control, lift

    def test_control_group_is_the_same_in_sql_and_python_and_gets_nothing(self):
        scenario = self._make_scenario(goal="bought", control_percent=50)
        people = self.env["res.partner"].create(
            [{"name": f"P{n}", "email": f"p{n}@example.com"} for n in range(40)]
        )
        self._due_many(people, TODAY + DAY)
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

    def test_an_invoice_of_what_was_ordered_before_is_no_purchase(self):
        scenario = self._make_scenario(
            LETTER, {**LETTER, "wait_days": 3}, goal="bought"
        )
        self._due(self.vera, TODAY + DAY)
        product = self.env["product.product"].create(
            {"name": "Tyre", "type": "service", "invoice_policy": "order"}
        )
        orders = self.env["sale.order"].create(
            [
                {"partner_id": self.vera.id,
                 "order_line": [Command.create({"product_id": product.id})]}
            ] * 2
        )  # fmt: skip
        before, after = orders
        before.action_confirm()
        before.date_order = START
        self._pass(START + DAY)
        bill = before._create_invoices()
        bill.invoice_date = TODAY + 2 * DAY
        bill.action_post()
        self._pass(START + 2 * DAY)
        self.assertFalse(self._runs_of(scenario).goal_at, "it was bought before")
        after.action_confirm()
        after.date_order = START + 3 * DAY
        self._pass(START + 3 * DAY)
        self.assertEqual(self._runs_of(scenario).goal_at, START + 3 * DAY)

    def test_a_firm_is_on_one_side_and_counts_once(self):
        scenario = self._make_scenario(goal="bought", control_percent=50)
        firms = self.env["res.partner"].create(
            [{"name": f"F{n}", "is_company": True} for n in range(6)]
        )
        clerks = self.env["res.partner"].create(
            [
                {"name": "Clerk", "parent_id": firm.id, "email": f"c{n}@example.com"}
                for firm in firms
                for n in range(3)
            ]
        )
        self._due_many(clerks, TODAY + DAY)
        self._pass(START + DAY)
        runs = self._runs_of(scenario)
        self.assertEqual(len(runs), 18)
        sides = {}
        for run in runs:
            firm = run.partner_id.commercial_partner_id
            self.assertEqual(run.is_control, control_part(scenario.id, firm.id) < 5000)
            sides.setdefault(run.is_control, set()).add(firm)
        groups = scenario._get_groups(START + 60 * DAY)
        self.assertEqual(
            groups, {side: (len(firms), 0) for side, firms in sides.items()}
        )
        # cards of both sides become one customer: he counts on neither
        runs[0].is_control = not runs[0].is_control
        self.env.flush_all()
        groups = scenario._get_groups(START + 60 * DAY)
        self.assertEqual(sum(number for number, _reached in groups.values()), 5)

    def test_a_click_is_noticed_with_pictures_blocked(self):
        questions = [
            {"kind": "check", "question": question, "wait_days": 1}
            for question in ("clicked", "opened")
        ]
        body = '<p>{name}: <a href="https://example.com/tyres">all of them</a></p>'
        own = '<p>{name}: <a href="https://example.com/c/{coupon}">yours</a></p>'
        for text, question in ((body, questions[0]), (own, questions[1])):
            scenario = self._make_scenario({**LETTER, "body": text}, question)
            self._due(self.vera, TODAY + DAY)
            self._pass(START + DAY)
            trace = self._events_of(scenario).trace_id
            letter = self._letters(self.vera)[-1]
            self.assertIn("/crm/consent/", letter.body_html)
            self.assertNotIn("https://example.com", letter.body_html)
            # the letter as the host sends it
            found = re.search(r"/r/(\w+)/m/(\d+)", letter._prepare_outgoing_body())
            self.assertEqual(int(found[2]), trace.id)
            self.env["link.tracker.click"].sudo().add_click(
                found[1], ip="10.0.0.1", mailing_trace_id=trace.id
            )
            self.assertTrue(trace.links_click_datetime)
            self._pass(START + 2 * DAY)
            self.assertEqual(self._events_of(scenario)[-1].answer, "yes")
            scenario.action_stop()
            self.env["crm.customer.asset"].search([]).active = False

    def test_nobody_hears_more_after_the_goal_even_when_it_was_put_off(self):
        self.service.limit_ids = [
            Command.clear(), Command.create({"max_count": 1, "days": 3})
        ]  # fmt: skip
        scenario = self._make_scenario(goal="bought", late_days=9)
        self._due(self.vera, TODAY + DAY, "Golf")
        self._due(self.vera, TODAY + DAY, "Polo")
        self._pass(START + DAY)
        self._make_invoice(TODAY + 2 * DAY, 100, partner=self.vera)
        self._pass(START + 6 * DAY)
        self.assertEqual(len(self._letters(self.vera)), 1)
        self.assertEqual(
            [row[2:] for row in self._told(scenario)],
            [("sent", ""), ("skipped", "goal")],
        )
        self.assertEqual(self._runs_of(scenario).mapped("state"), ["done", "goal"])

    def test_what_a_stopped_one_brought_is_still_measured(self):
        scenario = self._make_scenario(goal="bought")
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        scenario.action_stop()
        self._make_invoice(TODAY + 3 * DAY, 100, partner=self.vera)
        self._pass(START + 5 * DAY)
        self.assertTrue(self._runs_of(scenario).goal_at)

    def test_the_question_is_about_the_letter_before_it(self):
        question = {"kind": "check", "question": "opened", "wait_days": 1}
        scenario = self._make_scenario(LETTER, question, LETTER, question)
        self._due(self.vera, TODAY + DAY)
        at = START + DAY
        self._pass(at)
        self._events_of(scenario).trace_id.open_datetime = at
        for days in (1, 2):
            self._pass(at + days * DAY)
        answers = [event.answer for event in self._events_of(scenario) if event.answer]
        self.assertEqual(answers, ["yes", "no"], "the second letter was not opened")

    # ------------------------------------------------------------ what else is said

    def test_a_coupon_is_told_by_the_recipe_and_not_by_the_host(self):
        program = self.env["loyalty.program"].create(
            {"name": "Coupons", "program_type": "coupons",
             "communication_plan_ids": [Command.create({
                 "trigger": "create", "mail_template_id": self.env.ref(
                     "loyalty.mail_template_loyalty_card").id})]}
        )  # fmt: skip
        scenario = self._make_scenario(
            {"kind": "coupon", "program_id": program.id},
            purpose_id=self.marketing.id,  # she has not agreed to that
        )
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        self.assertEqual(self._told(scenario), [("Vera", "coupon", "sent", "")])
        mails = self.env["mail.mail"].sudo().search([("model", "=", "loyalty.card")])
        self.assertFalse(
            mails.filtered(lambda mail: mail.res_id in program.coupon_ids.ids)
        )

    def test_a_deal_is_a_task_and_no_letter_to_the_salesperson(self):
        scenario = self._make_scenario(
            {"kind": "deal", "text": "Offer {name} tyres", "deadline_days": 3}
        )
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        lead = self.env["crm.lead"].browse(self._events_of(scenario).res_id)
        self.assertEqual((lead.user_id, lead.partner_id), (self.olena, self.vera))
        self.assertEqual(lead.activity_ids.user_id, self.olena)
        self.assertEqual(lead.activity_ids.date_deadline, TODAY + 4 * DAY)
        self.assertFalse(self._letters(self.olena.partner_id))

    def test_without_an_adapter_messengers_are_left_out_and_the_recipe_says_so(self):
        self.vera.crm_preferred_channel_id = self._channel("telegram")
        scenario = self._make_scenario({**LETTER, "kind": "message"})
        self.assertIn("No messenger is connected", scenario.step_ids.ways_note)
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        self.assertEqual(self._events_of(scenario).way, "email")

    def test_a_messenger_where_its_adapter_is(self):
        """What an adapter adds: an address, and how it is said."""
        said = []
        events = type(self.events)
        events._act_messenger = lambda events, now: said.extend(
            events.partner_id.mapped("name")
        )
        self.addCleanup(delattr, events, "_act_messenger")
        has_address = type(self.vera)._crm_has_address
        self.patch(
            type(self.vera), "_crm_has_address",
            lambda partner, way: way == "messenger" or has_address(partner, way),
        )  # fmt: skip
        self.vera.crm_preferred_channel_id = self._channel("telegram")
        scenario = self._make_scenario({**LETTER, "kind": "message"})
        self.assertIn("Messenger", scenario.step_ids.ways_note)
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        self.assertEqual((self._events_of(scenario).way, said), ("messenger", ["Vera"]))

    # ------------------------------------------------------------ who starts

    def test_a_segment_that_is_filled_later_starts_nobody_of_before(self):
        segment = self._make_segment(name="Never filled", refresh=False)
        scenario = self._make_scenario(trigger="segment_in", segment_id=segment.id)
        self._pass(START)
        segment._refresh(START + HOUR)
        self._pass(START + 2 * HOUR)
        self.assertFalse(self._runs_of(scenario), "they were in it before the start")

    def test_first_purchase_of_an_old_draft(self):
        scenario = self._make_scenario(trigger="first_purchase")
        bill = self._make_invoice(TODAY + 2 * DAY, 100, partner=self.vera)
        self.env.cr.execute(
            "UPDATE account_move SET create_date = %s WHERE id = %s",
            [START - 30 * DAY, bill.id],
        )
        self._metric(self.vera, today=TODAY + 2 * DAY)
        self._pass(START + 2 * DAY)
        self.assertEqual(self._runs_of(scenario).mapped("state"), ["done"])

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

    def _count_queries(self, number, *steps):
        """Statements of a pass in which so many people come to these steps."""
        self.env["crm.customer.asset"].search([]).active = False
        scenario = self._make_scenario(*steps)
        people = self.env["res.partner"].create(
            [
                {"name": f"P{n}", "email": f"p{n}@example.com", "phone": f"+38067{n:07}",
                 "crm_birthday": "1990-03-03"}
                for n in range(number)
            ]
        )  # fmt: skip
        self._due_many(people, TODAY + DAY)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._pass(START + DAY)
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        events = self._events_of(scenario)
        self.assertEqual(
            (len(events), set(events.mapped("state"))), (number * len(steps), {"sent"})
        )
        scenario.action_stop()
        return queries

    def test_queries_do_not_grow_with_people(self):
        """Of a hundred more steps; what is left of a deal is the host's own."""
        self.service.limit_ids = [Command.clear()]
        program = self.env["loyalty.program"].create(
            {"name": "Coupons", "program_type": "coupons"}
        )
        words = {"text": "{name} {thing} {date} {coupon}"}
        letter = {**LETTER, "body": "<p>{thing} {coupon}</p>"}
        for most, steps in (
            (
                5,
                [
                    {"kind": "coupon", "program_id": program.id},
                    letter,
                    {**letter, "kind": "message"},
                    {"kind": "check", "question": "opened"},
                    {"kind": "call", **words},
                    {"kind": "task", **words},
                    *([{"kind": "sms", **words}] if "sms.sms" in self.env else []),
                ],
            ),
            (320, [{"kind": "deal", **words}]),
        ):
            self._count_queries(1, *steps)  # warm
            few, many = (self._count_queries(n, *steps) for n in (2, 7))
            grown = (many - few) / (5 * len(steps)) * 100
            self.assertLessEqual(grown, most, steps[0]["kind"])
