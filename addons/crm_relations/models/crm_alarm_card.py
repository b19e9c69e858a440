"""Waiting alarms on the customer's card: they ride along with its one query."""

from types import SimpleNamespace

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.alarm_clock import WallClock, WorkClock, from_epoch
from ..tools.alarm_plan import Known
from ..tools.alarm_steps import Step, forecast
from .crm_alarm_bell import HELD, STRIP_LIMIT
from .crm_alarm_store import COLUMNS, SECONDS

# One row per alarm: its columns, its rule, the ladder, and who was told when. The names
# of colleagues and the rule explain what the reader may see: raw SQL round their rules.
ALARMS_OF_CARD = """
    SELECT %(columns)s, a.started_at, a.hold_until, a.hold_reason, a.snoozed_level,
           holder_name.name AS hold_user, %(record)s AS record, %(rule)s AS rule_name,
           rule.clock, rule.quiet_from, rule.quiet_to,
           calendar.name AS calendar_name, calendar.tz,
           (SELECT json_agg(json_build_object(
                       'id', step.id, 'limit', step.limit_minutes,
                       'repeat', step.repeat_minutes, 'times', step.repeat_max,
                       'target', step.target, 'who', COALESCE(role.name, person.name))
                   ORDER BY step.limit_minutes)
              FROM crm_alarm_rule_step step
              LEFT JOIN res_role role ON role.id = step.role_id
              LEFT JOIN res_users named ON named.id = step.user_id
              LEFT JOIN res_partner person ON person.id = named.partner_id
             WHERE step.rule_id = rule.id) AS steps,
           (SELECT json_object_agg(event.step_key, json_build_object(
                       'kind', event.kind, 'at', %(told_at)s, 'who', told.names))
              FROM crm_alarm_event event
              LEFT JOIN LATERAL (
                    SELECT string_agg(person.name, ', ' ORDER BY person.name) AS names
                      FROM crm_alarm_event_recipient_rel rel
                      JOIN res_users recipient ON recipient.id = rel.user_id
                      JOIN res_partner person ON person.id = recipient.partner_id
                     WHERE rel.event_id = event.id) told ON TRUE
             WHERE event.alarm_id = a.id AND event.kind IN ('notice', 'skipped')
               AND COALESCE(event.repeat_no, 0) = 0
               AND event.step_key IS NOT NULL) AS told
      FROM (%(alarms)s) found
      JOIN crm_alarm a ON a.id = found.id
      JOIN crm_alarm_rule rule ON rule.id = a.rule_id
      LEFT JOIN resource_calendar calendar ON calendar.id = a.calendar_id
      LEFT JOIN res_users holder ON holder.id = a.hold_user_id
      LEFT JOIN res_partner holder_name ON holder_name.id = holder.partner_id
     ORDER BY a.level DESC, a.severity DESC, a.started_at
"""


