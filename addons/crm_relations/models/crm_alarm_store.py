"""Alarms read and written by sets: the engine never browses them one by one."""

from odoo import api, models
from odoo.tools import SQL

from ..tools.alarm_plan import Known
from .crm_alarm_rule_watch import scope_sql

SECONDS = "EXTRACT(EPOCH FROM %s)::int8"
MOMENT = "to_timestamp(%s) AT TIME ZONE 'UTC'"

# {attribute of Known: (column, is a moment, PostgreSQL type)}
COLUMNS = {
    "id": ("id", False, "int4"),
    "res_id": ("res_id", False, "int4"),
    "state": ("state", False, "varchar"),
    "start": ("started_at", True, "int8"),
    "reached": ("reached_seconds", False, "int4"),
    "resumed": ("resumed_at", True, "int8"),
    "company": ("company_id", False, "int4"),
    "user": ("user_id", False, "int4"),
    "team": ("team_id", False, "int4"),
    "customer": ("customer_id", False, "int4"),
    "lead": ("lead_id", False, "int4"),
    "calendar": ("calendar_id", False, "int4"),
    "spent": ("is_spent", False, "bool"),
    "rule": ("rule_id", False, "int4"),
    "version": ("rule_version", False, "int4"),
    "consumed": ("consumed_seconds", False, "int4"),
    "held": ("held_seconds", False, "int4"),
    "hold": ("hold_until", True, "int8"),
    "level": ("level", False, "int4"),
    "step": ("step_id", False, "int4"),
    "repeat_no": ("repeat_no", False, "int4"),
    "fired": ("fired_at", True, "int8"),
    "next_at": ("next_fire_at", True, "int8"),
    "broken": ("is_broken", False, "bool"),
    "severity": ("severity", False, "varchar"),
}
# somebody did what was waited for; the other ends say nothing about that
ANSWERS = ("progress", "stop", "condition", "won", "resolved")
FIXED = ("id", "rule", "res_id", "company")


def to_moment(seconds):
    return SQL(MOMENT, seconds)


def unnest(names, rows, alias):
    """``unnest`` of attributes of rows as a table ``alias(names)``."""
    arrays = [
        # the types are our own constants
        SQL("%s::" + COLUMNS[name][2] + "[]", [getattr(row, name) for row in rows])  # pylint: disable=sql-injection
        for name in names
    ]
    return SQL(
        "unnest(%s) AS %s(%s)",
        SQL(", ").join(arrays),
        SQL.identifier(alias),
        SQL(", ").join(SQL.identifier(name) for name in names),
    )


