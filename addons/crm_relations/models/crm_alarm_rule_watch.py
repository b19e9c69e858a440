"""What a rule watches, as SQL: rows of a model that must not wait, with their people."""

from datetime import date, timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.alarm_clock import (
    WallClock,
    epoch,
    from_epoch,
    midnight,
    shift_days,
)
from ..tools.alarm_plan import Found
from ..tools.alarm_steps import Climb, due_moment
from .crm_alarm_books import Books

RESPONSIBLE_FIELDS = ("crm_seller_id", "invoice_user_id", "owner_id", "user_id")
LEAD_FIELDS = {"crm.lead": "id", "sale.order": "opportunity_id"}


class Scope(NamedTuple):
    """Which records are looked at: these, or a piece of all by id."""

    ids: list | None = None
    after: int = 0
    until: int | None = None


EVERYTHING = Scope()


def scope_sql(scope, column):
    if scope.ids is not None:
        return SQL("%s = ANY(%s)", column, scope.ids)
    if scope.until is None:
        return SQL("%s > %s", column, scope.after)
    return SQL("%s > %s AND %s <= %s", column, scope.after, column, scope.until)


class CrmAlarmRule(models.Model):
    _inherit = "crm.alarm.rule"

    @api.model
    def _get_responsible_name(self, model):
        """Name of the field that says who has to act, or None."""
        if self.responsible_field_id:
            return self.responsible_field_id.name
        return next(
            (
                name
                for name in RESPONSIBLE_FIELDS
                if name in model._fields
                and model._fields[name].comodel_name == "res.users"
            ),
            None,
        )

    def _get_watch_domain(self):
        """Records an alarm runs for: started and not stopped, of the rule's company."""
        self.ensure_one()
        domain = self._parse_domain("start_domain")
        if self.stop_domain:
            domain &= ~self._parse_domain("stop_domain")
        if self.company_id and "company_id" in self.env[self.model]._fields:
            domain &= Domain("company_id", "in", [self.company_id.id, False])
        if self.date_field_id:
            domain &= Domain(self.date_field_id.name, "!=", False)
        return domain

    def _get_watched_model_sudo(self):
        # sudo: the engine watches for everybody; what is shown goes through the rules
        return self.env[self.model].sudo().with_context(active_test=True)

    def _search_watched(self, scope=EVERYTHING, limit=None):
        """Rows of the model with what an alarm copies, by id.

        :return: list of Found whose start is seconds, a date or None
        """
        self.ensure_one()
        model = self._get_watched_model_sudo()
        query = model._search(self._get_watch_domain())
        if query.is_empty():
            return []
        column = SQL.identifier(query.table, "id")
        query.add_where(scope_sql(scope, column))
        query.order = column
        query.limit = limit
        sql = query.select(
            column,
            self._get_start_sql(model, query),
            self._get_pause_sql(model, column),
            *self._get_people_sql(model, query),
        )
        return [Found(*row) for row in self.env.execute_query(sql)]

    def _get_start_sql(self, model, query):
        field = self.date_field_id
        if not field:
            return SQL("NULL")
        value = model._field_to_sql(query.table, field.name, query)
        if field.ttype == "datetime":
            return SQL("EXTRACT(EPOCH FROM %s)::int8", value)
        return value

    def _get_pause_sql(self, model, column):
        if not self.pause_domain:
            return SQL("FALSE")
        paused = model._search(self._parse_domain("pause_domain"))
        return SQL("%s IN %s", column, paused.subselect())

    def _get_people_sql(self, model, query):
        """Company, responsible, team, customer and lead of a row; NULL where unknown."""

        def column(name):
            field = model._fields.get(name)
            if not field or not (field.store or field.related):
                return SQL("NULL::int4")
            return model._field_to_sql(query.table, name, query)

        lead = LEAD_FIELDS.get(model._name, "lead_id")
        partner = column("partner_id")
        customer = SQL(
            "(SELECT commercial_partner_id FROM res_partner WHERE id = %s)", partner
        )
        if model._name == "res.partner":
            customer = column("commercial_partner_id")
        if model._name == "mail.activity":
            table = SQL.identifier(query.table)
            lead_sql = SQL(
                "CASE WHEN %(t)s.res_model = 'crm.lead' THEN %(t)s.res_id END", t=table
            )
        else:
            lead_sql = column(lead)
        return (
            column("company_id"),
            column(self._get_responsible_name(model) or ""),
            column("team_id"),
            customer,
            lead_sql,
        )

    # -- clocks --------------------------------------------------------------------

    def _get_start(self, found, clock, now):
        """Seconds when the waiting began; a day has passed at the next midnight."""
        start = found.start
        if start is None:
            return now
        if isinstance(start, date):
            days = timedelta(days=1 + self.offset_days)
            return midnight(clock.zone, start + days)
        return shift_days(start, self.offset_days, clock.zone)

    def _get_calendar_id(self, found, books):
        """Calendar of a row, by the rule's order; None when nobody has one."""
        if self.calendar_id:
            return self.calendar_id.id
        team = books.team_calendars.get(found.team)
        user = books.user_calendar(found.user, found.company)
        company = books.company_calendars.get(found.company)
        order = {"team": (team, user), "user": (user, team), "company": ()}
        return next(filter(None, (*order[self.calendar_order], company)), None)

    def _get_clock(self, calendar_id, books):
        """The clock that counts for an alarm of this calendar."""
        return books.remember(
            ("clock", self.id, calendar_id),
            lambda: self._make_clock(calendar_id, books),
        )

    def _make_clock(self, calendar_id, books):
        if self.clock == "working":
            return books.clock(calendar_id)
        quiet = (round(self.quiet_from * 60), round(self.quiet_to * 60))
        return WallClock(books.zone(calendar_id), quiet)

    # -- dry run -------------------------------------------------------------------

    def _preview(self, now, limit=10, reader=None):
        """What this rule would do, before it does it; nothing is written.

        :param datetime now: naive UTC
        :param reader: the model as a person who reads the answer; only records he may
            read are counted and named, and none is named when he may read none at all
        :return: ``{"count": alarms that would start, "late": of them with a step due
            already, "older": what began before ``valid_from`` and is left alone,
            "rows": the first ``limit``, oldest first: [{"id", "name", "started_at",
            "calendar", "steps": [{"number", "due_at", "target", "is_late"}]}]}``
        """
        self.ensure_one()
        moment = epoch(now)
        model = self._get_watched_model_sudo()
        rows = self._search_watched(limit=100_000)
        if reader is not None:
            rows, limit = self._keep_readable(rows, limit, reader)
        books = Books(self.env, rows)
        steps = self.step_ids.sorted("limit_minutes")
        first = min(steps._get_ladder(), default=None, key=lambda step: step.limit)
        valid = epoch(self.valid_from) if self.valid_from else None
        due, older = [], 0
        for row in rows:
            row = books.complete(row)
            clock = self._get_clock(self._get_calendar_id(row, books), books)
            start = self._get_start(row, clock, moment)
            if valid is not None and start < valid:
                older += 1
                continue
            first_due = due_moment(Climb(start), first, clock) if first else None
            due.append((start, row, clock, first_due))
        due.sort(key=lambda item: (item[0], item[1].id))
        names = dict(
            model.browse(item[1].id for item in due[:limit]).mapped(
                lambda record: (record.id, record.display_name)
            )
        )
        return {
            "count": len(due),
            "late": sum(item[3] is not None and item[3] <= moment for item in due),
            "older": older,
            "rows": [
                self._preview_row(item, names, steps, books, moment)
                for item in due[:limit]
            ],
        }

    @api.model
    def _keep_readable(self, rows, limit, reader):
        if not reader.has_access("read"):
            return rows, 0
        reader = reader.with_context(
            active_test=False, allowed_company_ids=reader.env.user.company_ids.ids
        )
        readable = set(reader._search([("id", "in", [row.id for row in rows])]))
        return [row for row in rows if row.id in readable], limit

    def _preview_row(self, item, names, steps, books, now):
        start, row, clock, _first = item
        calendar_id = self._get_calendar_id(row, books)
        return {
            "id": row.id,
            "name": names[row.id],
            "started_at": from_epoch(start),
            "calendar": books.calendar_name(calendar_id),
            "steps": [
                self._preview_step(step, ladder, start, clock, now)
                for step, ladder in zip(steps, steps._get_ladder(), strict=True)
            ],
        }

    def _preview_step(self, step, ladder, start, clock, now):
        moment = due_moment(Climb(start), ladder, clock)
        return {
            "number": step.number,
            "target": step.display_name,
            "due_at": from_epoch(moment) if moment is not None else False,
            "is_late": moment is not None and moment <= now,
        }
