from odoo import api, fields, models
from odoo.tools import SQL


class CrmSurveyQuota(models.Model):
    """How many answers of a segment are enough: then nobody more of it is asked."""

    _name = "crm.survey.quota"
    _description = "Quota of a Questionnaire"
    _order = "survey_id, id"
    _rec_name = "segment_id"

    survey_id = fields.Many2one(
        "survey.survey", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="segment_id.company_id", store=True)
    segment_id = fields.Many2one("crm.segment", required=True, ondelete="cascade")
    target = fields.Integer(
        string="Answers wanted",
        required=True,
        default=100,
        help="Only finished answers count, and they come days after the letters: invite "
        "a large segment in parts, or more people are asked than are wanted.",
    )
    answered = fields.Integer(compute="_compute_answered")
    is_full = fields.Boolean(compute="_compute_answered")

    _target_check = models.Constraint(
        "CHECK(target > 0)", "At least one answer must be wanted."
    )
    _segment_uniq = models.Constraint(
        "UNIQUE(survey_id, segment_id)", "This segment has a quota already."
    )

    def _compute_answered(self):
        counts = self._count_answered()
        for quota in self:
            quota.answered = counts.get(quota.id, 0)
            quota.is_full = quota.answered >= quota.target

    def _count_answered(self):
        """{quota id: people of its segment who have answered}"""
        self.env["survey.user_input"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT quota.id, count(DISTINCT answer.partner_id)
                      FROM crm_survey_quota quota
                      JOIN survey_user_input answer ON answer.survey_id = quota.survey_id
                       AND answer.state = 'done' AND answer.test_entry IS NOT TRUE
                      JOIN res_partner person ON person.id = answer.partner_id
                     WHERE quota.id = ANY(%s) AND EXISTS (
                           SELECT FROM crm_segment_member member
                            WHERE member.segment_id = quota.segment_id
                              AND member.left_at IS NULL
                              AND member.partner_id IN
                                  (person.id, person.commercial_partner_id))
                     GROUP BY quota.id
                    """,
                    self.ids,
                )
            )
        )

    @api.model
    def _get_over(self, survey, partners):
        """Ids of those whose segments have all answers that were wanted."""
        quotas = survey.crm_quota_ids
        counts = quotas._count_answered()
        full = quotas.filtered(lambda quota: counts.get(quota.id, 0) >= quota.target)
        if not full or not partners:
            return set()
        return {
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT person.id FROM res_partner person
                      JOIN crm_segment_member member ON member.segment_id = ANY(%s)
                       AND member.left_at IS NULL
                       AND member.partner_id IN (person.id, person.commercial_partner_id)
                     WHERE person.id = ANY(%s)
                    """,
                    full.segment_id.ids,
                    partners.ids,
                )
            )
        }
