from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.quota import Places, room

ANSWERING = timedelta(days=7)  # whoever has not answered by then will not


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
        help="Only finished answers count. So many are asked at once as should bring them; "
        "the others wait, and are asked after a week when fewer have answered.",
    )
    expected_percent = fields.Integer(
        string="Expected answers, %",
        required=True,
        default=30,
        help="Of a hundred who are asked, how many answer.",
    )
    answered = fields.Integer(compute="_compute_answered")
    is_full = fields.Boolean(compute="_compute_answered")

    _target_check = models.Constraint(
        "CHECK(target > 0)", "At least one answer must be wanted."
    )
    _expected_check = models.Constraint(
        "CHECK(expected_percent BETWEEN 1 AND 100)",
        "Between 1 and 100 of a hundred answer.",
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
        return self._count_people(
            SQL(
                """
                SELECT survey_id, partner_id FROM survey_user_input
                 WHERE state = 'done' AND test_entry IS NOT TRUE
                """
            )
        )

    def _count_waiting(self, now):
        """{quota id: people of its segment who were asked lately and may answer yet}"""
        self.env["crm.survey.invitation"].flush_model()
        return self._count_people(
            SQL(
                """
                SELECT survey_id, partner_id FROM crm_survey_invitation
                 WHERE state = 'sent' AND sent_at > %s
                """,
                now - ANSWERING,
            )
        )

    def _count_people(self, source):
        """{quota id: people of its segment in ``source``}, a SELECT of survey and person"""
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT quota.id, count(DISTINCT source.partner_id)
                      FROM crm_survey_quota quota
                      JOIN (%s) source ON source.survey_id = quota.survey_id
                      JOIN res_partner person ON person.id = source.partner_id
                     WHERE quota.id = ANY(%s) AND EXISTS (
                           SELECT FROM crm_segment_member member
                            WHERE member.segment_id = quota.segment_id
                              AND member.left_at IS NULL
                              AND member.partner_id IN
                                  (person.id, person.commercial_partner_id))
                     GROUP BY quota.id
                    """,
                    source,
                    self.ids,
                )
            )
        )

    @api.model
    def _get_places(self, survey, partners, now):
        """Who of them may be asked now: :class:`Places` by ids of quotas and people."""
        quotas = survey.crm_quota_ids
        if not quotas or not partners:
            return Places({}, set(), {})
        answered, waiting = quotas._count_answered(), quotas._count_waiting(now)
        left = {
            quota.id: room(
                quota.target,
                answered.get(quota.id, 0),
                waiting.get(quota.id, 0),
                quota.expected_percent,
            )
            for quota in quotas
        }
        full = {
            quota.id for quota in quotas if answered.get(quota.id, 0) >= quota.target
        }
        return Places(left, full, quotas._get_own(partners))

    def _get_own(self, partners):
        """{person id: ids of the quotas whose segments he is in, himself or by his firm}"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT person.id, array_agg(DISTINCT quota.id) FROM res_partner person
                  JOIN crm_segment_member member ON member.left_at IS NULL
                   AND member.partner_id IN (person.id, person.commercial_partner_id)
                  JOIN crm_survey_quota quota ON quota.segment_id = member.segment_id
                   AND quota.id = ANY(%s)
                 WHERE person.id = ANY(%s) GROUP BY person.id
                """,
                self.ids,
                partners.ids,
            )
        )
        return {person: set(own) for person, own in rows}
