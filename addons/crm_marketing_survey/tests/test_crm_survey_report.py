"""Comparison with intervals, words of answers, voice to the product, scenario's step."""

import itertools
from hashlib import md5

from odoo.exceptions import AccessError
from odoo.tests import tagged, users

from odoo.addons.crm_marketing.tests.scenario_common import DAY, START
from odoo.addons.crm_marketing.tools.survey_score import nps

from .. import _end_steps
from .survey_common import SurveyCommon


@tagged("post_install", "-at_install")
class TestCrmSurveyReport(SurveyCommon):
    def _compare(self, dimension):
        """{name: (answers, score, low, high)}"""
        self.env.flush_all()
        rows = self.env["crm.survey.comparison"].search(
            [("survey_id", "=", self.survey.id), ("dimension", "=", dimension)]
        )
        return {
            row.name: (
                row.number,
                round(row.score, 3),
                round(row.low, 1),
                round(row.high, 1),
            )
            for row in rows
        }

    def _expect(self, *numbers):
        score = nps(*numbers)
        return (
            score.number,
            round(score.value, 3),
            round(score.low, 1),
            round(score.high, 1),
        )

    def test_segments_side_by_side_with_their_intervals(self):
        odesa = self._make_segment(name="Odesa", domain="[('city', '=', 'Odesa')]")
        self._make_segment(
            name="Lviv", domain=f"[('id', 'in', {(self.petya | self.firm).ids})]"
        )
        self.assertEqual(odesa.size, 1)
        for partner, mark in ((self.vera, 10), (self.petya, 3), (self.clerk, 9)):
            self._answer(partner, mark)
        found = self._compare("segment")
        self.assertEqual(found["Odesa"], self._expect(1, 0, 1))
        self.assertEqual(found["Lviv"], self._expect(1, 1, 2), "Firm by its clerk")
        self.assertEqual(self._compare("all"), {False: self._expect(2, 1, 3)})
        self.assertEqual(self._compare("user")["Olena"], self._expect(1, 0, 1))
        self.assertEqual(self._compare("team")["North"], self._expect(1, 0, 1))

    def test_the_segment_he_was_in_when_he_answered(self):
        segment = self._make_segment(name="Odesa", domain="[('city', '=', 'Odesa')]")
        self._answer(self.vera, 10)
        members = self.env["crm.segment.member"].search(
            [("segment_id", "=", segment.id)]
        )
        self.assertEqual(members.partner_id, self.vera)
        answered_at = self.scores.search(
            [("partner_id", "=", self.vera.id)]
        ).answered_at
        self.assertEqual(self._compare("segment")["Odesa"], self._expect(1, 0, 1))
        self.env.cr.execute(
            "UPDATE crm_segment_member SET entered_at = %s, left_at = %s WHERE id = %s",
            [answered_at - DAY, answered_at + DAY, members.id],
        )
        self.assertFalse(self._compare("segment"), "he left it since")
        then = self._compare("segment_then")
        self.assertEqual(then["Odesa"], self._expect(1, 0, 1))
        self.env.cr.execute(
            "UPDATE crm_segment_member SET left_at = NULL, entered_at = %s WHERE id = %s",
            [answered_at + DAY, members.id],
        )
        self.assertEqual(self._compare("segment")["Odesa"], self._expect(1, 0, 1))
        self.assertFalse(self._compare("segment_then"), "he came later")

    def test_no_interval_is_a_point_or_beyond_the_scale(self):
        self.nps.write({"crm_measure": "ces", "scale_min": 1, "scale_max": 5})
        for partner in (self.vera, self.petya):
            self._answer(partner, 4)
        self.assertEqual(self._compare("all"), {False: (2, 4, 1, 5)})
        self.assertIn("CES 4.0 (1.0 to 5.0), 2 answers", self.survey.crm_result)

    def test_one_query_however_many_rows(self):
        for number in range(8):
            partner = self._make_customer(f"C{number}", user_id=self.olena.id)
            self._answer(partner, number)
        self.env.flush_all()
        self.env.invalidate_all()
        comparison = self.env["crm.survey.comparison"].with_user(self.marketer)
        comparison.search([]).mapped("text")
        self.env.invalidate_all()
        with self.assertQueryCount(3):
            rows = comparison.search_fetch(
                [("survey_id", "=", self.survey.id)], ["score"]
            )
            rows.mapped("text")

    @users("rel_olena")
    def test_a_salesperson_compares_nothing(self):
        with self.assertRaises(AccessError):
            self.env["crm.survey.comparison"].search([])

    def test_words_by_stem_open_their_answers(self):
        texts = (
            "Зимові шини закінчилися",
            "Немає зимових шин мого розміру",
            "Зимняя резина была, но эти шины дорогие",
            "Winter tyres were sold out",
            "No winter tyre of my size",
        )
        for number, text in enumerate(texts):
            self._answer(
                self._make_customer(f"C{number}"), 3 if number < 2 else 9, text
            )
        self.env.flush_all()
        words = self.env["crm.survey.word"].with_user(self.marketer)
        rows = words.search([("survey_id", "=", self.survey.id)])
        found = {(row.language, row.stem): (row.people, row.low_people) for row in rows}
        self.assertEqual(
            found,
            {
                ("uk", "зимов"): (2, 2),
                ("uk", "шин"): (2, 2),
                ("en", "winter"): (2, 0),
                ("en", "tyre"): (2, 0),
            },
        )
        row = rows.filtered(lambda row: row.stem == "шин")
        action = row.action_open_lines()
        lines = self.env["survey.user_input.line"].search(action["domain"])
        self.assertEqual(sorted(lines.mapped("value_text_box")), sorted(texts[:2]))

    def test_no_two_words_have_one_number(self):
        """Some seven figures of a hash are equal among thousands of words."""
        seen, pair = {}, None
        for letters in itertools.product("bcdfghkmnprtvz", repeat=6):
            word = "".join(letters)
            key = md5(f"{self.words.id}:en:{word}".encode()).hexdigest()[:7]
            if key in seen:
                pair = (seen[key], word)
                break
            seen[key] = word
        for number in range(2):
            self._answer(self._make_customer(f"C{number}"), 9, " ".join(pair))
        self.env.flush_all()
        rows = self.env["crm.survey.word"].search([("survey_id", "=", self.survey.id)])
        self.assertEqual(len(set(rows.ids)), 2)
        self.assertEqual(set(rows.mapped("name")), set(pair))

    def test_a_complaint_goes_to_the_owner_of_the_product(self):
        self.product.product_tmpl_id.crm_owner_id = self.ivan
        self.survey.crm_product_id = self.product
        self.words.crm_heard_as = "mark"
        answer = self._answer(self.vera, 2, "Winter tyres are sold out")
        answer.sudo()._crm_listen()
        voice = self.env["crm.voice"].search([("partner_id", "=", self.vera.id)])
        self.assertEqual(len(voice), 1)
        self.assertEqual((voice.kind, voice.owner_id), ("complaint", self.ivan))
        self.assertEqual(voice.activity_ids.user_id, self.ivan)
        opened = voice.with_user(self.ivan).action_open_source()
        self.assertEqual(opened["res_model"], "res.partner", "he may read no surveys")
        opened = voice.with_user(self.marketer).action_open_source()
        self.assertEqual(opened["res_id"], answer.id)
        self._answer(self.petya, 8, "More colours")
        wish = self.env["crm.voice"].search([("partner_id", "=", self.petya.id)])
        self.assertEqual(wish.kind, "wish")
        self._answer(self.clerk, 10, "Thank you")
        praise = self.env["crm.voice"].search([("partner_id", "=", self.clerk.id)])
        self.assertEqual(praise.kind, "praise")
        self.assertFalse(praise.activity_ids, "nothing to do")

    def test_a_step_of_a_scenario_asks_once(self):
        scenario = self._make_scenario({"kind": "survey", "survey_id": self.survey.id})
        self._due(self.vera, START.date() + DAY)
        self._pass(START + DAY)
        self.assertEqual(self._told(scenario), [("Vera", "survey", "sent", "")])
        self.assertEqual(self._invitation(self.vera).state, "pending")
        self._send(START + DAY)
        self.assertEqual(self._invitation(self.vera).state, "sent")

    def test_without_the_module_no_scenario_stumbles_over_its_step(self):
        scenario = self._make_scenario({"kind": "survey", "survey_id": self.survey.id})
        self.env.flush_all()
        _end_steps(self.env)
        self.assertEqual((scenario.state, scenario.step_ids.kind), ("stopped", "task"))
        after = self._make_scenario({"kind": "task", "text": "Ask"}, trigger="talk")
        self.env.flush_all()
        _end_steps(self.env)
        self.assertEqual((after.state, after.trigger), ("stopped", "birthday"))

    def test_points_for_an_answer(self):
        program = self.env["loyalty.program"].create(
            {"name": "Points", "program_type": "loyalty", "crm_survey_points": 5}
        )
        self.env["loyalty.program"].search(
            [("program_type", "=", "loyalty"), ("id", "!=", program.id)]
        ).active = False
        answer = self._answer(self.vera, 9)
        answer.sudo()._crm_listen()
        card = self.env["loyalty.card"].search([("partner_id", "=", self.vera.id)])
        self.assertEqual((card.program_id, card.points), (program, 5))

        self._answer_over_again(answer)
        self.assertEqual(card.points, 5)

    def _answer_over_again(self, answer):
        """By the host's *Retry*, with other marks and words."""
        counted = [("survey_id", "=", self.survey.id)]
        found = self.scores.search(counted)
        self.words.crm_heard_as = "wish"
        for mark in (0, 1):
            again = self.survey._create_answer(partner=answer.partner_id)
            again._save_lines(self.nps, str(mark))
            again._save_lines(self.words, "Once more")
            again._mark_done()
            self.assertEqual(again.state, "done", "the host keeps it")
        self.assertEqual(self.scores.search(counted), found)
        contacts = self.env["crm.interaction"].search(
            [("partner_id", "=", self.vera.id), ("channel_id.code", "=", "form")]
        )
        self.assertEqual(len(contacts), 1)
        self.assertFalse(self.env["crm.voice"].search([("words", "=", "Once more")]))
        called = [("summary", "=", self.survey.title), ("res_id", "=", self.vera.id)]
        self.assertFalse(self.env["mail.activity"].search(called))

    def test_who_answered_by_himself_is_asked_no_more_and_counts_once(self):
        answer = self._answer(self.vera, 9)
        self._invite(self._make_segment())
        self._send()
        self.assertFalse(self._letters(self.vera))
        self._answer_over_again(answer)
        # who was invited and came by the open link instead
        other = self.survey._create_answer(partner=self.petya)
        other._save_lines(self.nps, "2")
        other._mark_done()
        row = self._invitation(self.petya)
        self.assertEqual((row.state, row.input_id), ("answered", other))
        counted = [("partner_id", "=", self.petya.id)]
        self.assertEqual(len(self.scores.search(counted)), 1)

    def test_measures_have_names_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        field = self.env.ref(
            "crm_marketing_survey.selection__survey_question__crm_measure__csat"
        )
        field.with_context(lang="uk_UA").name = "Задоволений"
        for model in ("crm.survey.comparison", "crm.survey.score"):
            names = self.env[model].with_context(lang="uk_UA")
            found = dict(names._fields["measure"]._description_selection(names.env))
            self.assertEqual(found["csat"], "Задоволений", model)
