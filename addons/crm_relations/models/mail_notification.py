from odoo import api, models


class MailNotification(models.Model):
    _inherit = "mail.notification"

    @api.model_create_multi
    def create(self, vals_list):
        notifications = super().create(vals_list)
        notifications._feed_ledger()
        return notifications

    def _feed_ledger(self):
        """A message that notifies somebody outside has left the house."""
        recipients = {}  # {message id: (partners, addresses)}
        outside_sudo = (
            self.sudo().filtered(  # who is notified is not the author's secret
                lambda notification: notification.notification_type == "email"
                and notification.notification_status != "canceled"
                and (
                    notification.res_partner_id.partner_share
                    or notification.mail_email_address
                )
                # mass mode of the composer: mail.mail feeds it
                and notification.mail_message_id.message_type != "email_outgoing"
            )
        )
        for message, notifications in outside_sudo.grouped("mail_message_id").items():
            recipients[message.id] = (
                notifications.res_partner_id.filtered("partner_share"),
                [
                    address
                    for address in notifications.mapped("mail_email_address")
                    if address
                ],
            )
        self.env["mail.message"].browse(recipients)._feed_outgoing(recipients)
