from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .crm_survey_invitation import ONCE

TALKS = ("call", "chat", "messenger", "meeting")  # kinds of channels
LONGEST = 24  # hours: a conversation is over by then


class CrmScenario(models.Model):
    _inherit = "crm.scenario"

    talk_channel_id = fields.Many2one(
        "crm.channel",
        string="Through",
        ondelete="restrict",
        domain=[("kind", "in", TALKS)],
        help="Empty: calls, chats, messengers and meetings.",
    )

    @api.model
    def _selection_trigger(self):
        kinds = super()._selection_trigger()
        return [*kinds, ("talk", self.env._("A conversation is over"))]

    def _source_talk(self, look):
        """A person spoke with one of us, and it has ended."""
        channels = self.env["crm.channel"].search([("kind", "in", TALKS)])
        return SQL(
            """
            SELECT talk.partner_id, 'talk:' || talk.id, NULL::date, talk.ended_at,
                   'crm.interaction', talk.id
              FROM crm_interaction talk
             WHERE talk.company_id = %(company)s AND talk.channel_id = ANY(%(channels)s)
               AND talk.started_at BETWEEN %(begun)s AND %(now)s
               AND talk.ended_at BETWEEN %(since)s AND %(now)s
               AND talk.answered_at IS NOT NULL AND talk.user_id IS NOT NULL
               AND talk.is_automatic IS NOT TRUE AND talk.partner_id IS NOT NULL
            """,
            company=self.company_id._origin.id,
            channels=(self.talk_channel_id or channels).ids,
            begun=look.since - timedelta(hours=LONGEST),
            since=look.since,
            now=look.now,
        )

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
        help="The person is invited when consent and the limit of the purpose “Your "
        "opinion” allow it: once, or each time if the questionnaire says so.",
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
            step._check_survey()
        return super()._check_words()

    @api.constrains("survey_id")
    def _check_survey(self):
        """Consent, letters and results are the company's that asks its customers."""
        for step in self:
            # sudo: whose it is, for whoever may not see it
            step.sudo().survey_id._crm_check_customers(step.scenario_id.company_id)


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
                survey.sudo()._crm_check_customers(company)
                invitations_sudo._put_out(
                    survey.sudo(),
                    asked._get_invited(survey.sudo()),
                    self.env["crm.segment"],
                    now,
                    company,
                )

    def _get_invited(self, survey):
        """SELECT of (person, occasion, conversation) for the outbox."""
        runs = self.run_id
        return SQL(
            "SELECT * FROM unnest(%s::int4[], %s::varchar[], %s::int4[])",
            [run.partner_id.id for run in runs],
            [f"scenario:{run.id}" if survey.crm_is_repeated else ONCE for run in runs],
            [
                run.res_id if run.res_model == "crm.interaction" else None
                for run in runs
            ],
        )