class CrmCardHead(models.AbstractModel):
    _inherit = "crm.card.head"

    def _get_parts(self, scope):
        parts = super()._get_parts(scope)
        alarms = self.env["crm.alarm"]
        if alarms.has_access("read"):
            parts["alarms"] = alarms._select_for_card(scope["commercial_id"])
        return parts

    def _format_parts(self, scope, figures):
        alarms = self.env["crm.alarm"]
        now = fields.Datetime.now()
        return {
            **super()._format_parts(scope, figures),
            "alarms": [
                alarms._format_for_card(row, now) for row in figures.get("alarms") or []
            ],
        }


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    @api.model
    def _select_for_card(self, customer_id):
        """SQL of the customer's alarms that somebody was told of, the worst first."""
        query = self._search(
            self._get_customer_domain([customer_id]),
            order="level DESC, severity DESC, started_at",
            limit=STRIP_LIMIT,
        )
        columns = SQL(", ").join(
            SQL(
                "%s AS %s",
                SQL(SECONDS, SQL.identifier("a", column))
                if is_moment
                else SQL.identifier("a", column),
                SQL.identifier(name),
            )
            for name, (column, is_moment, _kind) in COLUMNS.items()
        )
        return SQL(
            ALARMS_OF_CARD,
            alarms=query.select(SQL.identifier(query.table, "id")),
            columns=columns,
            told_at=SQL(SECONDS, SQL.identifier("event", "fired_at")),
            rule=SQL(
                "COALESCE(rule.name->>%s, rule.name->>'en_US')",
                self.env.lang or "en_US",
            ),
            record=self._select_record_name(),
        )

    @api.model
    def _select_record_name(self):
        """SQL: the name of an alarm's record, of the models that tell of their changes."""
        cases = []
        for name in self.env.registry:
            model = self.env[name]
            if not getattr(model, "_crm_alarm_marks", False) or model._abstract:
                continue
            field = model._fields.get(model._rec_name)
            if not field or field.type != "char" or not field.store or field.translate:
                continue
            cases.append(
                SQL(
                    "WHEN %s THEN (SELECT %s FROM %s WHERE id = a.res_id)",
                    name,
                    SQL.identifier(field.name),
                    SQL.identifier(model._table),
                )
            )
        return (
            SQL("CASE a.res_model %s END", SQL(" ").join(cases)) if cases else SQL("''")
        )

    @api.model
    def _format_for_card(self, row, now):
        """A row of ``_select_for_card`` as ``load_strip`` says it; who comes next is the
        role of the step, not yet the person: whom it will find is decided then."""
        known = Known(**{name: row[name] for name in COLUMNS})
        found = self._explain_for_card(row, known, now)
        return {
            "id": known.id,
            "severity": known.severity,
            "is_told": known.level > 0,
            "is_held": known.state in HELD,
            "may_hold": known.state != "paused",
            "may_snooze": row["snoozed_level"] != known.level,
            "title": self._get_strip_title(found),
            "why": self._get_why(found, now),
            "hold": self._format_hold_words(
                known.state,
                row["hold_user"],
                found["hold_until"],
                row["hold_reason"],
                now,
            ),
        }

    @api.model
    def _explain_for_card(self, row, known, now):
        """What ``_explain`` says, out of the row alone."""
        clock = self._get_card_clock(row, known)
        moment = int((now - from_epoch(0)).total_seconds())
        return {
            "name": row["record"] or "",
            "rule": row["rule_name"],
            "started_at": from_epoch(known.start),
            "clock": row["clock"],
            "calendar": row["calendar_name"] or "",
            "state": known.state,
            "is_broken": known.broken,
            "held_minutes": known.held // 60,
            "hold_until": known.hold and from_epoch(known.hold),
            "waited_minutes": known.waited(clock, moment) // 60,
            "steps": self._explain_card_steps(row, known, clock),
        }

    @api.model
    def _get_card_clock(self, row, known):
        if row["clock"] == "working":
            calendars = self.env["resource.calendar"]
            return WorkClock(calendars._crm_alarm_get_known_schedule(known.calendar))
        quiet = (round(row["quiet_from"] * 60), round(row["quiet_to"] * 60))
        return WallClock(row["tz"] or self.env.user.tz or "UTC", quiet)

    @api.model
    def _explain_card_steps(self, row, known, clock):
        steps, told = row["steps"] or [], row["told"] or {}
        labels = dict(
            self.env["crm.alarm.rule.step"]
            ._fields["target"]
            ._description_selection(self.env)
        )
        dues = self._forecast_card_steps(known, steps, clock)
        rows, is_next = [], True
        for step in steps:
            event = told.get(str(step["id"]))
            due_at = event["at"] if event else dues.get(step["id"])
            rows.append(
                {
                    "limit_minutes": step["limit"],
                    "due_at": due_at is not None and from_epoch(due_at),
                    "who": event["who"]
                    if event
                    else step["who"] or labels[step["target"]],
                    "state": self._explain_state(
                        event and SimpleNamespace(**event), is_next
                    ),
                }
            )
            is_next = is_next and bool(event)
        return rows

    @api.model
    def _forecast_card_steps(self, known, steps, clock):
        """{step id: seconds or None} of the steps above; nothing while it stands still."""
        if known.state in ("paused", "stopped"):
            return {}
        ladder = [
            Step(
                step["id"],
                step["limit"] * 60,
                (step["repeat"] or 0) * 60,
                step["times"] or 0,
            )
            for step in steps
        ]
        return forecast(known.climb(), ladder, clock)
