"""What people do with an alarm: acknowledge, snooze, resolve."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.alarm_clock import epoch, from_epoch
from .crm_alarm_books import Books

TOP = 10**9


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    def action_acknowledge(self, minutes=None):
        """I see to it: nobody above is told until the time is over.

        :param int minutes: of the rule's clock; by default the rule's own
        :return: ids of the alarms that were silenced; others are at a level above the
            caller's, whose people go on being told
        """
        return self._acknowledge(fields.Datetime.now(), minutes)

    def _acknowledge(self, now, minutes=None):
        self._check_hold()
        rules = self.sudo().rule_id
        books = Books(self.env, self._read_known(SQL("a.id = ANY(%s)", self.ids)))
        silenced = self.browse()
        for alarm in self.sudo():
            rule = rules.filtered(lambda row, alarm=alarm: row == alarm.rule_id)
            clock = rule._get_clock(alarm.calendar_id.id, books)
            until = clock.add(epoch(now), (minutes or rule.ack_minutes) * 60)
            until = from_epoch(until) if until else now + timedelta(days=1)
            if alarm._hold(now, until, "ack", "acknowledged", False):
                silenced |= alarm
        return silenced.ids

    def action_snooze(self, until, reason):
        """Not before then: once per level, for a reason that the level above sees.

        :param datetime until: naive UTC, or its text
        :param str reason: what the level above reads
        :raise UserError: without a reason, too far ahead, or a second time at one level
        """
        return self._snooze(fields.Datetime.now(), until, reason)

    def _snooze(self, now, until, reason):
        self._check_hold()
        until = fields.Datetime.to_datetime(until)
        if not (reason or "").strip():
            raise UserError(
                self.env._("Say why it can wait: the level above reads it.")
            )
        if not until or until <= now:
            raise UserError(self.env._("Snooze until a moment that is still to come."))
        silenced = self.browse()
        for alarm in self.sudo():
            hours = alarm.rule_id.snooze_max_hours
            if until > now + timedelta(hours=hours):
                raise UserError(
                    self.env._("It may be snoozed for %(hours)s hours.", hours=hours)
                )
            if alarm.snoozed_level == alarm.level:
                raise UserError(
                    self.env._(
                        "It was snoozed at this level already: act, or resolve it."
                    )
                )
            if alarm._hold(now, until, "snooze", "snoozed", reason.strip()):
                alarm.snoozed_level = alarm.level
                silenced |= alarm
        return silenced.ids

    def _check_hold(self):
        """Whoever may see an alarm may answer it."""
        self.check_access("read")
        if any(alarm.state in ("stopped", "paused") for alarm in self):
            raise UserError(self.env._("This alarm does not run."))

    def _hold(self, now, until, kind, state, reason):
        """Hold one alarm, if the person's level is not below the alarm's.

        :return: whether it is silent now
        """
        self.ensure_one()
        silences = self._get_user_level(self.env.user) >= self.reached_seconds
        self._append_events(
            [
                {
                    "alarm_id": self.id, "kind": kind, "state": "note",
                    "fired_at": epoch(now), "until": epoch(until),
                    "user_id": self.env.uid,
                    "reason": reason or (None if silences else "below"),
                }
            ]
        )  # fmt: skip
        if silences:
            self.write(
                {
                    "state": state, "hold_until": until, "next_fire_at": until,
                    "hold_user_id": self.env.uid, "hold_reason": reason,
                }
            )  # fmt: skip
        self.invalidate_recordset(["event_ids"])
        return silences

    def _get_user_level(self, user):
        """Limit of the highest step this person was told at; -1: responsible only.

        Who leads sales, and owners, are above every step.
        """
        self.ensure_one()
        if user.has_group("sales_team.group_sale_salesman_all_leads"):
            return TOP
        rows = self.env.execute_query(
            SQL(
                """
                SELECT max(s.limit_minutes) * 60
                  FROM crm_alarm_event e
                  JOIN crm_alarm_event_recipient_rel r ON r.event_id = e.id
                  JOIN crm_alarm_rule_step s ON s.id = e.step_key
                 WHERE e.alarm_id = %s AND r.user_id = %s
                """,
                self.id,
                user.id,
            )
        )
        told = -1 if rows[0][0] is None else rows[0][0]
        leads = self.team_id.user_id == user and self.team_id
        steps = self.rule_id.step_ids.filtered(lambda step: step.target == "leader")
        led = max(steps.mapped("limit_minutes"), default=0) * 60 if leads else -1
        return max(told, led)

    def action_resolve(self, reason=None):
        """It is settled. It does not start again while the record stays as it is."""
        return self._resolve(fields.Datetime.now(), reason)

    def _resolve(self, now, reason=None):
        self.check_access("read")
        opened = self.sudo().filtered(lambda alarm: alarm.state != "stopped")
        known = self._read_known(SQL("a.id = ANY(%s)", opened.ids))
        books = Books(self.env, known)
        rules = self.env["crm.alarm.rule"].sudo().with_context(active_test=False)
        moment = epoch(now)
        ends = [
            (
                alarm.id,
                moment,
                alarm.waited(
                    rules.browse(alarm.rule)._get_clock(alarm.calendar, books), moment
                ),
            )
            for alarm in known
        ]
        self._stop_known(
            ends, SQL("'resolved'"), note=reason or None, user=self.env.uid, spent=True
        )
        self._append_events(
            [
                {
                    "alarm_id": alarm.id, "kind": "stop", "state": "note",
                    "fired_at": moment, "user_id": self.env.uid,
                    "reason": reason or None,
                }
                for alarm in known
            ]
        )  # fmt: skip
        return True
