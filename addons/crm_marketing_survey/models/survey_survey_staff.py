"""A questionnaire for our own people stays what it was when they were asked."""

from odoo import api, models
from odoo.exceptions import UserError, ValidationError

# by their own links alone; nothing is timed
STAFF = {"access_mode": "token", "is_attempts_limited": False, "is_time_limited": False}


class SurveySurvey(models.Model):
    _inherit = "survey.survey"

    @api.model_create_multi
    def create(self, vals_list):
        surveys = super().create(vals_list)
        surveys._crm_keep_closed()
        return surveys

    def write(self, vals):
        if "crm_audience" in vals:
            self._crm_check_not_asked(vals["crm_audience"])
        result = super().write(vals)
        if not vals.keys().isdisjoint({"crm_audience", *STAFF}):
            self._crm_keep_closed()
        return result

    def _crm_keep_closed(self):
        for survey in self.filtered(lambda survey: survey.crm_audience == "staff"):
            wrong = {name: STAFF[name] for name in STAFF if survey[name] != STAFF[name]}
            if wrong:
                survey.write(wrong)

    def _crm_check_not_asked(self, audience):
        changed = self.filtered(lambda survey: survey.crm_audience != audience)
        # sudo: whether there are any
        changed_sudo = changed.sudo()
        answers = changed_sudo.user_input_ids.filtered(
            lambda answer: not answer.test_entry
        )
        if changed_sudo.crm_invitation_ids or answers:
            raise UserError(
                self.env._(
                    "People were asked already: whom a questionnaire asks cannot be "
                    "changed any more. Make a copy."
                )
            )

    @api.constrains("crm_audience", "survey_type")
    def _check_crm_staff(self):
        for survey in self:
            if survey.crm_audience == "staff" and survey.survey_type == "live_session":
                raise ValidationError(
                    self.env._("In a live session everybody sees who answers.")
                )

    def _check_answer_creation(self, user, partner, email, test_entry=False, **kwargs):
        if self.crm_audience == "staff" and not test_entry:
            raise UserError(
                self.env._(
                    "Our own people are asked by the button “Invite”: each gets a link "
                    "that works once and is forgotten."
                )
            )
        return super()._check_answer_creation(
            user, partner, email, test_entry=test_entry, **kwargs
        )
