"""Why an alarm is due when it is, and who comes next: in words."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ..tools.alarm_clock import epoch, from_epoch
from ..tools.alarm_steps import due_moment
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
        now = now or fields.Datetime.now()
        # sudo: rule, steps and calendar explain what one may see
        alarm_sudo = self.sudo()
        (known,) = self._read_known(SQL("a.id = %s", self.id))
        rule = alarm_sudo.rule_id
        books = Books(self.env, [known])
        clock = rule._get_clock(known.calendar, books)
        return {
            "name": alarm_sudo.res_name or "",
            "rule": rule.name,
            "started_at": alarm_sudo.started_at,
            "clock": rule.clock,
            "calendar": books.calendar_name(known.calendar),
            "zone": clock.zone,
            "state": alarm_sudo.state,
            "is_broken": alarm_sudo.is_broken,
            "held_minutes": known.held // 60,
            "hold_until": alarm_sudo.hold_until,
            "hold_user": alarm_sudo.hold_user_id.name or False,
            "hold_reason": alarm_sudo.hold_reason or False,
            "waited_minutes": known.waited(clock, epoch(now)) // 60,
            "steps": alarm_sudo._explain_steps(known, clock, now),
        }

    def _explain_steps(self, known, clock, now):
        rule = self.rule_id
        targets = Targets(rule, [known], epoch(now))
        told = {
            event.step_key: event
            for event in self.event_ids.sorted("id")
            if event.kind in ("notice", "skipped") and not event.repeat_no
        }
        rows, is_next = [], True
        for step, ladder in zip(
            rule.step_ids.sorted("limit_minutes"),
            rule.step_ids._get_ladder(),
            strict=True,
        ):
            event = told.get(step.id)
            users = event.recipient_ids.ids if event else None
            if users is None:
                users, _reason = targets.choose(known, step.id, 0)
            rows.append(
                {
                    "number": step.number,
                    "limit_minutes": step.limit_minutes,
                    "due_at": self._explain_due(known, ladder, clock, event),
                    "who": self._explain_who(users),
                    "state": self._explain_state(event, is_next),
                }
            )
            is_next = is_next and bool(event)
        return rows

    def _explain_due(self, known, ladder, clock, event):
        if event:
            return event.fired_at
        if known.state in ("paused", "stopped"):
            return False
        moment = due_moment(known.climb(), ladder, clock)
        if moment is None:
            return False
        return from_epoch(max(moment, known.hold or 0))

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
