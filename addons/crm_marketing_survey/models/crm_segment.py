from odoo import models


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    def action_ask(self):
        """Ask its members something."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing_survey.crm_survey_invite_action"
        )
        return dict(action, context={"default_segment_ids": self.ids})

    def _get_uses(self):
        quotas = self.env["crm.survey.quota"]
        if quotas.has_access("read"):
            quotas = quotas.search([("segment_id", "=", self.id)])
        # sudo: names of questionnaires that ask this segment
        surveys_sudo = quotas.sudo().survey_id
        return [
            *super()._get_uses(),
            (self.env._("Questionnaires"), surveys_sudo.mapped("title")),
        ]
