from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmSurveyAsk(models.TransientModel):
    """Ask a customer while one speaks with him, and write his answers down."""

    _name = "crm.survey.ask"
    _description = "Ask in a Conversation"

    partner_id = fields.Many2one("res.partner", string="Person", required=True)
    survey_choice = fields.Selection(
        "_selection_survey", string="Questionnaire", required=True
    )

    @api.model
    def _selection_survey(self):
        # sudo: who serves customers may ask them without the right to edit questions
        surveys_sudo = self.env["survey.survey"].sudo()
        return [
            (str(survey.id), survey.title)
            for survey in surveys_sudo.search(
                [
                    ("crm_audience", "=", "customer"),
                    ("crm_company_id", "in", [*self.env.companies.ids, False]),
                    ("survey_type", "!=", "live_session"),
                    ("question_ids", "!=", False),
                ]
            )
        ]

    def action_ask(self):
        """Open his questionnaire; the host keeps the answers as his."""
        self.ensure_one()
        self.partner_id.check_access("read")
        # sudo: the outbox is written by the engine alone
        survey_sudo = self.env["survey.survey"].sudo().browse(int(self.survey_choice))
        invitations_sudo = self.env["crm.survey.invitation"].sudo()
        invitation = invitations_sudo.search(
            [
                ("survey_id", "=", survey_sudo.id),
                ("partner_id", "=", self.partner_id.id),
            ]
        )
        if invitation.state == "answered":
            raise UserError(
                self.env._(
                    "%(person)s has answered already.", person=self.partner_id.name
                )
            )
        now = fields.Datetime.now()
        if not invitation:
            invitation = invitations_sudo.create(
                {
                    "survey_id": survey_sudo.id,
                    "partner_id": self.partner_id.id,
                    "company_id": survey_sudo._crm_get_company().id,
                    "planned_at": now,
                }
            )
        invitation.write(
            {"state": "sent", "way": "talk", "sent_at": now, "reason": False}
        )
        return {
            "type": "ir.actions.act_url",
            "url": invitation._get_url(),
            "target": "new",
        }
