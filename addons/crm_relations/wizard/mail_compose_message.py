from odoo import models

SAID_NO = ("refused", "withdrawn")


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def _get_blacklist_record_ids(self, mail_values_dict, recipients_info=None):
        """One letter to many is an offer: who said no to those is left out for good."""
        excluded = super()._get_blacklist_record_ids(mail_values_dict, recipients_info)
        if (
            not self.use_exclusion_list
            or self.composition_mode != "mass_mail"
            or self.model not in ("res.partner", "crm.lead")
        ):
            return excluded
        records = self.env[self.model].browse(mail_values_dict)
        partners = {
            record.id: record if self.model == "res.partner" else record.partner_id
            for record in records
        }
        gate = self.env["crm.consent"]
        refusals = gate._get_refusals(
            # sudo: a refusal counts, whether or not the sender may read the card
            self.env["res.partner"].sudo().union(*partners.values()),
            "email",
            gate._get_purpose("email", "marketing"),
            self.env.company,
        )
        return set(excluded) | {
            record_id
            for record_id, partner in partners.items()
            if refusals.get(partner.id) in SAID_NO
        }
