"""What people said: written down from the card, forgotten with them."""

from odoo import models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _get_erased_also(self):
        """His words go; that somebody wished something stays counted."""
        return [
            *super()._get_erased_also(),
            SQL(
                "UPDATE crm_voice SET words = '…', answer = NULL, partner_id = NULL, "
                "res_model = NULL, res_id = NULL, "
                "customer_id = NULLIF(customer_id, partner_id) "
                "WHERE partner_id = ANY(%s)",
                self.ids,
            ),
            SQL(
                "UPDATE mail_activity SET summary = NULL, note = NULL "
                "WHERE res_model = 'crm.voice' AND res_id IN "
                "(SELECT id FROM crm_voice WHERE partner_id = ANY(%s))",
                self.ids,
            ),
            SQL(
                "UPDATE mail_message SET body = NULL WHERE model = 'crm.voice' AND "
                "res_id IN (SELECT id FROM crm_voice WHERE partner_id = ANY(%s))",
                self.ids,
            ),
        ]

    def _erase_interactions(self):
        self.env["crm.voice"].flush_model()
        count = super()._erase_interactions()
        for name in ("crm.voice", "mail.activity", "mail.message"):
            self.env[name].invalidate_model(flush=False)
        return count


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    def action_crm_hear(self):
        """Write down what the customer wished or complained of in this contact."""
        self.ensure_one()
        return self.env["crm.lead"]._crm_prepare_hearing(self, self.preview)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def action_crm_hear(self):
        """Write down what the customer wished or complained of with this deal."""
        self.ensure_one()
        return self._crm_prepare_hearing(self, "")

    def _crm_prepare_hearing(self, record, words):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Wish or Complaint"),
            "res_model": "crm.voice",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": record.partner_id.id,
                "default_words": words or False,
                "default_company_id": record.company_id.id or self.env.company.id,
                "default_res_model": record._name,
                "default_res_id": record.id,
            },
        }
