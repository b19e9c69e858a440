"""People who merge or are forgotten; attributes."""

from odoo.tests import tagged

from .survey_common import SurveyCommon


@tagged("post_install", "-at_install")
class TestCrmSurveyPeople(SurveyCommon):
    def test_asked_once_after_two_became_one(self):
        twin = self._make_customer("Vera again", email="vera2@example.com")
        self.invitations.create(
            [
                {"survey_id": self.survey.id, "partner_id": partner.id,
                 "company_id": self.company.id}
                for partner in (self.vera, twin)
            ]
        )  # fmt: skip
        self._send()
        self._answer(twin, 10)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.vera | twin).ids, self.vera
        )
        rows = self.invitations.search([("survey_id", "=", self.survey.id)])
        self.assertEqual((rows.partner_id, rows.state), (self.vera, "answered"))
        score = self.scores.search([("survey_id", "=", self.survey.id)])
        self.assertEqual((score.partner_id, score.customer_id), (self.vera, self.vera))

    def test_who_is_forgotten_leaves_a_mark_without_words(self):
        self._invite(self._make_segment())
        self._send()
        answer = self._answer(self.vera, 3, "My name is Vera")
        self.vera._erase_interactions()
        score = self.scores.search([("survey_id", "=", self.survey.id)])
        self.assertEqual(len(score), 1)
        self.assertFalse(score.partner_id | score.customer_id)
        self.assertFalse(answer.partner_id or answer.email or answer.nickname)
        texts = answer.user_input_line_ids.mapped("value_text_box")
        self.assertNotIn("Vera", "".join(filter(None, texts)))
        self.assertFalse(self._invitation(self.vera))

    def test_an_answer_becomes_an_attribute(self):
        base = self.env["properties.base.definition"]
        base._get_definition_for_property_field(
            "res.partner", "properties"
        ).properties_definition = [
            {"name": "mark", "string": "Last mark", "type": "integer"},
            {"name": "note", "string": "Note", "type": "char"},
            {"name": "garage", "string": "Has a garage", "type": "boolean"},
            {
                "name": "car",
                "string": "Car",
                "type": "selection",
                "selection": [["a", "Audi"], ["v", "Volvo"]],
            },
            {"name": "cars", "string": "Cars", "type": "char"},
        ]
        self.nps.crm_attribute = "mark"
        self.vera.properties = {"note": "stays"}
        self._answer(self.vera, 8)
        kept = dict(self.vera.properties)
        self.assertEqual((kept["mark"], kept["note"]), (8, "stays"))
        self.env["res.lang"]._activate_lang("uk_UA")
        questions = self.env["survey.question"].create(
            [
                {"title": kind, "question_type": kind, "survey_id": self.survey.id,
                 "suggested_answer_ids": [
                     (0, 0, {"value": name}) for name in ("Volvo", "Audi")]}
                for kind in ("simple_choice", "multiple_choice")
            ]
        )  # fmt: skip
        one, several = questions
        volvo = one.suggested_answer_ids[0]
        volvo.with_context(lang="uk_UA").value = "Вольво"
        several.crm_attribute = "cars"
        for name, expected in (("car", "Volvo"), ("garage", False)):
            self.env.cr.execute(
                "UPDATE survey_question SET crm_attribute = %s WHERE id = %s",
                [name, one.id],
            )
            self.env.invalidate_all()
            answer = self.survey.with_context(lang="uk_UA")._create_answer(
                partner=self.vera
            )
            answer._save_lines(one, str(volvo.id))
            answer._save_lines(several, several.suggested_answer_ids.ids)
            answer._crm_keep_attributes()
            kept = dict(self.vera.properties)
            self.assertEqual(kept.get(name) or False, expected)
            self.assertEqual(kept["cars"], "Volvo, Audi")
        names = dict(several._fields["crm_attribute"]._description_selection(self.env))
        self.assertNotIn("garage", names, "which answer means yes?")
