"""The whole way in a real browser: asked, answered, on the card, done, told."""

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_marketing.tests.scenario_common import START

from .survey_common import SurveyCommon


@tagged("post_install", "-at_install")
class TestCrmSurveyTour(SurveyCommon, HttpCase):
    def test_from_the_question_to_the_word_that_it_is_done(self):
        keeper = self._make_user("rel_keeper", "base.group_user")
        for user in (self.marketer, self.olena, keeper):
            user.password = user.login
        self.env["product.product"].create({"name": "Winter tyres"})
        tyres = self.env["product.template"].search([("name", "=", "Winter tyres")])
        tyres.crm_owner_id = keeper
        self._make_segment(
            name="Came this year", domain=f"[('id', '=', {self.vera.id})]"
        )
        self.start_tour(
            "/odoo/action-crm_marketing.crm_segment_action",
            "crm_survey_marketer",
            login=self.marketer.login,
        )
        self.env.invalidate_all()
        self._send(START)
        invitation = self.env["crm.survey.invitation"].search(
            [("partner_id", "=", self.vera.id)]
        )
        self.assertEqual(invitation.state, "sent")
        page = invitation.input_id.get_start_url()
        self.start_tour(page, "crm_survey_customer", login=None)
        self.env.invalidate_all()
        self.assertEqual(invitation.state, "answered")
        self.start_tour(
            f"/odoo/contacts/{self.vera.id}",
            "crm_survey_salesperson",
            login=self.olena.login,
        )
        voice = self.env["crm.voice"].search([("partner_id", "=", self.vera.id)])
        self.assertEqual((voice.kind, voice.owner_id), ("complaint", keeper))
        self.start_tour(
            f"/odoo/crm-voice/{voice.id}", "crm_voice_owner", login=keeper.login
        )
        self.env.invalidate_all()
        self.assertEqual(voice.state, "done")
        letters = self._letters(self.vera)
        self.assertIn("Four sets are in stock now", letters[-1].body)
