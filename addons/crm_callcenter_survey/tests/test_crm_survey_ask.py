"""An agent asks while he speaks, with an agent's rights alone."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.crm_marketing.tests.scenario_common import START
from odoo.addons.crm_marketing_survey.tests.survey_common import SurveyCommon


@tagged("post_install", "-at_install")
class TestCrmSurveyAsk(SurveyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls._make_user(
            "rel_agent", "base.group_user,crm_callcenter.group_callcenter_user"
        )
        cls.call = cls._make_interaction(
            "talk", partner_id=cls.vera.id, user_id=cls.agent.id, answered_at=START
        )

    def test_the_answers_are_the_customers_and_the_conversations(self):
        form = self.env["ir.ui.view"].with_user(self.agent)
        arch = form.env["crm.interaction"].get_view(
            self.env.ref("crm_callcenter.crm_interaction_view_inbox_form").id
        )["arch"]
        self.assertIn("action_crm_ask", arch)
        call = self.call.with_user(self.agent)
        action = call.action_crm_ask()
        wizard = (
            self.env["crm.survey.ask"]
            .with_user(self.agent)
            .with_context(**action["context"])
            .create({"survey_choice": str(self.survey.id)})
        )
        before = self.env["crm.interaction"].search_count([])
        url = wizard.action_ask()["url"]
        row = self._invitation(self.vera)
        self.assertIn(row.input_id.access_token, url)
        answer = self._answer(self.vera, 9)
        self.assertEqual(answer, row.input_id)
        self.assertEqual(answer.crm_interaction_id, self.call)
        self.assertEqual(self.env["crm.interaction"].search_count([]), before)
        score = self.scores.search([("input_id", "=", answer.id)])
        self.assertEqual((score.partner_id, score.talker_id), (self.vera, self.agent))

    def test_not_for_strangers_nor_in_conversations_of_others(self):
        stranger = self._make_interaction("stranger", user_id=self.agent.id)
        with self.assertRaises(UserError):
            stranger.with_user(self.agent).action_crm_ask()
        other = self._make_interaction(
            "other", partner_id=self.vera.id, user_id=self.petro.id
        )
        other.owner_id = self.petro
        with self.assertRaises(AccessError):
            other.with_user(self.agent).action_crm_ask()
        keeper = self._make_user("rel_keeper2", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["crm.survey.ask"].with_user(keeper).create(
                {"partner_id": self.vera.id, "survey_choice": str(self.survey.id)}
            )

    def test_the_script_of_the_queue_names_it(self):
        script = self.env["crm.script"].create(
            {"name": "Service", "purpose": "queue", "queue_key": "service",
             "survey_id": self.survey.id,
             "step_ids": [(0, 0, {"text": "Good day"})]}
        )  # fmt: skip
        call = self.call.with_user(self.agent)
        guide = call.load_queue_guide("service")
        self.assertEqual(guide["script"]["survey"], self.survey.title)
        self.assertIn("url", call.ask_by_script(script.id))
        self.assertEqual(self._invitation(self.vera).interaction_id, self.call)
