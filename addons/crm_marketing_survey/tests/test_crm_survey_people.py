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
        ]
        self.nps.crm_attribute = "mark"
        self.vera.properties = {"note": "stays"}
        self._answer(self.vera, 8)
        self.assertEqual(dict(self.vera.properties), {"mark": 8, "note": "stays"})
