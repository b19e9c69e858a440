from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CrmScenario(models.Model):
    _inherit = "crm.scenario"

    def _source_rating(self, look):
        """A bad answer to a questionnaire is a bad rating too."""
        return SQL(
            """
            %s
             UNION ALL
            SELECT score.partner_id, 'answer:' || score.id, NULL::date,
                   score.answered_at, 'survey.user_input', score.input_id
              FROM crm_survey_score score
             WHERE score.is_low AND score.company_id = %s
               AND score.partner_id IS NOT NULL
               AND score.answered_at BETWEEN %s AND %s
            """,
            super()._source_rating(look),
            self.company_id._origin.id,
            look.since,
            look.now,
        )


class CrmScenarioStep(models.Model):
    _inherit = "crm.scenario.step"

    survey_id = fields.Many2one(
        "survey.survey",
        string="Questionnaire",
        ondelete="restrict",
        domain="[('crm_audience', '=', 'customer')]",
        help="The person is invited once, when consent and the limit of the purpose "
        "“Your opinion” allow it.",
    )

    @api.model
    def _selection_kind(self):
        return [*super()._selection_kind(), ("survey", self.env._("Questionnaire"))]

    @api.depends("survey_id")
    def _compute_summary(self):
        result = super()._compute_summary()
        for step in self.filtered(lambda step: step.kind == "survey"):
            # sudo: the title of what is asked, for whoever sees the recipe
            step.summary = f"{step.summary}: {step.sudo().survey_id.title or ''}"
        return result

    def _check_words(self):
        for step in self:
            if step.kind == "survey" and not step.survey_id:
                raise UserError(
                    self.env._("“%(step)s” has no questionnaire.", step=step.summary)
                )
            step._check_survey_company(step.scenario_id.company_id)
        return super()._check_words()

    def _check_survey_company(self, company):
        """Consent, letters and results are the company's that asks."""
        # sudo: whose it is, for whoever may not see it
        for survey_sudo in self.sudo().survey_id:
            if survey_sudo.crm_company_id - company:
                raise UserError(
                    self.env._(
                        "“%(survey)s” is a questionnaire of another company.",
                        survey=survey_sudo.title,
                    )
                )


class CrmScenarioEvent(models.Model):
    _inherit = "crm.scenario.event"

    def _act_survey(self, now):
        """Into the outbox of invitations, which asks the gate of its own."""
        # sudo: the outbox is written by the engine alone
        invitations_sudo = self.env["crm.survey.invitation"].sudo()
        for survey, events in self.grouped(
            lambda event: event.step_id.survey_id
        ).items():
            for company, asked in events.grouped("company_id").items():
                asked.step_id._check_survey_company(company)
                invitations_sudo._invite(
                    survey.sudo(),
                    SQL("SELECT unnest(%s::int[])", asked.partner_id.ids),
                    self.env["crm.segment"],
                    now,
                    company,
                )
