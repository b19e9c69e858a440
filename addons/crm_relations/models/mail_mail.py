from odoo import api, models
from odoo.tools.mail import email_split


class MailMail(models.Model):
    _inherit = "mail.mail"

    @api.model_create_multi
    def create(self, vals_list):
        mails = super().create(vals_list)
        mails._feed_ledger()
        return mails

    def _feed_ledger(self):
        """E-mails sent without a conversation: templates, the composer's mass mode.

        A mailing of the marketing module makes its rows from its own traces.
        """
        recipients = {}  # {message id: (partners, addresses)}
        for mail in self:
            if (
                mail.message_type != "email_outgoing"
                or mail.state == "cancel"
                or ("mailing_id" in mail._fields and mail.mailing_id)
            ):
                continue
            recipients[mail.mail_message_id.id] = (
                mail.recipient_ids.filtered("partner_share"),
                email_split(mail.email_to or ""),
            )
        self.env["mail.message"].browse(recipients)._feed_outgoing(recipients)
