from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_marketing.tools.survey_score import of_sums

from .crm_survey_score import FEWEST


class SurveySurvey(models.Model):
    """A questionnaire for customers or for our own people."""

    _inherit = "survey.survey"

    crm_company_id = fields.Many2one(
        "res.company",
        string="Company",
        default=lambda self: self.env.company,
        help="Whose customers are asked: consent, letters and results are this company's.",
    )
    crm_audience = fields.Selection(
        [("customer", "Customers"), ("staff", "Our own people, without names")],
        string="Asks",
        required=True,
        default="customer",
        help="Our own people's answers are never joined with their names, and are shown "
        "when there are at least five new ones. Cannot be changed once people were asked.",
    )
    crm_product_id = fields.Many2one(
        "product.product",
        string="About",
        help="The product or service that the answers are about.",
    )
    crm_alerts = fields.Boolean(
        string="Tell of bad answers",
        default=True,
        help="The customer's salesperson gets a task when a counted answer is bad.",
    )
    crm_is_repeated = fields.Boolean(
        string="Asked again on each occasion",
        help="After each conversation, or each time a scenario comes to it; how often at "
        "most says the purpose “Your opinion”. Otherwise a person is asked once.",
    )
    crm_way = fields.Selection(
        [
            ("best", "E-mail or SMS, as suits the person"),
            ("email", "E-mail only"),
            ("sms", "SMS only"),
        ],
        string="Invited by",
        required=True,
        default="best",
        help="Whoever has his own best channel is asked by it; our own people by e-mail.",
    )
    crm_text = fields.Char(
        string="SMS",
        translate=True,
        help="{name}, {company} and {link} are put in for each person.",
    )
    crm_subject = fields.Char(
        string="Subject",
        translate=True,
        help="Of the invitation. {name} and {company} are put in for each person.",
    )
    crm_letter = fields.Html(
        string="Invitation",
        translate=True,
        help="{name} and {company} are put in for each person; the button is added.",
    )
    crm_quota_ids = fields.One2many("crm.survey.quota", "survey_id", string="Quotas")
    crm_invitation_ids = fields.One2many("crm.survey.invitation", "survey_id")
    crm_invited_count = fields.Integer(compute="_compute_crm_invited_count")
    crm_result = fields.Text(string="Result", compute="_compute_crm_result")

    def _init_column(self, column_name):
        """Questionnaires that were there before belong to all companies, as they did."""
        if column_name == "crm_company_id":
            return None
        return super()._init_column(column_name)

    def _compute_crm_invited_count(self):
        counts = dict(
            self.env["crm.survey.invitation"]._read_group(
                [
                    ("survey_id", "in", self.ids),
                    # not who came by an open link
                    *("|", ("state", "!=", "answered"), ("way", "!=", False)),
                ],
                ["survey_id"],
                ["__count"],
            )
        )
        for survey in self:
            survey.crm_invited_count = counts.get(survey, 0)

    def _compute_crm_result(self):
        """``NPS 40 (12 to 68), 25 answers``: a line for each counted question."""
        rows = self.env["crm.survey.score"]._read_group(
            [("survey_id", "in", self.ids)],
            ["survey_id", "question_id", "measure"],
            ["__count", "is_plus:sum", "is_minus:sum", "value:sum", "square:sum"],
        )
        texts = {}
        for survey, question, measure, *sums in rows:
            if survey.crm_audience == "staff" and sums[0] < FEWEST:
                continue
            # sudo: the title and scale, for whoever sees the result
            score = of_sums(measure, *sums, scale=question.sudo()._crm_get_scale())
            line = self.env["crm.survey.score"]._describe(measure, score)
            texts.setdefault(survey, []).append(f"{question.title}: {line}")
        for survey in self:
            survey.crm_result = "\n".join(texts.get(survey, ()))

    def _crm_get_company(self):
        self.ensure_one()
        return self.crm_company_id or self.user_id.company_id or self.env.company

    @api.model
    def _crm_get_askable_domain(self, companies):
        """Questionnaires that customers of the companies may be asked while one speaks."""
        return [
            ("active", "=", True),
            ("crm_audience", "=", "customer"),
            ("crm_company_id", "in", [*companies.ids, False]),
            ("survey_type", "!=", "live_session"),
            ("question_and_page_ids.is_page", "=", False),
        ]

    def _crm_check_customers(self, company):
        """:raise UserError: unless it asks customers of this company"""
        for survey in self:
            if survey.crm_audience != "customer":
                raise UserError(
                    self.env._(
                        "“%(survey)s” asks our own people, no customers.",
                        survey=survey.title,
                    )
                )
            if survey.crm_company_id - company:
                raise UserError(
                    self.env._(
                        "“%(survey)s” is a questionnaire of another company.",
                        survey=survey.title,
                    )
                )

    def _crm_check_askable(self, company):
        """:raise UserError: unless a customer of this company may be asked it now"""
        self._crm_check_customers(company)
        for survey in self:
            is_live = survey.survey_type == "live_session"
            if not survey.active or is_live or not survey.question_ids:
                raise UserError(
                    self.env._(
                        "“%(survey)s” is closed: ask another questionnaire.",
                        survey=survey.title,
                    )
                )

    @api.model
    def _crm_start_nps(self):
        """A ready questionnaire of two questions, open for changes."""
        survey = self.create(
            {
                "title": self.env._("Would you recommend us?"),
                "questions_layout": "one_page",
                "access_mode": "token",  # nobody answers as often as he likes
                "lang_ids": [fields.Command.clear()],  # whatever language he reads
                "question_and_page_ids": [
                    fields.Command.create(
                        {
                            "title": self.env._(
                                "How likely are you to recommend us to a friend?"
                            ),
                            "question_type": "scale",
                            "crm_measure": "nps",
                            "constr_mandatory": True,
                            "scale_min_label": self.env._("Not at all"),
                            "scale_max_label": self.env._("Certainly"),
                            "sequence": 1,
                        }
                    ),
                    fields.Command.create(
                        {
                            "title": self.env._("What should we do better?"),
                            "question_type": "text_box",
                            "crm_heard_as": "mark",
                            "sequence": 2,
                        }
                    ),
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": survey.id,
            "views": [(False, "form")],
        }

    def action_crm_invite(self):
        """Choose whom to ask."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing_survey.crm_survey_invite_action"
        )
        return dict(action, context={"default_survey_id": self.id})

    def action_crm_open_invitations(self):
        """Who was asked and what came of it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing_survey.crm_survey_invitation_action"
        )
        return dict(action, domain=[("survey_id", "=", self.id)], context={})

    def action_crm_open_scores(self):
        """The counted answers."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing_survey.crm_survey_score_action"
        )
        return dict(action, domain=[("survey_id", "=", self.id)], context={})
