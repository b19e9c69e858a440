"""Asked once and by the gate; counted; told; on the card."""

import doctest

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged, users

from odoo.addons.crm_marketing.tests.scenario_common import DAY, HOUR, START
from odoo.addons.crm_marketing.tools.survey_score import nps

from ..tools import quota
from .survey_common import SurveyCommon


@tagged("post_install", "-at_install")
class TestCrmSurvey(SurveyCommon):
    # ------------------------------------------------------------ asking

    def test_a_segment_is_asked_once_by_the_gate(self):
        segment = self._make_segment()
        self.assertEqual(self._invite(segment), (3, 3))
        self.assertEqual(self._invite(segment), (3, 0))
        rows = self.invitations.search([("survey_id", "=", self.survey.id)])
        self.assertEqual(rows.partner_id, self.vera | self.petya | self.firm)
        self.env["crm.consent"].create(
            {"partner_id": self.petya.id, "state": "refused", "kind": "email"}
        )
        self.assertEqual(self._send(), 3)
        self.assertEqual(self._send(), 0)
        told = {
            row.partner_id.name: (row.state, row.reason or "")
            for row in rows.sorted("id")
        }
        self.assertEqual(
            told,
            {
                "Vera": ("sent", ""),
                "Petya": ("skipped", "refused"),
                "Firm": ("skipped", "no_address"),
            },
        )
        letter = self._letters(self.vera)
        self.assertEqual(len(letter), 1)
        self.assertIn("Vera", letter.subject)
        self.assertIn(self._invitation(self.vera).input_id.access_token, letter.body)
        self.assertIn("/crm/consent/", letter.body)
        contact = self.env["crm.interaction"].search(
            [("partner_id", "=", self.vera.id)]
        )
        self.assertEqual(contact.purpose_id.code, "survey", "one, for this purpose")

    def test_nobody_is_asked_for_an_opinion_twice_in_a_month(self):
        segment = self._make_segment()
        self._invite(segment)
        self._send()
        again = self._make_survey("And the tyres?")
        self._invite(segment, survey=again)
        self._send(START + DAY)
        row = self._invitation(self.vera, again)
        self.assertEqual((row.state, row.reason), ("pending", "frequency"))
        self.assertGreater(row.retry_at, START + 29 * DAY)
        self._send(row.retry_at)
        self.assertEqual(row.state, "sent")
        self.assertEqual(len(self._letters(self.vera)), 2)

    def test_by_his_own_best_channel(self):
        """The scenarios' choice: SMS where that suits him or there is no address."""
        if "sms.sms" not in self.env:
            self.skipTest("no SMS here")
        self.vera.write(
            {
                "phone": "+380501112233",
                "crm_preferred_channel_id": self.env["crm.channel"]._id_of_code("sms"),
            }
        )
        self.petya.write({"phone": "+380501112244", "email": False})
        self._invite(self._make_segment())
        self.env["crm.consent"].create(
            {"partner_id": self.petya.id, "state": "refused", "kind": "sms"}
        )
        self._send()
        rows = self.invitations.search([("survey_id", "=", self.survey.id)])
        told = {row.partner_id.name: (row.way or "", row.reason or "") for row in rows}
        self.assertEqual(
            told,
            {"Vera": ("sms", ""), "Petya": ("", "refused"), "Firm": ("", "no_address")},
        )
        self.assertFalse(self._letters(self.vera))
        message = self.env["sms.sms"].search([("partner_id", "=", self.vera.id)])
        self.assertIn(self._invitation(self.vera).input_id.access_token, message.body)
        contact = self.env["crm.interaction"].search(
            [("external_key", "=", f"sms:{message.uuid}")]
        )
        self.assertEqual(
            (contact.partner_id, contact.purpose_id.code), (self.vera, "survey")
        )
        by_mail = self._make_survey("By mail", crm_way="email")
        self._invite(self._make_segment(), survey=by_mail)
        self._send(START + 31 * DAY)
        self.assertEqual(self._invitation(self.vera, by_mail).way, "email")

    def test_asked_again_after_each_conversation(self):
        self.survey.crm_is_repeated = True
        scenario = self._make_scenario(
            {"kind": "survey", "survey_id": self.survey.id}, trigger="talk"
        )

        def call(key, at, **values):
            return self._make_interaction(
                key, partner_id=self.vera.id, user_id=self.olena.id, started_at=at,
                **{"answered_at": at, "ended_at": at, **values},
            )  # fmt: skip

        first = call("first", START + HOUR)
        call("missed", START + HOUR, answered_at=False)
        call("letter", START + HOUR, channel="email")
        call("still", START + HOUR, ended_at=False)
        self._pass(START + 2 * HOUR)
        self.assertEqual(len(self._runs_of(scenario)), 1)
        self._send(START + 2 * HOUR)
        row = self._invitation(self.vera)
        self.assertEqual((row.state, row.interaction_id), ("sent", first))
        answer = self._answer(self.vera, 3)
        self.assertEqual((row.input_id, row.state), (answer, "answered"))
        score = self.scores.search([("input_id", "=", answer.id)])
        self.assertEqual(score.talker_id, self.olena, "who spoke with him")
        call("second", START + 40 * DAY)
        self._pass(START + 40 * DAY + HOUR)
        self._send(START + 40 * DAY + HOUR)
        states = (self._invitation(self.vera)).sorted("id").mapped("state")
        self.assertEqual(states, ["answered", "sent"])

    def test_quota_stops_asking_those_of_whom_there_are_enough(self):
        segment = self._make_segment()
        self.survey.crm_quota_ids = [
            (0, 0, {"segment_id": segment.id, "target": 1}),
        ]
        self._answer(self.petya, 9)
        own = self.survey.crm_quota_ids
        own.invalidate_recordset()
        self.assertEqual((own.answered, own.is_full), (1, True))
        self._invite(segment)
        self._send()
        row = self._invitation(self.vera)
        self.assertEqual((row.state, row.reason), ("skipped", "quota"))
        self.assertFalse(self._letters(self.vera))
        own.target = 5
        row.with_user(self.marketer).action_ask_again()
        self._send()
        self.assertEqual(row.state, "sent")

    def test_no_more_are_asked_than_should_bring_the_answers(self):
        """All answer, one is wanted: one is asked, another when he has not in a week."""
        segment = self._make_segment()
        self.survey.crm_quota_ids = [
            (0, 0, {"segment_id": segment.id, "target": 1, "expected_percent": 100}),
        ]
        self._invite(segment)
        self._send()
        first, second = self._invitation(self.vera), self._invitation(self.petya)
        self.assertEqual(first.state, "sent")
        self.assertEqual((second.state, second.reason), ("pending", "turn"))
        self._send(START + 2 * DAY)
        self.assertEqual(second.state, "pending")
        self._send(START + 8 * DAY)
        self.assertEqual(second.state, "sent")

    def test_places_are_reckoned_as_the_words_say(self):
        result = doctest.testmod(quota)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)

    def test_asked_in_a_conversation(self):
        wizard = (
            self.env["crm.survey.ask"]
            .with_user(self.olena)
            .create({"partner_id": self.vera.id, "survey_choice": str(self.survey.id)})
        )
        action = wizard.action_ask()
        row = self._invitation(self.vera)
        self.assertEqual((row.state, row.way), ("sent", "talk"))
        self.assertIn(row.input_id.access_token, action["url"])
        self._answer(self.vera, 10)
        self.assertEqual(row.state, "answered")
        with self.assertRaises(UserError):
            wizard.action_ask()

    def test_the_script_of_a_deal_opens_its_questions(self):
        lead = self._make_lead(partner_id=self.vera.id, user_id=self.olena.id)
        script = self.env["crm.script"].create(
            {"name": "Stage", "purpose": "stage", "survey_id": self.survey.id,
             "stage_ids": lead.stage_id.ids,
             "step_ids": [(0, 0, {"text": "Good day"})]}
        )  # fmt: skip
        lead = lead.with_user(self.olena)
        guide = lead.load_stage_guide()["script"]
        self.assertEqual(guide["survey"], self.survey.title)
        url = lead.ask_by_script(script.id)["url"]
        self.assertIn(self._invitation(self.vera).input_id.access_token, url)
        script.survey_id = False
        self.assertFalse(lead.load_stage_guide()["script"]["survey"])
        self.assertEqual(lead.ask_by_script(script.id)["res_model"], "crm.survey.ask")
        lead.partner_id = False
        with self.assertRaises(UserError):
            lead.ask_by_script(script.id)

    # ------------------------------------------------------------ counting

    def test_counted_once_with_an_interval(self):
        answers = [
            self._answer(self._make_customer(f"C{n}"), mark)
            for n, mark in enumerate([10, 10, 9, 9, 9, 8, 7, 7, 7, 3])
        ]
        for answer in answers:
            answer.sudo()._crm_listen()
        rows = self.scores.search([("survey_id", "=", self.survey.id)])
        self.assertEqual(len(rows), 10)
        self.assertEqual(sum(rows.mapped("points")) / 10, nps(5, 1, 10).value)
        self.assertEqual(
            self.survey.crm_result,
            "Would you recommend us?: NPS 40 (-7 to 69), 10 answers: few to rely on",
        )
        with self.assertRaises(UserError):
            rows[0].value = 10

    def test_a_trial_is_not_counted(self):
        answer = self.env["survey.user_input"].create(
            {
                "survey_id": self.survey.id,
                "partner_id": self.vera.id,
                "test_entry": True,
            }
        )
        answer._save_lines(self.nps, "1")
        answer._mark_done()
        self.assertFalse(self.scores.search([("survey_id", "=", self.survey.id)]))

    def test_what_is_counted_must_be_a_mark(self):
        with self.assertRaises(ValidationError):
            self.words.crm_measure = "csat"
        with self.assertRaises(ValidationError):
            self.nps.scale_max = 7

    # ------------------------------------------------------------ told

    def test_a_bad_answer_is_told_and_starts_a_scenario(self):
        scenario = self._make_scenario(
            {"kind": "task", "text": "Ask {name}"},
            {"kind": "deal", "text": "Win {name} back"},
            trigger="rating",
            start=START,
        )
        self._answer(self.petya, 9)
        self._answer(self.vera, 2, "Winter tyres were sold out")
        tasks = self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "in", self.everybody.ids),
             ("summary", "=", self.survey.title)]
        )  # fmt: skip
        self.assertEqual((tasks.res_id, tasks.user_id), (self.vera.id, self.olena))
        self.assertIn("Would you recommend us? 2", tasks.note)
        now = self.scores.search([("is_low", "=", True)], limit=1).answered_at
        self._pass(now)
        self.assertEqual(self._runs_of(scenario).partner_id, self.vera)
        self.assertEqual(
            self._told(scenario),
            [("Vera", "task", "sent", ""), ("Vera", "deal", "sent", "")],
        )
        deal = self.env["crm.lead"].search([("partner_id", "=", self.vera.id)])
        self.assertEqual((deal.type, deal.user_id), ("opportunity", self.olena))

    def test_it_is_a_contact_and_stands_on_the_card(self):
        answer = self._answer(self.vera, 9)
        row = self.env["crm.interaction"].search(
            [("external_key", "=", f"survey:{answer.id}")]
        )
        self.assertEqual((row.partner_id, row.direction), (self.vera, "in"))
        self.assertTrue(row.answered_at, "nobody waits for a reply")
        head = self.env["crm.timeline"].with_user(self.olena).load_card(self.vera.id)
        self.assertEqual(head["head"]["nps"]["value"], "9")
        other = self.env["crm.timeline"].with_user(self.olena).load_card(self.petya.id)
        self.assertNotIn("nps", other["head"])

    # ------------------------------------------------------------ rights

    def test_whose_answers(self):
        self._answer(self.vera, 9)
        self.petya.user_id = self.petro
        self._answer(self.petya, 9)
        everything = self.scores.search([("survey_id", "=", self.survey.id)])

        def seen(user):
            return (
                self.scores.with_user(user)
                .search([("id", "in", everything.ids)])
                .partner_id
            )

        self.assertEqual(seen(self.olena), self.vera)
        self.assertEqual(seen(self.head), self.vera, "his team's")
        self.assertEqual(seen(self.petro), self.petya)
        self.assertEqual(seen(self.marketer), self.vera | self.petya)
        with self.assertRaises(AccessError):
            seen(self.accountant)
        self.env.cr.execute(
            "UPDATE crm_survey_score SET company_id = %s WHERE id = ANY(%s)",
            [self.env["res.company"].create({"name": "Other"}).id, everything.ids],
        )
        self.scores.invalidate_model()
        self.assertFalse(seen(self.marketer))

    @users("rel_olena")
    def test_a_salesperson_invites_no_segments(self):
        with self.assertRaises(AccessError):
            self.env["crm.survey.invite"].create({"survey_id": self.survey.id})
        with self.assertRaises(AccessError):
            self.env["crm.survey.invitation"].search([])
