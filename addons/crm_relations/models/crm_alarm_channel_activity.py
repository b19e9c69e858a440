from odoo import api, fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    crm_alarm_id = fields.Many2one(
        "crm.alarm",
        string="Alarm",
        ondelete="set null",
        index="btree_not_null",
        help="The alarm that this activity tells of.",
    )


class CrmAlarmChannelActivity(models.AbstractModel):
    """A to-do on the record. One notice per fact: an activity that is there is used."""

    _name = "crm.alarm.channel.activity"
    _description = "Alarm Channel: Activity"
    _inherit = ["crm.alarm.channel"]

    @api.model
    def _send(self, events, now):
        values, links = [], []
        existing = self._find_existing(events, now)
        for event in events:
            record = self._get_record(event.alarm_id)
            for user in event.recipient_ids:
                known = self._get_own(event.alarm_id, user)
                if record is not None and known is None:
                    known = existing.get((record._name, record.id, user.id))
                if known is not None:
                    links.append((event, known))
                elif record is None or not record.with_user(user).has_access("read"):
                    # the host plans nothing on what a person may not open
                    self.env["crm.alarm.channel.inbox"]._tell_user(event, user)
                else:
                    values.append(self._prepare_activity(event, record, user, now))
        # the activity is the notice: no e-mail about it
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        created = activities.create(values)
        by_alarm = {activity.crm_alarm_id: activity for activity in created}
        by_alarm |= {event.alarm_id: activity for event, activity in links}
        for alarm, activity in by_alarm.items():
            alarm.activity_id = activity

    @api.model
    def _find_existing(self, events, now):
        """{(model, record id, user id): open activity that is due}"""
        targets = {}
        for event in events:
            record = self._get_record(event.alarm_id)
            if record is not None:
                targets.setdefault(record._name, set()).add(record.id)
        found = {}
        for model, ids in targets.items():
            rows = self.env["mail.activity"].search(
                [
                    ("res_model", "=", model),
                    ("res_id", "in", list(ids)),
                    ("user_id", "in", events.recipient_ids.ids),
                    ("date_deadline", "<=", fields.Date.to_string(now.date())),
                ],
                order="id DESC",
            )
            found |= {(model, row.res_id, row.user_id.id): row for row in rows}
        return found

    @api.model
    def _get_own(self, alarm, user):
        """The overdue activity itself is the notice for whom it belongs to."""
        if alarm.res_model != "mail.activity":
            return None
        activity = self.env["mail.activity"].browse(alarm.res_id).exists()
        return activity if activity.user_id == user else None

    @api.model
    def _prepare_activity(self, event, record, user, now):
        subject, body = self._get_text(event, user)
        return {
            "res_model_id": self.env["ir.model"]._get_id(record._name),
            "res_id": record.id,
            "activity_type_id": self.env.ref(
                "crm_relations.mail_activity_type_alarm"
            ).id,
            "summary": subject,
            "note": body,
            "date_deadline": fields.Date.context_today(
                self.with_context(tz=user.tz or "UTC"), now
            ),
            "user_id": user.id,
            "automated": True,
            "crm_alarm_id": event.alarm_id.id,
        }
