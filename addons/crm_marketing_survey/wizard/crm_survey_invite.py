from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CrmSurveyInvite(models.TransientModel):
    """Choose a questionnaire and whom to ask."""

    _name = "crm.survey.invite"
    _description = "Invite to a Questionnaire"

    survey_id = fields.Many2one("survey.survey", string="Questionnaire", required=True)
    audience = fields.Selection(related="survey_id.crm_audience")
    company_id = fields.Many2one(related="survey_id.crm_company_id")
    segment_ids = fields.Many2many("crm.segment", string="Segments")
    count = fields.Integer(string="People", compute="_compute_count")
    new_count = fields.Integer(string="Not asked yet", compute="_compute_count")

    @api.depends("survey_id", "segment_ids")
    def _compute_count(self):
        for form in self:
            form.count = form.new_count = 0
            if form.survey_id and (form.segment_ids or form.audience == "staff"):
                [(form.count, form.new_count)] = self.env.execute_query(
                    SQL(
                        """
                        SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
                               SELECT FROM crm_survey_invitation old
                                WHERE old.partner_id = person.id
                                  AND old.survey_id = %s))
                          FROM res_partner person
                         WHERE person.active AND person.id IN (%s)
                        """,
                        form.survey_id.id,
                        form._get_people(),
                    )
                )

    def _get_company(self):
        """Who asks: of a shared questionnaire the company of those who are asked."""
        return (
            self.survey_id.crm_company_id
            or self.segment_ids.company_id[:1]
            or self.env.company
        )

    def _get_people(self):
        """SELECT of ids of those who would be asked."""
        self.ensure_one()
        if self.audience == "staff":
            # sudo: whoever asks colleagues asks all of the company
            users_sudo = self.env["res.users"].sudo()
            query = users_sudo._search(
                [
                    ("share", "=", False),
                    ("company_ids", "in", self._get_company().ids),
                    ("login", "!=", "__system__"),
                ]
            )
            return query.select(SQL.identifier(query.table, "partner_id"))
        return SQL(
            "SELECT partner_id FROM crm_segment_member "
            "WHERE segment_id = ANY(%s) AND left_at IS NULL",
            self.segment_ids._origin.ids,
        )

    def action_invite(self):
        """Put the invitations into the outbox; they leave within minutes."""
        self.ensure_one()
        survey = self.survey_id
        survey.check_access("read")
        if self.audience != "staff" and not self.segment_ids:
            raise UserError(self.env._("Choose at least one segment."))
        if not survey.question_ids:
            raise UserError(self.env._("The questionnaire has no questions yet."))
        if self.segment_ids.company_id - self._get_company():
            raise UserError(
                self.env._("The questionnaire and the segment are of two companies.")
            )
        # sudo: the outbox is written by the engine alone
        invitations_sudo = self.env["crm.survey.invitation"].sudo()
        segment = self.segment_ids if len(self.segment_ids) == 1 else None
        count = invitations_sudo._invite(
            survey,
            self._get_people(),
            segment or self.env["crm.segment"],
            fields.Datetime.now(),
            self._get_company(),
        )
        action = survey.action_crm_open_invitations()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Invitations: %(count)s. They leave one after another.", count=count
                ),
                "next": action,
            },
        }
