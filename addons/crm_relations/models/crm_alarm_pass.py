"""The pass: takes what changed, looks at it, and fires what is due."""

import logging
from datetime import timedelta

from psycopg2 import errors

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.alarm_clock import epoch
from .crm_alarm_look import PIECE
from .crm_alarm_rule_watch import Scope

_logger = logging.getLogger(__name__)

TRIES = 5
# another worker or a user was faster: the transaction ends, a new one sees it
CONFLICTS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
    errors.LockNotAvailable,
)
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
    def _run_committed(self, work, now):
        """One piece of work in a transaction of its own; how much was done."""
        for attempt in range(1, TRIES + 1):
            # the snapshot must be younger than the lock of whoever worked before
            self.env["ir.cron"]._commit_progress()
            try:
                done = work(now)
                self.env.flush_all()
                return done
            except CONFLICTS:
                self.env.cr.rollback()
                self.env.transaction.reset()
                if attempt == TRIES:
                    raise
                _logger.info("Alarms: somebody was faster, attempt %s", attempt)
        return 0

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
        worked = self._work_dirty(rules, keys, moment)
        worked += self._work_scans(rules, now)
        if len(keys) >= limit:
            return worked  # what is due may have changed: first the rest of the queue
        return worked + self._fire(moment, limit)

    @api.model
    def _work_dirty(self, rules, keys, now):
        """Look at the records that changed; how many."""
        dirty = {}
        for model, row_id in keys:
            dirty.setdefault(model, []).append(row_id)
        self._request_scans(rules, dirty)
        started = []
        for rule in rules:
            ids = dirty.get(rule.model)
            if ids and rule.active and rule.model in self.env:
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
    def _work_scans(self, rules, now):
        """One piece of every look at all records that is under way; how many pieces."""
        polled = rules.filtered(
            lambda rule: rule.active
            and rule.is_polled
            and (not rule.next_poll_at or rule.next_poll_at <= now)
        )
        polled._set_quietly(scan_after=0)
        for rule in polled:
            rule._set_quietly(next_poll_at=now + timedelta(minutes=rule.poll_minutes))
        pieces = 0
        for rule in rules.filtered(
            lambda rule: rule.scan_after >= 0 and rule.model in self.env
        ):
            pieces += 1
            started = fields.Datetime.now()
            alarm_ids, until = self._look(
                rule, Scope(after=rule.scan_after), epoch(now)
            )
            self._apply_progress(alarm_ids, epoch(now))
            rule._set_quietly(scan_after=-1 if until is None else until)
            took = fields.Datetime.now() - started
            if rule.is_polled:
                rule._set_quietly(poll_milliseconds=int(took.total_seconds() * 1000))
        return pieces

    @api.model
    def _note_pass(self, now):
        """The dead-man's check sees that somebody is alive."""
        self.env["crm.health.check"].flush_model()
        self.env.cr.execute(
            "UPDATE crm_health_check SET last_run_at = %s WHERE code = %s",
            [now, HEALTH_CODE],
        )