def from_unnest(name, alias="new"):
    """SQL of a value that came by ``unnest``, as its column wants it."""
    value = SQL.identifier(alias, name)
    return to_moment(value) if COLUMNS[name][1] else value


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    @api.model
    def _read_known(self, where, limit=None, order=None):
        """Alarms as the arithmetic wants them.

        :param SQL where: condition on ``crm_alarm a``
        :return: list of Known
        """
        self.flush_model()
        columns = [
            SQL(SECONDS, SQL.identifier("a", column))
            if is_moment
            else SQL.identifier("a", column)
            for column, is_moment, _kind in COLUMNS.values()
        ]
        bounced = SQL(
            "CASE WHEN a.state = 'stopped' AND a.stop_reason = 'condition' THEN "
            "EXTRACT(EPOCH FROM a.stopped_at)::int8 END"
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT %s, %s FROM crm_alarm a WHERE %s ORDER BY %s %s",
                SQL(", ").join(columns),
                bounced,
                where,
                order or SQL("a.id"),
                SQL("LIMIT %s", limit) if limit else SQL(),
            )
        )
        names = [*COLUMNS, "bounced_at"]
        return [Known(**dict(zip(names, row, strict=True))) for row in rows]

    @api.model
    def _read_known_of_rule(self, rule, scope, since, limit):
        """Open alarms of a rule, and closed ones that still matter after ``since``."""
        return self._read_known(
            SQL(
                "a.rule_id = %s AND %s AND (a.state <> 'stopped' OR a.is_spent OR "
                "(a.stop_reason = 'condition' AND a.stopped_at > %s))",
                rule.id,
                scope_sql(scope, SQL("a.res_id")),
                to_moment(since),
            ),
            limit,
            SQL("a.res_id, a.id DESC"),
        )

    @api.model
    def _save_known(self, alarms):
        """Write back what the arithmetic made of open alarms."""
        if not alarms:
            return
        names = [name for name in COLUMNS if name not in FIXED]
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_alarm a
                   SET %s, stopped_at = NULL, stop_reason = NULL
                  FROM %s WHERE a.id = new.id
                """,
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(COLUMNS[name][0]), from_unnest(name))
                    for name in names
                ),
                unnest(["id", *names], alarms, "new"),
            )
        )
        self.invalidate_model()

    @api.model
    def _insert_known(self, rule, alarms, now):
        """Open alarms; their ids.

        :param alarms: Known without an id
        """
        if not alarms:
            return []
        names = [name for name in COLUMNS if name not in ("id", "rule", "lead")]
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_alarm (rule_id, res_model, opened_at, snoozed_level,
                                       acked_level, episode, lead_id, %(columns)s)
                SELECT %(rule)s, %(model)s, %(now)s, -1, -1,
                       COALESCE((SELECT max(old.episode) FROM crm_alarm old
                                  WHERE old.rule_id = %(rule)s
                                    AND old.res_id = new.res_id), 0) + 1,
                       (SELECT id FROM crm_lead WHERE id = new.lead),
                       %(values)s
                  FROM %(source)s
                RETURNING id
                """,
                columns=SQL(", ").join(
                    SQL.identifier(COLUMNS[name][0]) for name in names
                ),
                values=SQL(", ").join(map(from_unnest, names)),
                rule=rule.id,
                model=rule.model,
                now=to_moment(now),
                source=unnest([*names, "lead"], alarms, "new"),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _stop_known(self, rows, reason, note=None, user=None, spent=False):
        """End alarms.

        :param rows: list of (alarm id, moment in seconds, seconds waited)
        :param SQL reason: SQL of the reason, reading ``crm_alarm a``
        """
        if not rows:
            return
        ids, moments, waited = (list(column) for column in zip(*rows, strict=True))
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_alarm a
                   SET state = 'stopped', stopped_at = %(moment)s,
                       stop_reason = %(reason)s, stop_note = %(note)s,
                       stop_user_id = %(user)s, waited_seconds = done.waited,
                       is_in_time = (a.level = 0 AND %(reason)s IN %(answers)s),
                       is_spent = %(spent)s,
                       next_fire_at = NULL, is_broken = FALSE
                  FROM unnest(%(ids)s::int4[], %(moments)s::int8[], %(waited)s::int4[])
                       AS done(id, moment, waited)
                 WHERE a.id = done.id AND a.state <> 'stopped'
                """,
                moment=to_moment(SQL("done.moment")),
                reason=reason,
                answers=ANSWERS,
                note=note,
                user=user,
                spent=spent,
                ids=ids,
                moments=moments,
                waited=waited,
            )
        )
        self.invalidate_model()
        self._remove_activities(ids)

    @api.model
    def _remove_activities(self, ids):
        """The to-dos that told of these alarms are not to be done any more."""
        # sudo: they are other people's
        activities_sudo = self.env["mail.activity"].sudo()
        activities_sudo.search([("crm_alarm_id", "in", ids)]).unlink()

    @api.model
    def _append_events(self, rows):
        """Append events by one statement; what was told already is not told again.

        :param rows: list of dicts of column values, times in seconds; all have the keys
            of the first
        :return: {(alarm id, step key, repeat number): event id}
        """
        if not rows:
            return {}
        kinds = {
            "alarm_id": "int4", "step_id": "int4", "step_key": "int4",
            "repeat_no": "int4", "kind": "varchar", "state": "varchar",
            "channel": "varchar", "planned_at": "int8", "fired_at": "int8",
            "user_id": "int4", "reason": "varchar", "until": "int8",
        }  # fmt: skip
        moments = {"planned_at", "fired_at", "until"}
        names = list(rows[0])
        arrays = [
            # the types are our own constants
            SQL("%s::" + kinds[name] + "[]", [row[name] for row in rows])  # pylint: disable=sql-injection
            for name in names
        ]
        values = [
            to_moment(SQL.identifier("new", name))
            if name in moments
            else SQL.identifier("new", name)
            for name in names
        ]
        columns = SQL(", ").join(map(SQL.identifier, names))
        created = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_alarm_event (%s, attempts) SELECT %s, 0
                  FROM unnest(%s) WITH ORDINALITY AS new(%s, place)
                 ORDER BY new.place
                    ON CONFLICT (alarm_id, step_key, repeat_no) DO NOTHING
                RETURNING alarm_id, step_key, repeat_no, id
                """,
                columns,
                SQL(", ").join(values),
                SQL(", ").join(arrays),
                columns,
            )
        )
        return {tuple(row[:3]): row[3] for row in created}
