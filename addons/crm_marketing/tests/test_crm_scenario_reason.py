"""What is no longer so, breaks, is stopped or was said often enough is not said."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .scenario_common import DAY, HOUR, LETTER, START, ScenarioCommon

TODAY = START.date()


@tagged("post_install", "-at_install")
class TestCrmScenarioReason(ScenarioCommon):
    # ------------------------------------------------------------ is it still so

    def test_what_is_no_longer_so_is_not_said(self):
        """Nor given to a colleague to do."""
        scenario = self._make_scenario(
            {**LETTER, "body": "<p>{date}</p>"},
            {**LETTER, "wait_days": 2},
            {"kind": "task", "text": "Call"},
        )
        self.petya.email = "petya@example.com"
        done = self._due(self.vera, TODAY + DAY)
        self._due(self.petya, TODAY + DAY)
        self._pass(START + DAY)
        done.next_service_date = TODAY + 366 * DAY
        self._pass(START + 3 * DAY)
        self.assertEqual(len(self._letters(self.vera)), 1)
        self.assertIn("03/03/2026", self._letters(self.vera).body_html)
        self.assertEqual(
            [row for row in self._told(scenario) if row[0] == "Vera"],
            [("Vera", "mail", "sent", ""), ("Vera", "mail", "skipped", "over")],
        )
        self.assertEqual(self._runs_of(scenario, self.vera).state, "over")
        self.assertEqual(self._runs_of(scenario, self.petya).state, "done")

    def test_a_price_that_rose_again_is_no_news(self):
        scenario = self._make_scenario(trigger="price_drop", drop_percent=10)
        self._make_interaction(
            "view", "site", partner_id=self.vera.id, touch_kind="view",
            product_id=self.product.id, started_at=START - DAY, is_automatic=True,
        )  # fmt: skip
        template = self.product.product_tmpl_id
        template.list_price = 80
        falls = self.env["crm.product.price.drop"].search([])
        falls.at = START + HOUR
        template.list_price = 100
        self._pass(START + 2 * HOUR)
        self.assertFalse(self._runs_of(scenario))
        template.list_price = 70
        falls = self.env["crm.product.price.drop"].search([]) - falls
        falls.at = START + 3 * HOUR
        self.env["crm.scenario"]._look_around(START + 3 * HOUR)
        run = self._runs_of(scenario)
        self.assertEqual(len(run), 1)
        self.assertFalse(run._find_over())
        template.list_price = 90
        self.assertEqual(run._find_over(), set(run.ids))

    def test_deals_and_coupons_too_ask_whether_he_is_there_and_it_is_not_too_late(self):
        program = self.env["loyalty.program"].create(
            {"name": "Coupons", "program_type": "coupons"}
        )
        scenario = self._make_scenario(
            {"kind": "deal", "text": "Offer"},
            {"kind": "coupon", "program_id": program.id},
        )
        for partner in self.vera | self.petya:
            self._due(partner, TODAY + DAY)
        self._pass(START + DAY - 3 * HOUR)
        self.petya.active = False
        self.runs._go_on_due(START + DAY)
        self._pass(START + 12 * DAY)
        told = self._told(scenario)
        self.assertEqual(
            set(told),
            {
                ("Vera", "deal", "skipped", "late"),
                ("Vera", "coupon", "sent", ""),
                ("Petya", "deal", "skipped", "gone"),
                ("Petya", "coupon", "skipped", "gone"),
            },
        )
        self.assertEqual(program.coupon_ids.partner_id, self.vera)

    def test_a_deal_for_a_colleague_of_the_company_itself(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.marketer.company_ids += other
        scenario = self._make_scenario({"kind": "deal", "text": "Offer"})
        theirs = self._make_scenario(
            {"kind": "deal", "text": "Offer"}, company_id=other.id
        )
        self._due(self.vera, TODAY + DAY)
        self._due(self.vera, TODAY + DAY, "Polo").company_id = other
        self._pass(START + DAY)
        leads = self.env["crm.lead"]
        for one, user in ((scenario, self.olena), (theirs, self.marketer)):
            event = self._events_of(one)
            self.assertEqual(event.state, "sent", event.error)
            self.assertEqual(leads.browse(event.res_id).user_id, user)

    # ------------------------------------------------------------ one breaks

    def test_one_that_breaks_holds_up_no_other(self):
        broken, whole = self._make_scenario(), self._make_scenario()
        source = type(broken)._source_asset_service

        def break_it(scenario, look):
            if scenario == broken:
                return source(scenario, look)._replace()
            return source(scenario, look)

        self.patch(type(broken), "_source_asset_service", break_it)
        self._due(self.vera, TODAY + DAY)
        with self.assertLogs("odoo.addons.crm_marketing", "ERROR"):
            self._pass(START + DAY)
        self.assertEqual(self._told(whole), [("Vera", "mail", "sent", "")])
        self.assertFalse(self._runs_of(broken))
        self.assertTrue(broken.error)
        self.env["crm.scenario"]._report_health(START + DAY)
        check = self.env["crm.health.check"].search([("code", "=", "scenarios")])
        self.assertEqual(check.problem_count, 1)
        self.patch(type(broken), "_source_asset_service", source)
        self._pass(START + DAY)
        self.assertFalse(broken.error)
        self.assertEqual(self._runs_of(broken).partner_id, self.vera)

    def test_only_the_buttons_start(self):
        """What they check nobody goes round, by no import and no default."""
        values = {"name": "By import", "trigger": "birthday"}
        scenarios = self.env["crm.scenario"].with_user(self.marketer)
        with self.assertRaises(UserError):
            scenarios.create({**values, "state": "running"})
        made = scenarios.with_context(
            default_state="running", default_valid_from=START
        ).create(values)
        self.assertEqual((made.state, made.valid_from), ("draft", False))
        for change in ({"state": "running"}, {"valid_from": START}):
            with self.assertRaises(UserError):
                made.with_context(crm_button=True).write(change)
        made.step_ids = [Command.create(LETTER)]
        made.action_start()
        self.assertEqual(made.state, "running")
        made.action_stop()

    # ------------------------------------------------------------ what has not left

    def test_stop_takes_back_what_has_not_left(self):
        """Letters and SMS in the host's queues, and the contacts that they are not."""
        kinds = [LETTER]
        if "sms.sms" in self.env:
            kinds.append({"kind": "sms", "text": "Hello"})
        scenario = self._make_scenario(*kinds)
        self.petya.email = "petya@example.com"
        for partner in self.vera | self.petya:
            self._due(partner, TODAY + DAY)
        self._pass(START + DAY)
        left = self._letters(self.petya)
        left.state = "sent"
        scenario.with_user(self.marketer).action_stop()
        waiting = self._letters(self.vera)
        self.assertEqual((waiting.state, left.state), ("cancel", "sent"))
        events = self._events_of(scenario)
        self.assertEqual(
            {
                (e.partner_id, e.kind): (e.state, e.reason)
                for e in events
                if e.kind == "mail"
            },
            {
                (self.vera, "mail"): ("skipped", "stopped"),
                (self.petya, "mail"): ("sent", False),
            },
        )
        self.assertEqual(events[0].trace_id.trace_status, "cancel")
        rows = self.env["crm.interaction"].search(
            [("purpose_id", "=", self.service.id), ("direction", "=", "out")]
        )
        self.assertEqual(rows.partner_id, self.petya)
        if "sms.sms" in self.env:
            messages = self.env["sms.sms"].search([("partner_id", "=", self.vera.id)])
            self.assertEqual(messages.mapped("state"), ["canceled"])

    def test_whoever_is_forgotten_has_no_letter_waiting(self):
        scenario = self._make_scenario()
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        self.assertEqual(len(self._letters(self.vera)), 1)
        self.vera._erase_interactions()
        self.assertFalse(self._letters(self.vera))
        self.assertEqual(self._told(scenario), [("Vera", "mail", "skipped", "gone")])

    def test_calls_count_where_frequency_is_limited(self):
        self.service.limit_ids = [
            Command.clear(), Command.create({"max_count": 1, "days": 3})
        ]  # fmt: skip
        scenario = self._make_scenario({"kind": "call", "text": "Call"}, hour=12)
        self._due(self.vera, TODAY + DAY, "Golf")
        self._due(self.vera, TODAY + DAY, "Polo")
        self._pass(START + DAY)
        self.assertEqual(
            [row[2:] for row in self._told(scenario)],
            [("sent", ""), ("pending", "frequency")],
        )

    def test_a_gift_card_is_worth_what_the_step_says(self):
        other = self.env["res.company"].create({"name": "Other"})
        programs = self.env["loyalty.program"].create(
            [{"name": "Gifts", "program_type": "gift_card", "company_id": company.id}
             for company in (self.company, other)]
        )  # fmt: skip
        step = {"kind": "coupon", "coupon_points": 50, "coupon_days": 30}
        scenario = self._make_scenario({**step, "program_id": programs[0].id})
        self._due(self.vera, TODAY + DAY)
        self._pass(START + DAY)
        card = programs[0].coupon_ids
        self.assertEqual((card.partner_id, card.points), (self.vera, 50))
        self.assertEqual(card.expiration_date, TODAY + 31 * DAY)
        self.assertEqual(self._events_of(scenario).state, "sent")
        with self.assertRaises(UserError):
            self._make_scenario({**step, "program_id": programs[1].id})
