"""Why an alarm is due when it is, and who comes next: in words."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ..tools.alarm_clock import epoch, from_epoch
from ..tools.alarm_steps import forecast
from .crm_alarm_books import Books
from .crm_alarm_target import Targets


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    def _explain(self, now=None):
        """All that the sentence on the strip needs.

        "Proposal sent Mon 17:00, due Tue 11:00 = + 4 h working time in *Standard 40 h*;
        then Olena, Thu 11:00 owner."

        :return: ``{"name", "rule", "started_at", "clock", "calendar", "zone", "state",
            "is_broken", "held_minutes", "hold_until", "hold_user", "hold_reason",
            "waited_minutes", "steps": [{"number", "limit_minutes", "due_at", "who",
            "state": told, skipped, next or later}]}``; times naive UTC, ``due_at``
            False while paused
        """
        self.ensure_one()
        self.check_access("read")
        return self._explain_all(now or fields.Datetime.now())[self.id]

    def _explain_all(self, now):
        """{alarm id: what ``_explain`` says} of alarms that the caller may read."""
        known = {
            row.id: row for row in self._read_known(SQL("a.id = ANY(%s)", self.ids))
        }
        books = Books(self.env, [])  # their calendars were chosen when they started
        result = {}
        # sudo: rule, steps and calendar explain what one may see
        for rule, alarms_sudo in self.sudo().grouped("rule_id").items():
            rows = [known[row_id] for row_id in alarms_sudo.ids]
            targets = Targets(rule, rows, epoch(now))
            for alarm_sudo, row in zip(alarms_sudo, rows, strict=True):
                clock = rule._get_clock(row.calendar, books)
                result[alarm_sudo.id] = {
                    **alarm_sudo._explain_alarm(row, clock, now),
                    "calendar": books.calendar_name(row.calendar),
                    "steps": alarm_sudo._explain_steps(row, clock, targets),
                }
        return result

    def _explain_alarm(self, known, clock, now):
        rule = self.rule_id
        return {
            "name": self.res_name or "",
            "rule": rule.name,
            "started_at": self.started_at,
            "clock": rule.clock,
            "zone": clock.zone,
            "state": self.state,
            "is_broken": self.is_broken,
            "held_minutes": known.held // 60,
            "hold_until": self.hold_until,
            "hold_user": self.hold_user_id.name or False,
            "hold_reason": self.hold_reason or False,
            "waited_minutes": known.waited(clock, epoch(now)) // 60,
        }

    def _explain_steps(self, known, clock, targets):
        rule = self.rule_id
        ladder = rule.step_ids._get_ladder()
        dues = forecast(known.climb(), ladder, clock)
        told = {
            event.step_key: event
            for event in self.event_ids.sorted("id")
            if event.kind in ("notice", "skipped") and not event.repeat_no
        }
        rows, is_next = [], True
        for step in rule.step_ids.sorted("limit_minutes"):
            event = told.get(step.id)
            users = event.recipient_ids.ids if event else None
            if users is None:
                users, _reason = targets.choose(known, step.id, 0)
            rows.append(
                {
                    "number": step.number,
                    "limit_minutes": step.limit_minutes,
                    "due_at": self._explain_due(known, dues.get(step.id), event),
                    "who": self._explain_who(users),
                    "state": self._explain_state(event, is_next),
                }
            )
            is_next = is_next and bool(event)
        return rows

    @api.model
    def _explain_due(self, known, moment, event):
        if event:
            return event.fired_at
        if known.state in ("paused", "stopped") or moment is None:
            return False
        return from_epoch(moment)

    def _explain_who(self, user_ids):
        # sudo: names of colleagues
        return ", ".join(self.env["res.users"].sudo().browse(user_ids).mapped("name"))

    @api.model
    def _explain_state(self, event, is_next):
        if event:
            return "told" if event.kind == "notice" else "skipped"
        return "next" if is_next else "later"

    def _get_sentence(self, user):
        """The explanation as a line of a notice, in the language and zone of ``user``."""
        row = self.with_context(lang=user.lang, tz=user.tz or "UTC")
        rule_sudo = row.sudo().rule_id
        lines = [
            row.env._(
                "%(record)s waits since %(start)s (%(rule)s).",
                record=row.sudo().res_name or "",
                start=format_datetime(row.env, row.started_at, tz=user.tz),
                rule=rule_sudo.name,
            )
        ]
        if row.next_fire_at:
            lines.append(
                row.env._(
                    "The next step comes %(moment)s.",
                    moment=format_datetime(row.env, row.next_fire_at, tz=user.tz),
                )
            )
        if row.hold_reason:
            lines.append(
                row.env._(
                    "%(person)s snoozed it: %(reason)s",
                    person=row.sudo().hold_user_id.name,
                    reason=row.hold_reason,
                )
            )
        return Markup("<p>%s</p>") % " ".join(lines)
