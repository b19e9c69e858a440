"""Questionnaires and people who become one, or go."""

from odoo import api, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_crm_ask(self):
        """Ask him while one speaks with him."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing_survey.crm_survey_ask_action"
        )
        return dict(action, context={"default_partner_id": self.id})

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Asked once: of equal invitations the one that got further stays."""
        result = super()._crm_merge_partners(source_ids, destination)
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_survey_invitation WHERE id IN (
                    SELECT id FROM (
                        SELECT id, row_number() OVER (
                               PARTITION BY survey_id, occasion
                               ORDER BY array_position(ARRAY['answered', 'sent',
                                        'skipped', 'pending'], state::text), id) AS place
                          FROM crm_survey_invitation
                         WHERE partner_id = ANY(%s)) twins
                     WHERE place > 1)
                """,
                [*source_ids, destination.id],
            )
        )
        self.env["crm.survey.invitation"].invalidate_model(flush=False)
        return result

    def _get_erased_also(self):
        """His words go; the marks stay counted, without him."""
        answers = SQL(
            "SELECT id FROM survey_user_input WHERE partner_id = ANY(%s)", self.ids
        )
        return [
            *super()._get_erased_also(),
            SQL(
                "UPDATE survey_user_input_line SET value_text_box = CASE WHEN "
                "value_text_box IS NULL THEN NULL ELSE '…' END, value_char_box = CASE "
                "WHEN value_char_box IS NULL THEN NULL ELSE '…' END "
                "WHERE user_input_id IN (%s)",
                answers,
            ),
            SQL(
                "UPDATE survey_user_input SET partner_id = NULL, email = NULL, "
                "nickname = NULL WHERE partner_id = ANY(%s)",
                self.ids,
            ),
            SQL(
                "UPDATE crm_survey_score SET partner_id = NULL, "
                "customer_id = NULLIF(customer_id, partner_id) "
                "WHERE partner_id = ANY(%s)",
                self.ids,
            ),
            SQL(
                "DELETE FROM crm_survey_invitation WHERE partner_id = ANY(%s)", self.ids
            ),
        ]

    def _erase_interactions(self):
        self.env.flush_all()
        count = super()._erase_interactions()
        for name in (
            "crm.survey.score",
            "crm.survey.invitation",
            "survey.user_input",
            "survey.user_input.line",
        ):
            self.env[name].invalidate_model(flush=False)
        return count
