"""How long an alarm has waited, of how much, and who comes next."""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ..tools.alarm_clock import epoch, from_epoch
from ..tools.alarm_steps import forecast
from ..tools.alarm_text import moment_pattern, share, split_minutes
from .crm_alarm_books import Books


class Wait(NamedTuple):
    """``waited`` and ``limit`` in minutes of the rule's clock; ``limit`` of the next
    step, or of the last one when nobody is left; ``climbs_at`` naive UTC or False."""

    waited: int
    limit: int
    step_id: int | None
    climbs_at: object

    @property
    def percent(self):
        return share(self.waited, self.limit)


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    wait_percent = fields.Integer(string="Waited (%)", compute="_compute_wait")
    wait_text = fields.Char(string="Waits", compute="_compute_wait")
    climb_text = fields.Char(string="Then", compute="_compute_wait")

    def _compute_wait(self):
        now = fields.Datetime.now()
        open_alarms = self.filtered(lambda alarm: alarm.state != "stopped")
        waits = open_alarms._get_waits(now) if open_alarms else {}
        steps_sudo = open_alarms.sudo().rule_id.step_ids  # sudo: whom a rule names
        labels = {step.id: step._get_target_name() for step in steps_sudo}
        for alarm in self - open_alarms:
            alarm.wait_percent = 0
            alarm.wait_text = self._format_wait((alarm.waited_seconds or 0) // 60)
            alarm.climb_text = False
        for alarm in open_alarms:
            wait = waits[alarm.id]
            alarm.wait_percent = wait.percent
            limit = wait.limit if wait.step_id else None
            alarm.wait_text = self._format_wait(wait.waited, limit)
            alarm.climb_text = self._format_climb(wait, labels, now)

    def _get_waits(self, now):
        """{alarm id: Wait}; as many queries for one alarm as for fifty."""
        known = self._read_known(SQL("a.id = ANY(%s)", self.ids))
        books = Books(self.env, [])  # their calendars were chosen when they started
        rules_sudo = self.sudo().rule_id  # sudo: steps explain what one may see
        rules_sudo.step_ids.mapped("limit_minutes")
        ladders = {rule.id: rule.step_ids._get_ladder() for rule in rules_sudo}
        return {
            row.id: self._get_wait(
                row,
                ladders[row.rule],
                rules_sudo.browse(row.rule)._get_clock(row.calendar, books),
                epoch(now),
            )
            for row in known
        }

    @api.model
    def _get_wait(self, known, ladder, clock, now):
        above = [step for step in ladder if step.limit > known.reached]
        limit = max((step.limit for step in ladder), default=0)
        waited = known.waited(clock, now)
        if not above:
            return Wait(waited // 60, limit // 60, None, False)
        step = above[0]
        limit, moment = step.limit + known.held, None
        if known.state not in ("paused", "stopped"):
            moment = forecast(known.climb(), ladder, clock)[step.id]
        climbs_at = from_epoch(moment) if moment is not None else False
        return Wait(waited // 60, limit // 60, step.id, climbs_at)

    # -- in words ------------------------------------------------------------------

    @api.model
    def _format_minutes(self, minutes):
        """6 h 20 min"""
        _days, hours, rest = split_minutes(minutes)
        if not hours:
            return self.env._("%(minutes)s min", minutes=rest)
        if not rest:
            return self.env._("%(hours)s h", hours=hours)
        return self.env._("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)

    @api.model
    def _format_moment(self, moment, now):
        """Thu 11:00, in the zone and language of the user."""
        zone = self.env.context.get("tz") or self.env.user.tz or "UTC"
        today = fields.Datetime.context_timestamp(self.with_context(tz=zone), now)
        day = fields.Datetime.context_timestamp(self.with_context(tz=zone), moment)
        pattern = moment_pattern(day.date(), today.date())
        return format_datetime(self.env, moment, tz=zone, dt_format=pattern)

    @api.model
    def _format_wait(self, waited, limit=None):
        """6 h 20 min of 8 h; ``limit`` None: nobody is left to be told."""
        waited = self._format_minutes(waited)
        if limit is None:
            return waited
        limit = self._format_minutes(limit)
        return self.env._("%(waited)s of %(limit)s", waited=waited, limit=limit)

    @api.model
    def _format_climb(self, wait, labels, now):
        if wait.step_id is None:
            return self.env._("everybody was told")
        if not wait.climbs_at:
            return labels[wait.step_id]
        return self.env._(
            "%(who)s, %(moment)s",
            who=labels[wait.step_id],
            moment=self._format_moment(wait.climbs_at, now),
        )

    def _format_hold(self, now):
        """Who holds it, until when and why; empty when nobody does."""
        self.ensure_one()
        person = self.sudo().hold_user_id.name  # sudo: name of a colleague
        return self._format_hold_words(
            self.state, person, self.hold_until, self.hold_reason, now
        )

    @api.model
    def _format_hold_words(self, state, person, until, reason, now):
        if state not in ("acknowledged", "snoozed") or not until:
            return ""
        until = self._format_moment(until, now)
        if state == "acknowledged":
            return self.env._(
                "%(person)s sees to it until %(moment)s",
                person=person or "",
                moment=until,
            )
        return self.env._(
            "%(person)s put it off until %(moment)s: %(reason)s",
            person=person or "",
            moment=until,
            reason=reason or "",
        )


class CrmAlarmRuleStep(models.Model):
    _inherit = "crm.alarm.rule.step"

    def _get_target_name(self):
        """Whom the step tells, as a label: the role, the person, else the kind."""
        self.ensure_one()
        labels = dict(self._fields["target"]._description_selection(self.env))
        return self.role_id.name or self.user_id.name or labels[self.target]
