from odoo import models
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
