"""What is due: steps are decided and written down; telling comes later."""

import logging

from odoo import api, models
from odoo.tools import SQL

from ..tools.alarm_clock import DAY, from_epoch
from ..tools.alarm_steps import due_steps
from .crm_alarm_books import Books
from .crm_alarm_rule_error import ASIDE
from .crm_alarm_rule_watch import Scope
from .crm_alarm_store import to_moment
from .crm_alarm_target import Targets
from .crm_pass_mixin import CONFLICTS

_logger = logging.getLogger(__name__)

LIVE = ("running", "acknowledged", "snoozed", "exhausted")


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    @api.model
    def _fire(self, now, limit):
        """Decide about every alarm that is due at ``now``; how many there were."""
        due = SQL(
            "a.state IN %s AND a.next_fire_at <= %s AND a.rule_id NOT IN "
            "(SELECT id FROM crm_alarm_rule WHERE failed_at > %s)",
            LIVE,
            to_moment(now),
            from_epoch(now) - ASIDE,
        )
        self.env["crm.alarm.rule"].flush_model(["failed_at"])
        alarms = self._read_known(due, limit, SQL("a.next_fire_at, a.id"))
        if not alarms:
            return 0
        rules = self.env["crm.alarm.rule"].with_context(active_test=False)
        for rule, rows in self._group(rules, alarms):
            # what changed behind our back is noticed before anybody is told
            with rule._isolated(now):
                self._look(rule, Scope(ids=sorted({row.res_id for row in rows})), now)
        self._apply_progress([alarm.id for alarm in alarms], now)
        self.env["crm.alarm.rule"].flush_model(["failed_at"])
        still = SQL("a.id = ANY(%s) AND %s", [alarm.id for alarm in alarms], due)
        for rule, rows in self._group(rules, self._read_known(still)):
            with rule._isolated(now):
                self._fire_rule(rule, rows, now)
        return len(alarms)

    @api.model
    def _group(self, rules, alarms):
        """[(rule, its alarms)]"""
        groups = {}
        for alarm in alarms:
            groups.setdefault(alarm.rule, []).append(alarm)
        return [(rules.browse(rule_id), rows) for rule_id, rows in groups.items()]

    @api.model
    def _fire_rule(self, rule, alarms, now):
        books = Books(self.env, alarms)
        steps = rule.step_ids._get_ladder()
        decisions = {
            alarm.id: due_steps(
                alarm.climb(), steps, rule._get_clock(alarm.calendar, books), now
            )
            for alarm in alarms
        }
        firing = [alarm for alarm in alarms if decisions[alarm.id].fire]
        events = self._prepare_notices(rule, firing, decisions, now)
        self._write_notices(events)
        severities = {step.id: step.severity for step in rule.step_ids}
        self._save_known(
            [
                self._climb(alarm, decisions[alarm.id], steps, severities, now)
                for alarm in alarms
            ]
        )
        self._reassign(rule, events)
        self._stop_unreachable(rule, events, alarms, books, now)

    @api.model
    def _climb(self, alarm, decision, steps, severities, now):
        """The alarm after a decision."""
        alarm = alarm._replace(
            next_at=decision.next_at, broken=decision.broken, held=decision.held
        )
        if decision.is_held:
            return alarm
        ended = decision.next_at is None and not decision.broken
        alarm = alarm._replace(hold=None, state="exhausted" if ended else "running")
        step = decision.fire
        if not step:
            return alarm
        return alarm._replace(
            reached=step.limit, repeat_no=decision.repeat_no, fired=now, step=step.id,
            level=sum(row.limit <= step.limit for row in steps),
            severity=max(alarm.severity or "1", severities[step.id]),
        )  # fmt: skip

    @api.model
    def _prepare_notices(self, rule, alarms, decisions, now):
        """Events of what is due, with whom to tell.

        :return: [(values of an event, user ids, alarm)]
        """
        if not alarms:
            return []
        targets = Targets(rule, alarms, now)
        counts = self._count_recent_notices(rule, alarms, now - DAY)
        channels = {step.id: step.channel for step in rule.step_ids}
        events = []
        for alarm in alarms:
            decision = decisions[alarm.id]
            events += [
                (self._prepare_event(alarm, step.id, 0, now, "late"), (), alarm)
                for step in decision.skipped
            ]
            step_id = decision.fire.id
            users, reason = targets.choose(alarm, step_id, decision.repeat_no)
            if users and counts.get(alarm.res_id, 0) >= rule.record_notice_max:
                users, reason = (), "cap"
            counts[alarm.res_id] = counts.get(alarm.res_id, 0) + 1
            values = self._prepare_event(
                alarm, step_id, decision.repeat_no, now, reason
            )
            if users:
                values |= {
                    "kind": "notice", "state": "pending", "channel": channels[step_id],
                }  # fmt: skip
            events.append((values, sorted(users), alarm))
        return events

    @api.model
    def _prepare_event(self, alarm, step_id, repeat_no, now, reason):
        return {
            "alarm_id": alarm.id, "step_id": step_id, "step_key": step_id,
            "repeat_no": repeat_no, "kind": "skipped", "state": "note",
            "channel": None, "planned_at": alarm.next_at, "fired_at": now,
            "reason": reason,
        }  # fmt: skip

    @api.model
    def _write_notices(self, events):
        """Append events with their recipients, by three statements."""
        ids = self._append_events([values for values, _users, _alarm in events])
        keys = [
            (alarm.id, values["step_key"], values["repeat_no"])
            for values, _users, alarm in events
        ]
        pairs = [
            (ids[key], user, alarm.id)
            for key, (_values, users, alarm) in zip(keys, events, strict=True)
            for user in users
            if key in ids
        ]
        if not pairs:
            return
        event_ids, user_ids, alarm_ids = (list(row) for row in zip(*pairs, strict=True))
        self.env.cr.execute(
            "INSERT INTO crm_alarm_event_recipient_rel (event_id, user_id) "
            "SELECT * FROM unnest(%s::int4[], %s::int4[])",
            [event_ids, user_ids],
        )
        self.env.cr.execute(
            "INSERT INTO crm_alarm_notified_rel (alarm_id, user_id) "
            "SELECT * FROM unnest(%s::int4[], %s::int4[]) ON CONFLICT DO NOTHING",
            [alarm_ids, user_ids],
        )
        self.env["crm.alarm.event"].invalidate_model()

    @api.model
    def _reassign(self, rule, events):
        """Whoever is told becomes responsible, where the step says so."""
        steps = {step.id for step in rule.step_ids if step.reassign}
        by_user = {}
        for values, users, alarm in events:
            if values["step_id"] in steps and users:
                by_user.setdefault(users[0], []).append(alarm.res_id)
        model_sudo = rule._get_watched_model_sudo()
        name = rule._get_responsible_name(model_sudo)
        field = model_sudo._fields.get(name)
        if not field or field.readonly or field.related:
            return
        for user_id, ids in by_user.items():
            records_sudo = model_sudo.browse(ids).with_context(
                mail_auto_subscribe_no_notify=True
            )
            if not self._write_responsible(rule, records_sudo, name, user_id):
                for record_sudo in records_sudo:
                    self._write_responsible(rule, record_sudo, name, user_id)

    @api.model
    def _write_responsible(self, rule, records_sudo, name, user_id):
        """Whether it could be written; a record that refuses is said on the rule."""
        try:
            with self.env.cr.savepoint():
                records_sudo.write({name: user_id})
        except CONFLICTS:
            raise
        except Exception as error:
            _logger.exception("Alarms: %s keeps its responsible", records_sudo)
            if len(records_sudo) == 1:
                rule._note_error(
                    self.env._(
                        "%(record)s keeps its responsible: %(error)s",
                        record=records_sudo.display_name,
                        error=error,
                    )
                )
            return False
        return True

    @api.model
    def _stop_unreachable(self, rule, events, alarms, books, now):
        """Nobody at all may see the record: an alarm would be shouted into the void."""
        by_id = {alarm.id: alarm for alarm in alarms}
        ends = []
        for values, _users, alarm in events:
            if values["reason"] == "no_access":
                clock = rule._get_clock(by_id[alarm.id].calendar, books)
                ends.append((alarm.id, now, alarm.waited(clock, now)))
        self._stop_known(ends, SQL("'no_access'"), spent=True)
