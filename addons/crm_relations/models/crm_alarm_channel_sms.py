from odoo import api, models


class CrmAlarmChannelSms(models.AbstractModel):
    """A text message, where the host's SMS is installed; it leaves from its queue."""

    _name = "crm.alarm.channel.sms"
    _description = "Alarm Channel: SMS"
    _inherit = ["crm.alarm.channel"]

    @api.model
    def _send(self, events, now):
        """Whoever has no usable number is told by a notice, which says why."""
        messages = []
        for event in events:
            for user in event.recipient_ids:
                number = user.partner_id._phone_format(fname="phone")
                if number:
                    messages.append(self._prepare_message(event, user, number))
                else:
                    self._tell_otherwise(event, user)
        # sudo: the queue is the host's
        self.env["sms.sms"].sudo().create(messages)

    @api.model
    def _prepare_message(self, event, user, number):
        subject, _body = self._get_text(event, user)
        return {"number": number, "body": subject, "partner_id": user.partner_id.id}

    @api.model
    def _tell_otherwise(self, event, user):
        note = self.with_context(lang=user.lang).env._(
            "A text message could not be sent: your contact card has no phone number "
            "that can be called."
        )
        self.env["crm.alarm.channel.inbox"]._tell_user(event, user, note)
