"""A questionnaire in a few words; no demo data."""

from odoo.fields import Command

from odoo.addons.crm_marketing.tests.scenario_common import START, ScenarioCommon

MARKETER = (
    "base.group_user,mass_mailing.group_mass_mailing_user,survey.group_survey_user"
)


class SurveyCommon(ScenarioCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer.group_ids += cls.env.ref("survey.group_survey_user")
        cls.invitations = cls.env["crm.survey.invitation"]
        cls.scores = cls.env["crm.survey.score"]
        cls.petya.email = "petya@example.com"
        cls.survey = cls._make_survey()
        cls.nps = cls.survey.question_ids[0]
        cls.words = cls.survey.question_ids[1]

    @classmethod
    def _make_survey(cls, title="How was the service?", **values):
        return cls.env["survey.survey"].create(
            {
                "title": title,
                "user_id": cls.marketer.id,
                "crm_company_id": cls.company.id,
                "question_and_page_ids": [
                    Command.create(
                        {"title": "Would you recommend us?", "question_type": "scale",
                         "crm_measure": "nps", "sequence": 1}
                    ),
                    Command.create(
                        {"title": "What could be better?", "question_type": "text_box",
                         "sequence": 2}
                    ),
                ],
                **values,
            }
        )  # fmt: skip

    def _invite(self, *segments, survey=None, user=None):
        form = (
            self.env["crm.survey.invite"]
            .with_user(user or self.marketer)
            .create(
                {
                    "survey_id": (survey or self.survey).id,
                    "segment_ids": [Command.set([part.id for part in segments])],
                }
            )
        )
        counts = form.count, form.new_count
        form.action_invite()
        return counts

    def _send(self, now=START):
        return self.invitations._send_due(now)

    def _invitation(self, partner, survey=None):
        return self.invitations.search(
            [
                ("partner_id", "=", partner.id),
                ("survey_id", "=", (survey or self.survey).id),
            ]
        )

    def _answer_as_colleague(self, user, mark, words="", survey=None):
        """By the link in his letter, logged in as himself."""
        ticket = self._invitation(user.partner_id, survey).sudo().ticket
        env = self.env(user=user, context={}, su=True)  # as a browser asks
        answer = env["crm.survey.invitation"]._use_ticket(survey.with_env(env), ticket)
        answer._mark_in_progress()
        answer._save_lines(survey.question_ids[0], str(mark))
        if words:
            answer._save_lines(survey.question_ids[1], words)
        answer._mark_done()
        return answer

    def _answer(self, partner, mark, words="", survey=None, at=START):
        """Answered on the public page, by whoever holds the link."""
        survey = survey or self.survey
        invitation = self._invitation(partner, survey)
        answer = invitation.input_id or self.env["survey.user_input"].create(
            {"survey_id": survey.id, "partner_id": partner.id}
        )
        answer._save_lines(survey.question_ids[0], str(mark))
        if words:
            answer._save_lines(survey.question_ids[1], words)
        public = answer.with_user(self.env.ref("base.public_user")).sudo()
        public._mark_done()
        return answer
