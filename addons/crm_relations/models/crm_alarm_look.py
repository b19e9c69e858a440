"""Looking at records: which alarms start, stop, pause, go on."""

from odoo import api, models
from odoo.tools import SQL

from ..tools.alarm_clock import epoch
from ..tools.alarm_plan import Known, plan
from ..tools.alarm_steps import arm
from .crm_alarm_books import Books

# records looked at in one piece: what a pass holds in memory
PIECE = 20_000


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    @api.model
    def _look(self, rule, scope, now):
        """Compare records of a rule with its alarms, and make them agree.

        :param Scope scope: which records
        :param int now: seconds
        :return: (ids of alarms started or gone on, id up to which all was looked at, or
            None when everything was)
        """
        rows = rule._search_watched(scope, PIECE) if rule.active else []
        bounce = rule.bounce_minutes * 60
        known = self._read_known_of_rule(rule, scope, now - bounce, PIECE)
        until = None
        if scope.ids is None:
            until = self._get_piece_end(rows, known)
        books = Books(self.env, rows)
        found = {
            row.id: self._prepare_found(rule, row, books, now)
            for row in rows
            if until is None or row.id <= until
        }
        alarms = {}
        for alarm in known:
            if until is None or alarm.res_id <= until:
                alarms.setdefault(alarm.res_id, []).append(alarm)
        decided = plan(
            found, alarms, now,
            valid_from=epoch(rule.valid_from) if rule.valid_from else None,
            bounce=bounce,
            follow=rule.follow_date and bool(rule.date_field_id),
        )  # fmt: skip
        by_id = {alarm.id: alarm for rows in alarms.values() for alarm in rows}
        return self._apply_plan(rule, decided, by_id, books, now), until

    @api.model
    def _get_piece_end(self, rows, known):
        """The last record of which all is known, when there is more than a piece."""
        ends = []
        if len(rows) == PIECE:
            ends.append(rows[-1].id)
        if len(known) == PIECE:
            ends.append(known[-1].res_id - 1)
        return min(ends, default=None)

    @api.model
    def _prepare_found(self, rule, row, books, now):
        row = books.complete(row)
        calendar_id = books.remember(
            ("calendar", rule.id, row.team, row.user, row.company),
            lambda: rule._get_calendar_id(row, books),
        )
        start = books.remember(
            ("start", rule.id, row.start, calendar_id),
            lambda: rule._get_start(row, rule._get_clock(calendar_id, books), now),
        )
        return row._replace(start=start, calendar=calendar_id)

    @api.model
    def _apply_plan(self, rule, decided, alarms, books, now):
        """Write what was decided; ids of the alarms that started or went on."""
        self._close(rule, decided.closed, alarms, books, now)
        if decided.forgotten:
            self.env.cr.execute(
                "UPDATE crm_alarm SET is_spent = FALSE WHERE id = ANY(%s)",
                [decided.forgotten],
            )
        self._change(rule, decided, alarms, books, now)
        opened = self._open(rule, decided.opened, books, now)
        return opened + decided.reopened

    @api.model
    def _open(self, rule, rows, books, now):
        """Start alarms for records; their ids."""
        steps = rule.step_ids._get_ladder()
        opened = []
        for row in rows:
            alarm = Known(
                0, row.id, "paused" if row.paused else "running", row.start,
                resumed=None if row.paused else row.start, company=row.company,
                user=row.user, team=row.team, customer=row.customer, lead=row.lead,
                calendar=row.calendar, rule=rule.id, version=rule.version,
            )  # fmt: skip
            opened.append(self._arm(rule, alarm, steps, books, now))
        return self._insert_known(rule, opened, now)

    @api.model
    def _arm(self, rule, alarm, steps, books, now):
        """The alarm with the moment when it is looked at next."""
        if alarm.state == "paused":
            return alarm._replace(next_at=None, broken=False, version=rule.version)
        limits = {step.id: step.limit for step in steps}
        if alarm.step in limits:  # the step may have got another limit
            alarm = alarm._replace(reached=limits[alarm.step])
        clock = rule._get_clock(alarm.calendar, books)
        next_at, broken = arm(alarm.climb(), steps, clock, now)
        return alarm._replace(next_at=next_at, broken=broken, version=rule.version)

    @api.model
    def _change(self, rule, decided, alarms, books, now):
        """Pause, go on, start anew, note people; compute again what is out of date."""
        steps = rule.step_ids._get_ladder()
        changed, events = {}, []

        def note(alarm, kind):
            events.append(
                {"alarm_id": alarm.id, "kind": kind, "state": "note", "fired_at": now}
            )

        for alarm_id, row in decided.changed.items():
            changed[alarm_id] = alarms[alarm_id]._replace(
                user=row.user, team=row.team, customer=row.customer, lead=row.lead,
                calendar=row.calendar,
            )  # fmt: skip
        for alarm_id, start in decided.restarted.items():
            alarm = changed.get(alarm_id, alarms[alarm_id])
            changed[alarm_id] = alarm._replace(
                start=start, consumed=0, held=0,
                resumed=None if alarm.state == "paused" else start,
            )  # fmt: skip
        for kind, ids in (
            ("reopen", decided.reopened),
            ("pause", decided.paused),
            ("resume", decided.resumed),
        ):
            for alarm_id in ids:
                alarm = changed.get(alarm_id, alarms[alarm_id])
                clock = rule._get_clock(alarm.calendar, books)
                changed[alarm_id] = self._switch(alarm, kind, clock, now)
                note(alarm, kind)
        for alarm in alarms.values():
            is_open = alarm.state != "stopped" and alarm.id not in decided.closed
            if is_open and alarm.version != rule.version:
                changed.setdefault(alarm.id, alarm)
        armed = [
            self._arm(rule, alarm, steps, books, now) for alarm in changed.values()
        ]
        for alarm in armed:
            old = alarms[alarm.id]
            if old.version != alarm.version and old.next_at != alarm.next_at:
                note(alarm, "recompute")
        self._save_known(armed)
        self._append_events(events)

    @api.model
    def _switch(self, alarm, kind, clock, now):
        if kind == "pause":
            return alarm._replace(
                state="paused", consumed=alarm.waited(clock, now), resumed=None
            )
        state = "acknowledged" if alarm.hold and alarm.hold > now else "running"
        if kind == "resume":
            return alarm._replace(state=state, resumed=max(now, alarm.start))
        # it goes on as if it had never stopped: the time away counts
        resumed = alarm.resumed
        if resumed is None:  # it left while it was paused: that time is consumed
            resumed = max(alarm.bounced_at or now, alarm.start)
        return alarm._replace(state=state, resumed=resumed, spent=False)

    # -- the end -------------------------------------------------------------------

    @api.model
    def _close(self, rule, closed, alarms, books, now):
        """End alarms whose record no longer waits, with the reason.

        :param closed: {alarm id: reason, or None to find it out}
        """
        ends = {}
        for alarm_id, reason in closed.items():
            alarm = alarms[alarm_id]
            clock = rule._get_clock(alarm.calendar, books)
            ends.setdefault(reason, []).append(
                (alarm_id, now, alarm.waited(clock, now))
            )
        for reason, rows in ends.items():
            self._stop_known(
                rows, SQL("%s", reason) if reason else self._get_reason_sql(rule)
            )

    @api.model
    def _get_reason_sql(self, rule):
        """Why a record no longer waits: SQL that reads ``crm_alarm a``."""
        if not rule.active:
            return SQL("'rule'")
        model = rule._get_watched_model_sudo()
        cases = [SQL("WHEN record.id IS NULL THEN 'deleted'")]
        if "won_status" in model._fields:
            cases.append(SQL("WHEN record.won_status = 'won' THEN 'won'"))
            cases.append(SQL("WHEN record.won_status = 'lost' THEN 'lost'"))
        if model._active_name:
            active = SQL.identifier("record", model._active_name)
            cases.append(SQL("WHEN %s IS FALSE THEN 'archived'", active))
        if rule.company_id and "company_id" in model._fields:
            cases.append(SQL("WHEN record.company_id <> a.company_id THEN 'company'"))
        if rule.stop_domain:
            stop = model._search(rule._parse_domain("stop_domain"))
            cases.append(SQL("WHEN record.id IN %s THEN 'stop'", stop.subselect()))
        return SQL(
            "(SELECT CASE %s ELSE 'condition' END FROM (SELECT a.res_id AS wanted) own "
            "LEFT JOIN %s record ON record.id = own.wanted)",
            SQL(" ").join(cases),
            SQL.identifier(model._table),
        )
