"""The outbox: pending events are told, each with its ``sent`` in one savepoint."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

TELL = 200
ATTEMPTS = 5
STORM_PARAMETER = "crm_relations.alarm_storm_per_hour"
STORM = 20
HOUR = timedelta(hours=1)
SUMMED = 10_000  # in one summary at most
LOCK = "crm_alarm_outbox"


class CrmAlarmEvent(models.Model):
    _inherit = "crm.alarm.event"

    @api.model
    def _tell(self, now, limit=TELL):
        """Tell one batch, in this transaction; how many events were handled.

        :param datetime now: naive UTC
        """
        if not self._lock_engine(LOCK):
            return 0
        # a row that another worker has told since our snapshot raises here, before
        # anybody is told twice
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM crm_alarm_event WHERE state = 'pending' "
                "AND (retry_at IS NULL OR retry_at <= %s) "
                "ORDER BY id LIMIT %s FOR NO KEY UPDATE",
                now,
                limit,
            )
        )
        events = self.browse(row[0] for row in rows)
        if not events:
            return self._tell_summaries(now)
        over = events.filtered(lambda event: event.alarm_id.state == "stopped")
        over._drop()
        calm = (events - over)._calm_storm(now)
        for channel, group in calm.grouped("channel").items():
            group._deliver(channel, now)
        return len(events)

    def _drop(self):
        """What was settled before it was told is not told any more."""
        if self:
            self.write(
                {"state": "note", "error": self.env._("Settled before it was told.")}
            )
            self.flush_recordset()  # the outbox is read by SQL

    def _deliver_together(self, channel, now):
        with self.env.cr.savepoint():
            service = self.env[f"crm.alarm.channel.{channel}"]
            service._send(self, now)
            self.write({"state": "sent", "sent_at": now, "error": False})

    def _fail(self, error, now):
        """Tried again later, then given up and counted on the health page."""
        self.ensure_one()
        attempts = self.attempts + 1
        self.write(
            {
                "attempts": attempts,
                "error": str(error)[:500],
                "state": "failed" if attempts >= ATTEMPTS else "pending",
                "retry_at": now + timedelta(minutes=2**attempts),
            }
        )

    # -- storms --------------------------------------------------------------------

    def _calm_storm(self, now):
        """Events to be told one by one; the others wait for a summary.

        Whoever gets more than so many notices in an hour gets one summary of the rest.
        """
        limit = int(
            # sudo: a setting
            self.env["ir.config_parameter"].sudo().get_param(STORM_PARAMETER, STORM)
        )
        counts = self._count_told(now - HOUR)
        flooded = self.browse()
        for event in self:
            people = event.recipient_ids
            if people and all(counts.get(user.id, 0) >= limit for user in people):
                flooded |= event
            for user in people:
                counts[user.id] = counts.get(user.id, 0) + 1
        if flooded:
            flooded.write({"state": "digest", "sent_at": False})
            flooded.flush_recordset()  # the outbox is read by SQL
        return self - flooded

    def _count_told(self, since):
        """{user id: notices told since then}"""
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT r.user_id, count(*)
                      FROM crm_alarm_event e
                      JOIN crm_alarm_event_recipient_rel r ON r.event_id = e.id
                     WHERE e.kind = 'notice' AND e.state = 'sent' AND e.sent_at > %s
                       AND r.user_id = ANY(%s)
                     GROUP BY r.user_id
                    """,
                    since,
                    self.recipient_ids.ids,
                )
            )
        )

    @api.model
    def _tell_summaries(self, now):
        """Tell in one notice a person what did not fit, once in an hour; how many.

        When the outbox is empty: a flood of many batches is one summary. What comes
        later waits for the next one, nothing is left out.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.id FROM crm_alarm_event e
                 WHERE e.state = 'digest' AND e.sent_at IS NULL
                   AND EXISTS (
                    SELECT FROM crm_alarm_event_recipient_rel r
                     WHERE r.event_id = e.id AND NOT EXISTS (
                        SELECT FROM crm_alarm_event told
                          JOIN crm_alarm_event_recipient_rel theirs
                            ON theirs.event_id = told.id
                         WHERE told.state = 'digest' AND told.sent_at > %s
                           AND theirs.user_id = r.user_id))
                 ORDER BY e.id LIMIT %s FOR NO KEY UPDATE
                """,
                now - HOUR,
                SUMMED,
            )
        )
        events = self.browse(row[0] for row in rows)
        if not events:
            return 0
        over = events.filtered(lambda event: event.alarm_id.state == "stopped")
        over._drop()
        waiting = events - over
        with self.env.cr.savepoint():
            for user in waiting.recipient_ids:
                waiting.filtered(
                    lambda event, user=user: user in event.recipient_ids
                )._tell_summary(user)
            waiting.write({"sent_at": now})
        return len(events)

    def _tell_summary(self, user):
        row = self.with_context(lang=user.lang, mail_notify_force_send=False)
        names = row.alarm_id[:10].mapped("res_name")
        row.env["mail.thread"].message_notify(
            partner_ids=user.partner_id.ids,
            subject=row.env._("%(count)s alarms at once", count=len(self.alarm_id)),
            body=row.env._(
                "Too many alarms for single notices. All of them are in the bell. "
                "The first: %(names)s",
                names=", ".join(name for name in names if name),
            ),
            author_id=self.env.ref("base.partner_root").id,
        )
