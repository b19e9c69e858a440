"""The outbox: pending events are told, each with its ``sent`` in one savepoint."""

import logging
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from .crm_alarm_pass import CONFLICTS

_logger = logging.getLogger(__name__)

TELL = 200
ATTEMPTS = 5
STORM_PARAMETER = "crm_relations.alarm_storm_per_hour"
STORM = 20
LOCK = "crm_alarm_outbox"


class CrmAlarmEvent(models.Model):
    _inherit = "crm.alarm.event"

    @api.model
    def _tell(self, now, limit=TELL):
        """Tell one batch, in this transaction; how many events were handled.

        :param datetime now: naive UTC
        """
        ((is_ours,),) = self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", LOCK)
        )
        if not is_ours:
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
            return 0
        calm = events._calm_storm(now)
        for channel, group in calm.grouped("channel").items():
            group._deliver(channel, now)
        return len(events)

    def _deliver(self, channel, now):
        """By the set; when one of them fails, one by one."""
        try:
            self._deliver_together(channel, now)
            return
        except CONFLICTS:
            raise
        except Exception:
            _logger.warning("Alarms: %s notices by %s, one by one", len(self), channel)
        for event in self:
            try:
                event._deliver_together(channel, now)
            except CONFLICTS:
                raise
            except Exception as error:
                _logger.exception("Alarms: event %s was not told", event.id)
                event._fail(error, now)

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
        """Events to be told one by one; the rest is told in a summary.

        A person who gets more than so many notices in an hour gets one summary.
        """
        limit = int(
            # sudo: a setting
            self.env["ir.config_parameter"].sudo().get_param(STORM_PARAMETER, STORM)
        )
        counts, told = self._count_told(now - timedelta(hours=1))
        calm, flooded = self.browse(), {}
        for event in self:
            over = event.recipient_ids.filtered(
                lambda user: counts.get(user.id, 0) >= limit
            )
            for user in event.recipient_ids:
                counts[user.id] = counts.get(user.id, 0) + 1
            if over and over == event.recipient_ids:
                for user in over:
                    flooded.setdefault(user, self.browse())
                    flooded[user] |= event
            else:
                calm |= event
        self._tell_summaries(
            {user: rows for user, rows in flooded.items() if user.id not in told}
        )
        (self - calm).write({"state": "digest", "sent_at": now})
        return calm

    def _count_told(self, since):
        """{user id: notices told since then}, ids of who had a summary since then."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.user_id, count(*) FILTER (WHERE e.state = 'sent'),
                       bool_or(e.state = 'digest')
                  FROM crm_alarm_event e
                  JOIN crm_alarm_event_recipient_rel r ON r.event_id = e.id
                 WHERE e.kind = 'notice' AND e.sent_at > %s
                   AND r.user_id = ANY(%s)
                 GROUP BY r.user_id
                """,
                since,
                self.recipient_ids.ids,
            )
        )
        counts = {user_id: count for user_id, count, _digest in rows}
        return counts, {user_id for user_id, _count, digest in rows if digest}

    @api.model
    def _tell_summaries(self, flooded):
        """One notice about all, for each person.

        :param flooded: {user: events}
        """
        for user, events in flooded.items():
            row = self.with_context(lang=user.lang)
            names = events.alarm_id[:10].mapped("res_name")
            self.env["mail.thread"].message_notify(
                partner_ids=user.partner_id.ids,
                subject=row.env._("%(count)s alarms at once", count=len(events)),
                body=row.env._(
                    "Too many alarms for single notices. All of them are in the bell. "
                    "The first: %(names)s",
                    names=", ".join(name for name in names if name),
                ),
                author_id=self.env.ref("base.partner_root").id,
            )
