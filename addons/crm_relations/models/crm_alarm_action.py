"""What people do with an alarm: acknowledge, snooze, resolve."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.alarm_clock import epoch
from .crm_alarm_books import Books
from .crm_alarm_store import to_moment

TOP = 10**9
# {kind of event: (state, column of the level at which it was done)}
HOLDS = {
    "ack": ("acknowledged", "acked_level"),
    "snooze": ("snoozed", "snoozed_level"),
}


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    def action_acknowledge(self, minutes=None):
        """I see to it: nobody above is told until the time is over.

        :param int minutes: of the rule's clock, the rule's own at most and by default
        :return: ids of the alarms that were silenced; others are at a level above the
            caller's, whose people go on being told
        :raise UserError: for longer than the rule allows, or a second time at one level
        """
        return self._acknowledge(fields.Datetime.now(), minutes)

    def _acknowledge(self, now, minutes=None):
        self._check_hold()
        self._check_acknowledge(minutes)
        rules = self.sudo().rule_id
        books = Books(self.env, self._read_known(SQL("a.id = ANY(%s)", self.ids)))
        untils = {}
        for alarm in self.sudo():
            rule = rules.filtered(lambda row, alarm=alarm: row == alarm.rule_id)
            clock = rule._get_clock(alarm.calendar_id.id, books)
            until = clock.add(epoch(now), (minutes or rule.ack_minutes) * 60)
            untils[alarm.id] = (
                epoch(now + timedelta(days=1)) if until is None else until
            )
        return self._hold(now, untils, "ack", False).ids

    def _check_acknowledge(self, minutes):
        # sudo: the bound of a rule is no secret
        if minutes is not None and not all(
            0 < minutes <= rule.ack_minutes for rule in self.sudo().rule_id
        ):
            raise UserError(
                self.env._(
                    "It may be acknowledged for %(minutes)s minutes.",
                    minutes=min(self.sudo().rule_id.mapped("ack_minutes")),
                )
            )
        if any(alarm._is_acknowledged_here() for alarm in self):
            raise UserError(
                self.env._(
                    "It was acknowledged at this level already: act, snooze it with a "
                    "reason, or resolve it."
                )
            )

    def _is_acknowledged_here(self):
        """Whether somebody saw to it at this level; where nobody is left above, saying
        so again puts nothing off."""
        self.ensure_one()
        return self.acked_level == self.level and self.state != "exhausted"

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
        for alarm in self.sudo():  # sudo: the bound of a rule is no secret
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
        untils = dict.fromkeys(self.ids, epoch(until))
        return self._hold(now, untils, "snooze", reason.strip()).ids

    def _check_hold(self):
        """Whoever may see an alarm may answer it."""
        self.check_access("read")
        if any(alarm.state in ("stopped", "paused") for alarm in self):
            raise UserError(self.env._("This alarm does not run."))

    def _hold(self, now, untils, kind, reason):
        """Hold alarms, those that are not at a level above the person's.

        As many queries for one alarm as for a thousand.

        :param datetime now: naive UTC
        :param untils: {alarm id: seconds until when}
        :param str kind: of the event, ``ack`` or ``snooze``
        :return: the alarms that are silent now
        """
        levels = self._get_user_levels(self.env.user)
        silenced = self.filtered(lambda row: levels[row.id] >= row.reached_seconds)
        quiet = set(silenced.ids)
        self._append_events(
            [
                {
                    "alarm_id": row_id, "kind": kind, "state": "note",
                    "fired_at": epoch(now), "until": untils[row_id],
                    "user_id": self.env.uid,
                    "reason": reason or (None if row_id in quiet else "below"),
                }
                for row_id in self.ids
            ]
        )  # fmt: skip
        if silenced:
            silenced._write_hold(untils, kind, reason)
        self.invalidate_recordset(["event_ids"])
        return silenced

    def _write_hold(self, untils, kind, reason):
        state, level = HOLDS[kind]
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_alarm a
                   SET state = %(state)s, hold_until = %(until)s,
                       next_fire_at = %(until)s, hold_user_id = %(user)s,
                       hold_reason = %(reason)s, %(level)s = a.level
                  FROM unnest(%(ids)s::int4[], %(untils)s::int8[]) AS new(id, until)
                 WHERE a.id = new.id
                """,
                state=state,
                until=to_moment(SQL("new.until")),
                user=self.env.uid,
                reason=reason or None,
                level=SQL.identifier(level),
                ids=self.ids,
                untils=[untils[row_id] for row_id in self.ids],
            )
        )
        self.invalidate_recordset()

    def _get_user_levels(self, user):
        """{alarm id: limit of the highest step that is this person's}; -1: none.

        A step is his when he was told at it, leads the team it tells, has the role or
        is the person it names. Who administers sales is above the responsible, his
        deputy and the leader; owners are above every step. To read all documents is no
        level.
        """
        if user.has_group("crm_relations.group_director"):
            return dict.fromkeys(self.ids, TOP)
        told = dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT e.alarm_id, max(s.limit_minutes) * 60
                      FROM crm_alarm_event e
                      JOIN crm_alarm_event_recipient_rel r ON r.event_id = e.id
                      JOIN crm_alarm_rule_step s ON s.id = e.step_key
                     WHERE e.alarm_id = ANY(%s) AND r.user_id = %s
                     GROUP BY e.alarm_id
                    """,
                    self.ids,
                    user.id,
                )
            )
        )
        manages = user.has_group("sales_team.group_sale_manager")
        own = {}
        levels = {}
        for alarm in self.sudo():  # sudo: whom steps name, who leads a team
            leads = manages or (bool(alarm.team_id) and alarm.team_id.user_id == user)
            key = (alarm.rule_id.id, leads)
            if key not in own:
                own[key] = alarm.rule_id.step_ids._get_user_level(user, leads, manages)
            levels[alarm.id] = max(told.get(alarm.id, -1), own[key])
        return levels

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


class CrmAlarmRuleStep(models.Model):
    _inherit = "crm.alarm.rule.step"

    def _get_user_level(self, user, leads, manages):
        """Limit in seconds of the highest of these steps that is this person's; -1.

        :param bool leads: whether he stands above or at the team's leader
        :param bool manages: whether he administers sales
        """
        limits = [
            step.limit_minutes * 60
            for step in self
            if (step.target == "leader" and leads)
            or (step.target in ("responsible", "deputy") and manages)
            or (step.target == "role" and user in step.role_id.user_ids)
            or (step.target == "user" and user == step.user_id)
        ]
        return max(limits, default=-1)
