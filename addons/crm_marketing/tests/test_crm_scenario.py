"""Scenarios: who starts, when, what is said, what is not and why."""

from datetime import date, datetime, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .scenario_common import DAY, HOUR, LETTER, START, ScenarioCommon

TODAY = START.date()


@tagged("post_install", "-at_install")
class TestCrmScenario(ScenarioCommon):
    # ------------------------------------------------------------ who starts

    def test_service_is_due_and_it_is_told_once(self):
        scenario = self._make_scenario(offset_days=-14)
        self._due(self.vera, TODAY + 15 * DAY)
        self._pass(START)
        run = self._runs_of(scenario)
        self.assertEqual(
            (run.partner_id, run.state, run.next_at),
            # tomorrow, at ten by her own clock
            (self.vera, "waiting", datetime(2026, 3, 3, 8)),
        )
        self._pass(datetime(2026, 3, 3, 8, 1))
        self._pass(datetime(2026, 3, 3, 8, 2))
        letters = self._letters(self.vera)
        self.assertEqual(len(letters), 1)
        self.assertEqual(letters.subject, "Vera, it is time")
        self.assertIn("Golf", letters.body_html)
        self.assertIn("/crm/consent/", letters.body_html)
        self.assertEqual(self._told(scenario), [("Vera", "mail", "sent", "")])
        self.assertEqual(run.state, "done")
        contact = self.env["crm.interaction"].search(
            [("partner_id", "=", self.vera.id), ("purpose_id", "=", self.service.id)]
        )
        self.assertEqual(
            (contact.direction, contact.channel_id.code), ("out", "mailing")
        )

    def test_switching_on_does_not_fire_the_past(self):
        car = self._due(self.vera, TODAY)  # ten o'clock was two hours ago
        scenario = self._make_scenario()
        self._due(self.petya, TODAY - 3 * DAY)
        self._pass(START)
        self.assertEqual(self._runs_of(scenario).mapped("state"), ["past"])
        self.assertFalse(self._told(scenario))
        # a new date of the same thing is a new occurrence
        car.next_service_date = TODAY + DAY
        self._pass(START + DAY)
        self.assertEqual(self._runs_of(scenario).mapped("state"), ["past", "done"])

    def test_preview_counts_the_past_and_sends_nothing(self):
        scenario = self._make_scenario(start=None)
        self._due(self.vera, TODAY - 3 * DAY)
        self._due(self.petya, TODAY - 40 * DAY)
        self.assertEqual(scenario._count_past(START), 1)
        self.assertFalse(self._runs_of(scenario))

    def test_whom_the_preview_counts_may_be_started_with_it(self):
        scenario = self._make_scenario(start=None)
        self._due(self.vera, TODAY - 20 * DAY)
        self._due(self.petya, TODAY - 40 * DAY)
        self.assertEqual(scenario._count_past(START), 1)
        scenario._start_with_past(START)
        self._pass(START)
        self.assertEqual(self._told(scenario), [("Vera", "mail", "sent", "")])
        self._pass(START + DAY)
        self.assertEqual(len(self._letters(self.vera)), 1)
        self.assertFalse(self._letters(self.petya))

    def test_starting_the_counted_leaves_a_segment_as_it_is(self):
        """Its members serve others too: it is never looked at as of a month ago."""
        segment = self._make_segment(name="Odesa", refresh=False)
        segment.domain = repr([*self.mine, ("city", "=", "Odesa")])
        segment._refresh(START - 40 * DAY)
        self.petya.write({"city": "Odesa", "email": "petya@example.com"})
        segment._refresh(START - DAY)
        scenario = self._make_scenario(
            trigger="segment_in", segment_id=segment.id, start=None
        )
        self.assertEqual(scenario._count_past(START), 1)
        self.firm.city = "Odesa"  # not noticed yet, so not counted
        scenario._start_with_past(START)
        members = self.env["crm.segment.member"].search(
            [("segment_id", "=", segment.id)]
        )
        entered = {row.partner_id: row.entered_at for row in members}
        self.assertEqual(
            (entered[self.petya], entered[self.firm]), (START - DAY, START)
        )
        self.assertFalse(members.filtered("left_at"))
        segment._refresh(START + HOUR)
        self._pass(START + 2 * HOUR)
        self.assertEqual(self._runs_of(scenario).partner_id, self.petya)
        self.assertEqual(len(self._letters(self.petya)), 1)

    def test_birthday_of_29_february_in_her_own_morning(self):
        self.vera.crm_birthday = "29.02"
        self.assertEqual(self.vera.crm_birthday, "--02-29")
        self.petya.crm_birthday = "1990-03-05"
        start = datetime(2026, 2, 26, 12)
        scenario = self._make_scenario(trigger="birthday", start=start, hour=9.5)
        self._pass(start + 2 * DAY)
        run = self._runs_of(scenario)
        self.assertEqual(run.partner_id, self.vera)
        self.assertEqual(run.occurred_on, date(2026, 2, 28))
        # the pass of noon comes after 9:30 there: said at once, once a year
        self.assertEqual(run.state, "done")
        self._pass(start + 3 * DAY)
        self.assertEqual(len(self._runs_of(scenario)), 1)
        with self.assertRaises(ValidationError):
            self.vera.crm_birthday = "31.02"

    def test_rhythm_first_purchase_and_members(self):
        silent = self._make_scenario(trigger="silent", intervals=1.5, name="Silent")
        for month in (10, 11, 12):
            self._make_invoice(date(2025, month, 1), 100, partner=self.vera)
        metric = self._metric(self.vera, today=TODAY)
        self.assertEqual(metric.interval_days, 30.5)
        # 1 December and one and a half of her intervals: over since January
        self._pass(START)
        self.assertFalse(self._runs_of(silent))
        later = self._make_scenario(
            trigger="silent", intervals=3, name="Later", start=START
        )
        # gaps of 31 and 30 days: nine of ten do not exceed 30.9
        due = date(2025, 12, 1) + timedelta(days=93 + 1)  # 5 March
        self._pass(datetime(2026, 3, 5, 12))
        run = self._runs_of(later)
        self.assertEqual((run.partner_id, run.occurred_on), (self.vera, due))

    def test_entering_and_leaving_a_segment(self):
        segment = self._make_segment(name="Odesa", now=START - DAY)
        segment.domain = repr([*self.mine, ("city", "=", "Odesa")])
        segment._refresh(START - HOUR)
        enter = self._make_scenario(trigger="segment_in", segment_id=segment.id)
        leave = self._make_scenario(trigger="segment_out", segment_id=segment.id)
        self._pass(START)
        self.assertFalse(self._runs_of(enter) | self._runs_of(leave))
        self.petya.write({"city": "Odesa", "email": "petya@example.com"})
        self.vera.city = "Kyiv"
        segment._refresh(START + HOUR)
        self._pass(START + 2 * HOUR)
        self.assertEqual(self._runs_of(enter).partner_id, self.petya)
        self.assertEqual(self._runs_of(leave).partner_id, self.vera)

    def test_every_trigger_can_be_asked(self):
        segment = self._make_segment()
        for kind, _label in self.env["crm.scenario"]._selection_trigger():
            scenario = self._make_scenario(
                trigger=kind, segment_id=segment.id, audience_id=segment.id, name=kind
            )
            scenario._start_people(START + DAY)
            self.assertGreaterEqual(scenario.preview_count, 0)

    def test_price_falls_after_she_looked(self):
        scenario = self._make_scenario(trigger="price_drop", drop_percent=10)
        self._make_interaction(
            "view", "site", partner_id=self.vera.id, touch_kind="view",
            product_id=self.product.id, started_at=START - DAY, is_automatic=True,
        )  # fmt: skip
        template = self.product.product_tmpl_id
        template.list_price = 95
        template.list_price = 80
        falls = self.env["crm.product.price.drop"].search(
            [("product_tmpl_id", "=", template.id)]
        )
        self.assertEqual(len(falls), 2)
        falls.at = START + HOUR
        self._pass(START + 2 * HOUR)
        self.assertEqual(self._runs_of(scenario).partner_id, self.vera)
        scenario.action_stop()
        template.list_price = 50
        self.assertEqual(len(falls.search([("product_tmpl_id", "=", template.id)])), 2)

    def test_only_members_of_the_audience(self):
        segment = self._make_segment(name="Odesa", refresh=False)
        segment.domain = repr([*self.mine, ("city", "=", "Odesa")])
        segment._refresh(START)
        scenario = self._make_scenario(audience_id=segment.id)
        self._due(self.vera, TODAY + DAY)
        self._due(self.petya, TODAY + DAY)
        self._pass(START)
        self.assertEqual(self._runs_of(scenario).partner_id, self.vera)

    # ------------------------------------------------------------ the recipe

    def test_who_opened_ends_and_who_did_not_is_called(self):
        scenario = self._scenario_with_question()
        self.petya.write({"email": "petya@example.com", "phone": "+380671112233"})
        self._due(self.vera, TODAY + DAY)
        self._due(self.petya, TODAY + DAY)
        at = datetime(2026, 3, 3, 8)
        self._pass(at)
        event = self._events_of(scenario).filtered(
            lambda row: row.partner_id == self.vera
        )
        event.trace_id.open_datetime = at + HOUR
        self._pass(at + 2 * DAY)
        self.assertEqual(
            {
                (e.partner_id.name, e.answer)
                for e in self._events_of(scenario)
                if e.answer
            },
            {("Vera", "yes"), ("Petya", "no")},
        )
        self.assertEqual(self._runs_of(scenario, self.vera).state, "done")
        self._pass(at + 2 * DAY + HOUR)
        tasks = self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", self.petya.id)]
        )
        self.assertIn("Ask Petya about the", tasks.note)
        self.assertEqual(tasks.user_id, scenario.user_id)
        steps = scenario.step_ids.sorted()
        self.assertEqual(steps.mapped("entered_count"), [2, 2, 1])
        self.assertEqual(steps.mapped("done_count"), [2, 2, 1])

    def test_ways_lead_only_forward_and_copies_keep_them(self):
        scenario = self._scenario_with_question(start=None)
        letter, question, call = scenario.step_ids.sorted()
        with self.assertRaises(ValidationError):
            question.write({"yes_to": "step", "yes_step_id": letter.id})
        question.write({"no_to": "step", "no_step_id": call.id})
        copy = scenario.copy()
        self.assertEqual(len(copy.step_ids), 3)
        self.assertEqual(
            copy.step_ids.sorted()[1].no_step_id, copy.step_ids.sorted()[2]
        )

    def test_a_running_recipe_stands_still(self):
        scenario = self._make_scenario()
        with self.assertRaises(UserError):
            scenario.step_ids.subject = "Other"
        with self.assertRaises(UserError):
            scenario.trigger = "birthday"
        with self.assertRaises(UserError):
            scenario.write({"step_ids": [Command.clear()]})
        scenario.action_stop()
        scenario.step_ids.subject = "Other"

    def test_empty_letters_do_not_start(self):
        with self.assertRaises(UserError):
            self._make_scenario({"kind": "mail", "subject": "Hello"})
        with self.assertRaises(UserError):
            self._make_scenario({"kind": "message", "subject": "A", "body": "<p>B</p>"})

    # ------------------------------------------------------------ what is not said

    def test_whoever_may_not_be_written_to_is_counted_with_the_reason(self):
        scenario = self._make_scenario(purpose_id=self.marketing.id)
        self.petya.email = "petya@example.com"
        for partner in self.vera | self.petya | self.clerk:
            self._due(partner, TODAY + DAY)
        self.env["crm.consent"].create(
            {"partner_id": self.vera.id, "state": "given", "at": START - DAY,
             "purpose_id": self.marketing.id}
        )  # fmt: skip
        self._pass(START + DAY)
        self.assertEqual(
            set(self._told(scenario)),
            {
                ("Vera", "mail", "sent", ""),
                ("Petya", "mail", "skipped", "no_consent"),
                ("Clerk", "mail", "skipped", "no_address"),
            },
        )
        self.assertEqual(len(self._letters(self.petya)), 0)
        step = scenario.step_ids
        self.assertEqual((step.done_count, step.skipped_count), (1, 2))
        self.assertIn("never agreed: 1", step.skipped_note)

    def test_frequency_puts_off_and_then_gives_up(self):
        self.service.limit_ids = [
            Command.clear(), Command.create({"max_count": 1, "days": 3})
        ]  # fmt: skip
        scenario = self._make_scenario(late_days=4)
        self._due(self.vera, TODAY + DAY, "Golf")
        self._due(self.vera, TODAY + DAY, "Polo")
        self._due(self.vera, TODAY + DAY, "Passat")
        at = datetime(2026, 3, 3, 8)
        self._pass(at)
        # the first was said in this very pass: the second knows it
        self.assertEqual(len(self._letters(self.vera)), 1)
        waiting = self._events_of(scenario).filtered(lambda e: e.state == "pending")
        self.assertEqual(set(waiting.mapped("retry_at")), {at + 3 * DAY})
        self._pass(at + 3 * DAY)
        self.assertEqual(len(self._letters(self.vera)), 2)
        self._pass(at + 6 * DAY)
        self.assertEqual(len(self._letters(self.vera)), 2)
        self.assertEqual(
            [row[2:] for row in self._told(scenario)],
            [("sent", ""), ("sent", "frequency"), ("skipped", "frequency")],
        )

    def test_nobody_is_called_at_night(self):
        scenario = self._make_scenario({"kind": "call", "text": "Call"}, hour=23)
        self._due(self.vera, TODAY + DAY)
        self._pass(datetime(2026, 3, 3, 21, 30))
        event = self._events_of(scenario)
        self.assertEqual(
            (event.state, event.reason, event.retry_at),
            ("pending", "quiet_hours", datetime(2026, 3, 4, 7)),
        )
        self._pass(datetime(2026, 3, 4, 7))
        self.assertEqual(event.state, "sent")

    def test_best_channel_then_whatever_reaches(self):
        step = {**LETTER, "kind": "message"}
        scenario = self._make_scenario(step)
        self.vera.crm_preferred_channel_id = self._channel("call")
        self.petya.write({"email": "petya@example.com", "phone": "+380671112233"})
        self.petya.crm_preferred_channel_id = self._channel("email")
        self.env["crm.consent"].create(
            {"partner_id": self.petya.id, "kind": "email", "state": "refused"}
        )
        for partner in self.vera | self.petya:
            self._due(partner, TODAY + DAY)
        self._pass(START + DAY)
        ways = {e.partner_id.name: e.way for e in self._events_of(scenario)}
        self.assertEqual(ways["Vera"], "call")
        self.assertEqual(ways["Petya"], "sms" if "sms.sms" in self.env else "call")

    def test_a_coupon_and_the_letter_that_tells_its_code(self):
        program = self.env["loyalty.program"].create(
            {"name": "Coupons", "program_type": "coupons"}
        )
        scenario = self._make_scenario(
            {"kind": "coupon", "program_id": program.id},
            {**LETTER, "body": "<p>Your code {coupon}</p>"},
        )
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        card = self.env["loyalty.card"].search([("program_id", "=", program.id)])
        self.assertEqual(card.partner_id, self.vera)
        self.assertIn(card.code, self._letters(self.vera).body_html)
        self.assertEqual(len(self._events_of(scenario)), 2)

    def test_opening_fills_in_the_same_row_of_the_ledger(self):
        scenario = self._make_scenario()
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        trace = self._events_of(scenario).trace_id
        trace.set_sent()
        trace.set_opened()
        self.env.cr.precommit.run()
        row = self.env["crm.interaction"].search(
            [("external_key", "=", f"mailing:{trace.id}")]
        )
        self.assertEqual((len(row), bool(row.opened_at)), (1, True))
        self.assertEqual(row.purpose_id, self.service)

    def test_stop_stops_at_once(self):
        scenario = self._scenario_with_question()
        self._due(self.vera, TODAY + DAY)
        self._due(self.petya, TODAY + DAY)  # no address: on to the question
        self._pass(datetime(2026, 3, 3, 7))
        self.runs._go_on_due(START + DAY)
        self.assertEqual(
            self._events_of(scenario).mapped("state"), ["pending", "pending"]
        )
        scenario.with_user(self.marketer).action_stop()
        self._pass(START + 10 * DAY)
        self.assertEqual(set(self._events_of(scenario).mapped("reason")), {"stopped"})
        self.assertEqual(set(self._runs_of(scenario).mapped("state")), {"stopped"})
        self.assertFalse(self._letters(self.vera))
        # started again: what was stopped does not come again
        scenario._start_from(START + 10 * DAY)
        self._pass(START + 10 * DAY)
        self.assertEqual(len(self._runs_of(scenario)), 2)

    def test_one_that_fails_does_not_hold_up_the_others(self):
        scenario = self._make_scenario({"kind": "deal", "text": "Deal of {name}"})
        self._due(self.vera, TODAY + DAY)
        self._due(self.petya, TODAY + DAY)
        create = type(self.env["crm.lead"]).create
        vera = self.vera

        def break_for_vera(leads, vals_list):
            if any(vals.get("partner_id") == vera.id for vals in vals_list):
                raise ValueError("broken")
            return create(leads, vals_list)

        self.patch(type(self.env["crm.lead"]), "create", break_for_vera)
        with self.assertLogs("odoo.addons.crm_relations", "WARNING"):
            self._pass(START + DAY)
        states = {e.partner_id.name: e.state for e in self._events_of(scenario)}
        self.assertEqual(states, {"Vera": "pending", "Petya": "sent"})
        for hours in (1, 3, 9):
            with self.assertLogs("odoo.addons.crm_relations", "WARNING"):
                self._pass(START + DAY + hours * HOUR)
        failed = self._events_of(scenario).filtered(lambda e: e.state == "failed")
        self.assertEqual((failed.partner_id, failed.error), (self.vera, "broken"))
        self.assertEqual(set(self._runs_of(scenario).mapped("state")), {"done"})
