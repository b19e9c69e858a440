from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_marketing.tools.survey_score import is_low, points

FEWEST = 5  # answers of our own people are shown from this many on


class CrmSurveyScore(models.Model):
    """One counted answer: append-only, copied from the questionnaire when it is finished."""

    _name = "crm.survey.score"
    _description = "Counted Answer"
    _order = "answered_at DESC, id DESC"
    _rec_name = "survey_id"
    _log_access = False

    input_id = fields.Many2one(
        "survey.user_input",
        string="Answers",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    survey_id = fields.Many2one(
        "survey.survey",
        string="Questionnaire",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    question_id = fields.Many2one(
        "survey.question", required=True, readonly=True, ondelete="cascade"
    )
    measure = fields.Selection(
        lambda self: self.env["survey.question"]._selection_crm_measure(),
        required=True,
        readonly=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Person", readonly=True, ondelete="set null"
    )
    customer_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="set null", index="btree_not_null"
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        readonly=True,
        ondelete="set null",
        help="Whose customer he was when he answered.",
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", readonly=True, ondelete="set null"
    )
    talker_id = fields.Many2one(
        "res.users",
        string="Who spoke with him",
        readonly=True,
        ondelete="set null",
        help="In the conversation that he was asked in, or after.",
    )
    product_id = fields.Many2one("product.product", readonly=True, ondelete="set null")
    is_staff = fields.Boolean(string="Of our own people", readonly=True)
    answered_at = fields.Datetime(string="Answered", required=True, readonly=True)
    value = fields.Float(
        string="Mark", required=True, readonly=True, aggregator="avg", digits=(16, 1)
    )
    points = fields.Float(
        string="Score",
        required=True,
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Its mean is the score: NPS counts 100, 0 and -100, satisfaction 100 and 0, "
        "ease the mark itself.",
    )
    # sums of these are what an interval is worked out from
    is_plus = fields.Integer(string="Promoters or satisfied", readonly=True)
    is_minus = fields.Integer(string="Detractors", readonly=True)
    square = fields.Float(export_string_translation=False, readonly=True)
    is_low = fields.Boolean(string="Bad", readonly=True)

    _input_question_uniq = models.Constraint(
        "UNIQUE(input_id, question_id)", "This answer is counted already."
    )
    # the customer's card: his last answer
    _customer_answered_idx = models.Index(
        "(customer_id, answered_at DESC) WHERE customer_id IS NOT NULL"
    )

    def write(self, vals):
        if vals:
            raise UserError(self.env._("A counted answer cannot be changed."))
        return super().write(vals)

    # ------------------------------------------------------------ counting

    @api.model
    def _count(self, inputs):
        """Rows of finished questionnaires, each answer once; the rows made.

        :param inputs: survey.user_input
        """
        lines = inputs.user_input_line_ids.filtered(
            lambda line: line.question_id.crm_measure and line.answer_type == "scale"
        )
        known = {
            (row.input_id.id, row.question_id.id)
            for row in self.search([("input_id", "in", inputs.ids)])
        }
        return self.create(
            [
                self._prepare(line)
                for line in lines
                if (line.user_input_id.id, line.question_id.id) not in known
            ]
        )

    @api.model
    def _prepare(self, line):
        answer, question = line.user_input_id, line.question_id
        survey, measure = answer.survey_id, question.crm_measure
        is_staff = survey.crm_audience == "staff"
        person = answer.partner_id.browse() if is_staff else answer.partner_id
        user = person.commercial_partner_id.user_id or person.user_id
        scale = (question.scale_min, question.scale_max)
        score = points(measure, line.value_scale, *scale)
        return {
            # our own people's marks lead to nobody, nor to the words beside them
            "input_id": not is_staff and answer.id,
            "survey_id": survey.id,
            "question_id": question.id,
            "measure": measure,
            "company_id": answer._crm_get_company().id,
            "partner_id": person.id,
            "customer_id": person.commercial_partner_id.id,
            "user_id": user.id,
            "team_id": user.sale_team_id.id,
            # sudo: who spoke, whoever counts
            "talker_id": not is_staff and answer.sudo().crm_interaction_id.user_id.id,
            "product_id": survey.crm_product_id.id,
            "is_staff": is_staff,
            "answered_at": answer.end_datetime or fields.Datetime.now(),
            "value": line.value_scale,
            "points": score,
            "is_plus": int(measure != "ces" and score > 0),
            "is_minus": int(score < 0),
            "square": line.value_scale**2,
            "is_low": is_low(measure, line.value_scale, *scale),
        }

    # ------------------------------------------------------------ words

    @api.model
    def _describe(self, measure, score):
        """``NPS 40 (12 to 68), 25 answers``"""
        if score is None:
            return self.env._("no answers yet")
        short = {"nps": "NPS %d", "csat": "CSAT %d %%", "ces": "CES %.1f"}[measure]
        edge = "%.1f" if measure == "ces" else "%d"
        value = short % (score.value if measure == "ces" else round(score.value))
        if score.number == 1 and measure == "ces":
            return self.env._("%(score)s, one answer", score=value)
        bounds = [
            edge % (bound if measure == "ces" else round(bound))
            for bound in (score.low, score.high)
        ]
        text = self.env._(
            "%(score)s (%(low)s to %(high)s), %(count)s answers",
            score=value,
            low=bounds[0],
            high=bounds[1],
            count=score.number,
        )
        if score.is_few:
            text = self.env._("%(text)s: few to rely on", text=text)
        return text

    def action_open_answers(self):
        """All that was answered, with its words."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "survey.user_input",
            "res_id": self.input_id.id,
            "views": [(False, "form")],
        }

    @api.model
    def _select_last(self, customer_id, companies):
        """SQL of one row: the customer's last answer to *would you recommend us*."""
        return SQL(
            """
            SELECT value AS nps_value, answered_at AS nps_at, is_low AS nps_is_low
              FROM (SELECT 1) one
         LEFT JOIN LATERAL (
                SELECT value, answered_at, is_low FROM crm_survey_score
                 WHERE customer_id = %s AND company_id = ANY(%s) AND measure = 'nps'
                 ORDER BY answered_at DESC, id DESC LIMIT 1) last ON TRUE
            """,
            customer_id,
            companies,
        )
