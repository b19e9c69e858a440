"""How people are told. Each channel is a small model; a module adds its own."""

from markupsafe import Markup

from odoo import api, models


class CrmAlarmChannel(models.AbstractModel):
    """The interface. ``_send`` runs in a savepoint together with ``sent``."""

    _name = "crm.alarm.channel"
    _description = "Alarm Channel"

    @api.model
    def _send(self, events, now):
        """Tell the recipients of these events, all of them or raise.

        :param events: crm.alarm.event, superuser
        :param datetime now: naive UTC
        """
        raise NotImplementedError

    @api.model
    def _get_text(self, event, user):
        """(subject, body) in the language of the recipient; body is escaped HTML."""
        alarm = event.alarm_id.with_context(lang=user.lang, tz=user.tz)
        subject = self.with_context(lang=user.lang).env._(
            "Alarm: %(rule)s: %(record)s",
            rule=alarm.rule_id.name,
            record=alarm.res_name or "",
        )
        return subject, alarm._get_sentence(user)

    @api.model
    def _get_record(self, alarm):
        """The document a notice hangs on: what waits, else its deal, else its customer."""
        candidates = []
        model = self.env.get(alarm.res_model)
        if not getattr(model, "_crm_alarm_of_customer", False):
            candidates.append((alarm.res_model, alarm.res_id))
        if alarm.lead_id:
            candidates.append(("crm.lead", alarm.lead_id.id))
        if alarm.customer_id:
            candidates.append(("res.partner", alarm.customer_id.id))
        for model, row_id in candidates:
            if model in self.env and "activity_ids" in self.env[model]._fields:
                record = self.env[model].browse(row_id)
                if record.exists():
                    return record
        return None


class CrmAlarmChannelInbox(models.AbstractModel):
    """A notice as the person prefers it: in the inbox or by e-mail."""

    _name = "crm.alarm.channel.inbox"
    _description = "Alarm Channel: Notice"
    _inherit = ["crm.alarm.channel"]

    @api.model
    def _send(self, events, now):
        for event in events:
            for user in event.recipient_ids:
                self._tell_user(event, user)

    @api.model
    def _tell_user(self, event, user, note=None):
        """:param str note: said below the notice, in the language of ``user``"""
        record = self._get_record(event.alarm_id)
        thread = self.env["mail.thread"] if record is None else record
        subject, body = self._get_text(event, user)
        if note:
            body += Markup("<p>%s</p>") % note
        # letters leave from the queue: no mail server is waited for in the outbox
        message = thread.with_context(mail_notify_force_send=False).message_notify(
            partner_ids=user.partner_id.ids,
            subject=subject,
            body=body,
            author_id=self.env.ref("base.partner_root").id,
        )
        if not user.email:
            self._keep_in_inbox(message)

    @api.model
    def _keep_in_inbox(self, message):
        """Whoever prefers letters but has no address finds it in his inbox."""
        lost = message.notification_ids.filtered(
            lambda row: row.notification_type == "email"
        )
        lost.mail_mail_id.unlink()
        lost.write(
            {
                "notification_type": "inbox",
                "notification_status": "sent",
                "failure_type": False,
            }
        )


class CrmAlarmChannelMail(models.AbstractModel):
    """Always a letter; it leaves from the host's queue."""

    _name = "crm.alarm.channel.mail"
    _description = "Alarm Channel: E-mail"
    _inherit = ["crm.alarm.channel"]

    @api.model
    def _send(self, events, now):
        letters = []
        for event in events:
            for user in event.recipient_ids:
                if not user.email:
                    self._tell_otherwise(event, user)
                    continue
                subject, body = self._get_text(event, user)
                letters.append(
                    {
                        "subject": subject,
                        "body_html": body,
                        "email_to": user.email_formatted,
                        "email_from": event.alarm_id.company_id.email_formatted
                        or self.env.ref("base.partner_root").email_formatted,
                        "auto_delete": True,
                    }
                )
        self.env["mail.mail"].create(letters)

    @api.model
    def _tell_otherwise(self, event, user):
        note = self.with_context(lang=user.lang).env._(
            "A letter could not be sent: your contact card has no e-mail address."
        )
        self.env["crm.alarm.channel.inbox"]._tell_user(event, user, note)
