from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_marketing.tools.survey_score import of_sums

from ..models.crm_survey_score import FEWEST

# {dimension: its name as SQL of a score; segments are joined below}
DIMENSIONS = {
    "all": SQL("NULL::varchar"),
    "month": SQL("to_char(score.answered_at, 'YYYY-MM')"),
    "talker": SQL("talker.name"),
}
# {dimension: only answers that have it}
KNOWN = {
    name: SQL(
        "JOIN crm_survey_score known ON known.id = score.id AND known.%s IS NOT NULL",
        SQL.identifier(f"{name}_id"),
    )
    for name in ("talker", "product")
}
# {dimension: condition on the member's row}: who is in it now, who was when he answered
MEMBERS = {
    "segment": SQL("member.left_at IS NULL"),
    "segment_then": SQL(
        "member.entered_at <= score.answered_at "
        "AND (member.left_at IS NULL OR member.left_at > score.answered_at)"
    ),
}


class CrmSurveyComparison(models.Model):
    """Scores of segments, months, teams, salespeople and products, with intervals.

    The sums come from one statement; score and interval are worked out from them by
    tools/survey_score.py. Whoever may see all counted answers sees it.
    """

    _name = "crm.survey.comparison"
    _description = "Comparison of Scores"
    _auto = False
    _order = "survey_id, question_id, dimension, name"
    _rec_name = "name"
    _depends = {
        "crm.survey.score": ["value", "points"],
        "crm.segment": ["name"],
    }

    survey_id = fields.Many2one("survey.survey", string="Questionnaire", readonly=True)
    question_id = fields.Many2one("survey.question", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    measure = fields.Selection(
        lambda self: self.env["survey.question"]._selection_crm_measure(),
        readonly=True,
    )
    dimension = fields.Selection(
        [
            ("all", "Everybody"),
            ("segment", "Segment, as it is now"),
            ("segment_then", "Segment, when he answered"),
            ("month", "Month"),
            ("team", "Sales team"),
            ("user", "Salesperson"),
            ("talker", "Who spoke with him"),
            ("product", "Product"),
        ],
        string="Compared by",
        readonly=True,
    )
    name = fields.Char(string="Group", readonly=True)
    segment_id = fields.Many2one("crm.segment", readonly=True)
    number = fields.Integer(string="Answers", readonly=True, aggregator=None)
    plus = fields.Integer(readonly=True, export_string_translation=False)
    minus = fields.Integer(readonly=True, export_string_translation=False)
    total = fields.Float(readonly=True, export_string_translation=False)
    squares = fields.Float(readonly=True, export_string_translation=False)
    score = fields.Float(readonly=True, digits=(16, 1), aggregator=None)
    score_place = fields.Float(
        string="Interval", related="score", help="The score between From and To."
    )
    low = fields.Float(
        string="From", compute="_compute_interval", digits=(16, 1), aggregator=None
    )
    high = fields.Float(
        string="To", compute="_compute_interval", digits=(16, 1), aggregator=None
    )
    is_few = fields.Boolean(
        string="Few", compute="_compute_interval", help="Too few answers to rely on."
    )
    text = fields.Char(string="Score and interval", compute="_compute_interval")

    @api.depends("measure", "number", "plus", "minus", "total", "squares")
    def _compute_interval(self):
        scores = self.env["crm.survey.score"]
        for row in self:
            sums = row.number, row.plus, row.minus, row.total, row.squares
            score = of_sums(row.measure, *sums, scale=row._get_scale())
            row.is_few = bool(score and score.is_few)
            row.text = scores._describe(row.measure, score)
            row.low = score.low if score else 0
            row.high = score.high if score else 0

    def _get_scale(self):
        """The ends of the scale, where the score is a mean of marks."""
        if self.measure != "ces":
            return ()
        # sudo: whoever compares need not edit questions
        return self.question_id.sudo()._crm_get_scale()

    @property
    def _table_query(self):
        lang = self.env.lang or "en_US"
        names = {
            **DIMENSIONS,
            "user": SQL(
                "COALESCE(seller.name, %s)", self.env._("without a salesperson")
            ),
            "team": SQL(
                "COALESCE(team.name->>%s, team.name->>'en_US', %s)",
                lang,
                self.env._("without a team"),
            ),
            "product": SQL(
                "COALESCE(template.name->>%s, template.name->>'en_US')", lang
            ),
        }
        branches = [
            self._select(
                dimension, name, SQL("NULL::int4"), KNOWN.get(dimension, SQL())
            )
            for dimension, name in names.items()
        ]
        label = SQL("COALESCE(segment.name->>%s, segment.name->>'en_US')", lang)
        for dimension, was_member in MEMBERS.items():
            join = SQL(
                # whole companies by their people's answers
                "JOIN crm_segment_member member ON %s "
                "AND member.partner_id IN (score.partner_id, score.customer_id) "
                "JOIN crm_segment segment ON segment.id = member.segment_id "
                "AND segment.company_id = score.company_id AND segment.active",
                was_member,
            )
            branches.append(self._select(dimension, label, SQL("segment.id"), join))
        return SQL(
            "SELECT row_number() OVER (ORDER BY survey_id, question_id, dimension, name, "
            "segment_id) AS id, rows.* FROM (%s) AS rows",
            SQL(" UNION ALL ").join(branches),
        )

    def _select(self, dimension, name, segment, join):
        return SQL(
            """
            SELECT survey_id, question_id, company_id, measure, dimension, name,
                   segment_id, count(*)::int4 AS number, sum(is_plus)::int4 AS plus,
                   sum(is_minus)::int4 AS minus, sum(value) AS total,
                   sum(square) AS squares, avg(points) AS score
              FROM (
                SELECT DISTINCT ON (score.id, %(segment)s) score.survey_id,
                       score.question_id, score.company_id, score.measure,
                       %(dimension)s::varchar AS dimension, %(name)s AS name,
                       %(segment)s AS segment_id, score.is_plus, score.is_minus,
                       score.value, score.square, score.points, score.is_staff
                  FROM crm_survey_score score
                  %(join)s
                  LEFT JOIN crm_team team ON team.id = score.team_id
                  LEFT JOIN res_users account ON account.id = score.user_id
                  LEFT JOIN res_partner seller ON seller.id = account.partner_id
                  LEFT JOIN res_users talk ON talk.id = score.talker_id
                  LEFT JOIN res_partner talker ON talker.id = talk.partner_id
                  LEFT JOIN product_product product ON product.id = score.product_id
                  LEFT JOIN product_template template
                    ON template.id = product.product_tmpl_id
              ) AS one
             GROUP BY survey_id, question_id, company_id, measure, dimension, name,
                   segment_id
            HAVING NOT bool_or(is_staff) OR count(*) >= %(fewest)s
            """,
            fewest=FEWEST,
            dimension=dimension,
            name=name,
            segment=segment,
            join=join,
        )
