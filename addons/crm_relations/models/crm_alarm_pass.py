"""The pass: takes what changed, looks at it, and fires what is due."""

import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.alarm_clock import epoch, from_epoch
from .crm_alarm_look import PIECE
from .crm_alarm_rule_watch import Scope

HEALTH_CODE = "alarm_pass"


class CrmAlarmRule(models.Model):
    _inherit = "crm.alarm.rule"

    scan_after = fields.Integer(
        default=-1,
        copy=False,
        help="A look at all records is under way, done up to this one; -1: none.",
        export_string_translation=False,
    )


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    @api.model
    def _cron_run(self):
        """Every minute: look, fire, tell; as long as there is work and time."""
        self._run_all(fields.Datetime.now())

    @api.model
    def _run_all(self, now):
        """Whole passes at ``now``, committed piece by piece."""
        events = self.env["crm.alarm.event"]
        for work in (self._run, events._tell):
            while True:
                done = self._run_committed(work, now)
                # a fresh snapshot for the next piece
                if not done or not self.env["ir.cron"]._commit_progress(done):
                    break

    @api.model
    def _run(self, now, limit=PIECE):
        """One piece of the pass, in this transaction.

        :param datetime now: naive UTC
        :return: how many records and alarms were worked on; 0: nothing is left to do,
            or another worker is at it
        """
        dirty_model = self.env["crm.alarm.dirty"]
        if not dirty_model._lock():
            return 0
        moment = epoch(now)
        self._note_pass(now)
        keys = dirty_model._take(limit)
        rules = self.env["crm.alarm.rule"].search([("active", "in", [True, False])])
        rules._retry_failed(now)
        worked = self._work_dirty(rules, keys, moment)
        worked += self._work_scans(rules, now)
        if len(keys) >= limit:
            return worked  # what is due may have changed: first the rest of the queue
        return worked + self._fire(moment, limit)

    @api.model
    def _work_dirty(self, rules, keys, now):
        """Look at the records that changed; how many.

        A rule that is left aside looks at all of its records when it is tried again.
        """
        dirty = {}
        for model, row_id in keys:
            dirty.setdefault(model, []).append(row_id)
        self._request_scans(rules, dirty)
        started = []
        for rule in rules:
            ids = dirty.get(rule.model)
            if not ids or not rule.active or rule._is_aside(from_epoch(now)):
                continue
            if rule.model in self.env:
                with rule._isolated(now):
                    alarm_ids, _until = self._look(rule, Scope(ids=sorted(ids)), now)
                    started += alarm_ids
        if dirty:
            touched = self._find_touched(dirty)
            self._apply_progress(list({*touched, *started}), now)
        return len(keys)

    @api.model
    def _request_scans(self, rules, dirty):
        """Changed rules and calendars: all their alarms are looked at, piece by piece."""
        changed = set(dirty.get("crm.alarm.rule", ()))
        calendars = dirty.get("resource.calendar")
        if calendars:
            rows = self.env.execute_query(
                SQL(
                    """
                    UPDATE crm_alarm_rule SET version = version + 1
                     WHERE id IN (SELECT DISTINCT rule_id FROM crm_alarm
                                   WHERE state <> 'stopped'
                                     AND (calendar_id = ANY(%(ids)s) OR 0 = ANY(%(ids)s)))
                    RETURNING id
                    """,
                    ids=calendars,
                )
            )
            rules.invalidate_recordset(["version"])
            changed |= {row[0] for row in rows}
        rules.filtered(lambda rule: rule.id in changed)._set_quietly(scan_after=0)

    @api.model
    def _work_scans(self, rules, now, timer=time.monotonic):
        """One piece of every look at all records that is under way; how many pieces.

        :param timer: seconds of a clock that never goes back
        """
        rules = rules.filtered(
            lambda rule: rule.model in self.env and not rule._is_aside(now)
        )
        for rule in rules:
            is_due = not rule.next_poll_at or rule.next_poll_at <= now
            if rule.active and rule.is_polled and is_due:
                next_at = now + timedelta(minutes=rule.poll_minutes)
                rule._set_quietly(scan_after=0, next_poll_at=next_at)
        pieces = 0
        for rule in rules.filtered(lambda rule: rule.scan_after >= 0):
            pieces += 1
            with rule._isolated(epoch(now)):
                self._work_scan(rule, now, timer)
        return pieces

    @api.model
    def _work_scan(self, rule, now, timer):
        """One piece of the look at all records of a rule."""
        started, before = timer(), rule.poll_milliseconds if rule.scan_after else 0
        alarm_ids, until = self._look(rule, Scope(after=rule.scan_after), epoch(now))
        self._apply_progress(alarm_ids, epoch(now))
        values = {"scan_after": -1 if until is None else until}
        if until is None and rule.last_error:
            values["last_error"] = False
        if rule.is_polled:
            took = round((timer() - started) * 1000)
            values["poll_milliseconds"] = before + took
        rule._set_quietly(**values)

    @api.model
    def _note_pass(self, now):
        """The dead-man's check sees that somebody is alive, and what is ill now."""
        self.env["crm.health.check"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_health_check SET last_run_at = %s WHERE code = %s
                RETURNING problem_count,
                    (SELECT count(*) FROM crm_alarm
                      WHERE is_broken AND state <> 'stopped')
                    + (SELECT count(*) FROM crm_alarm_event WHERE state = 'failed')
                    + (SELECT count(*) FROM crm_alarm_rule
                        WHERE active AND last_error IS NOT NULL)
                """,
                now,
                HEALTH_CODE,
            )
        )
        if any((known or 0) != found for known, found in rows):
            self._report_problems(now)
