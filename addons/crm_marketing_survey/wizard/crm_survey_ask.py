from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmSurveyAsk(models.TransientModel):
    """Ask a customer while one speaks with him, and write his answers down."""

    _name = "crm.survey.ask"
    _description = "Ask in a Conversation"

    partner_id = fields.Many2one("res.partner", string="Person", required=True)
    interaction_id = fields.Many2one(
        "crm.interaction", string="Conversation", readonly=True
    )
    survey_choice = fields.Selection(
        "_selection_survey",
        string="Questionnaire",
        required=True,
        default=lambda self: self._default_survey_choice(),
    )

    @api.model
    def _selection_survey(self):
        # sudo: who serves customers may ask them without the right to edit questions
        surveys_sudo = self.env["survey.survey"].sudo()
        return [
            (str(survey.id), survey.title)
            for survey in surveys_sudo.search(
                surveys_sudo._crm_get_askable_domain(self.env.companies)
            )
        ]

    @api.model
    def _default_survey_choice(self):
        """Where there is one only, nobody has to choose."""
        choices = self._selection_survey()
        return choices[0][0] if len(choices) == 1 else False

    @api.model
    def _open(self, partner, interaction, script=None):
        """The questions of the script, else the choice of a questionnaire.

        :raise UserError: when nobody knows whom one speaks with
        """
        if not partner:
            raise UserError(
                self.env._("Say first who the customer is: the answers are his.")
            )
        values = {"partner_id": partner.id, "interaction_id": interaction.id}
        # sudo: what the script asks, for whoever reads the script
        survey_sudo = script.sudo().survey_id if script else None
        if survey_sudo:
            values["survey_choice"] = str(survey_sudo.id)
            return self.create(values).action_ask()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing_survey.crm_survey_ask_action"
        )
        context = {f"default_{name}": value for name, value in values.items()}
        return dict(action, context=context)

    def action_ask(self):
        """Open his questionnaire; the host keeps the answers as his.

        :raise UserError: when it is none that may be asked: the host lets any choice in
        """
        self.ensure_one()
        self.partner_id.check_access("read")
        self.interaction_id.check_access("read")
        # sudo: the outbox is written by the engine alone
        invitation_sudo = (
            self.env["crm.survey.invitation"]
            .sudo()
            ._ask_now(
                self.env["survey.survey"].sudo().browse(int(self.survey_choice)),
                self.partner_id.sudo(),
                self.interaction_id.sudo(),
                fields.Datetime.now(),
            )
        )
        return {
            "type": "ir.actions.act_url",
            "url": invitation_sudo._get_url(),
            "target": "new",
        }
