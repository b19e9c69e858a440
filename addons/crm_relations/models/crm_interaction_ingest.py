"""The bulk entry of the ledger: ten thousand contacts in one call."""

import csv
import io
from functools import lru_cache
from zlib import crc32

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.tools import SQL

from ..tools.contact_point import normalize
from ..tools.ingest import IDS, MAX_ID, RowParser, parse_rows
from ..tools.ledger import EXTRA_COLUMNS

MAX_ROWS = 10_000

# What the caller is told, from one look at the statement's own sets.
RESULT_COUNTS = SQL(
    """
    SELECT (SELECT count(*) FROM created),
           count(*) FILTER (WHERE old_id IS NOT NULL AND refused IS NULL),
           count(*) FILTER (WHERE partner_id IS NULL AND lead_id IS NULL
                                  AND NOT was_matched AND refused IS NULL),
           array_agg(seq) FILTER (WHERE refused IS NOT NULL),
           array_agg(refused) FILTER (WHERE refused IS NOT NULL)
      FROM resolved
    """
)


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    @api.model
    def ingest(self, rows):
        """Take contacts of an outside system, each once; safe to repeat.

        Who may call it: the key of a *source* (CRM › Configuration › Contact Sources),
        which can call nothing else, and administrators. The rows are written past the
        record rules: a source speaks for its own company and names no records.

        :param list rows: at most 10,000 objects. Required: ``channel`` (code),
            ``external_key`` (the sender's own key, at most 128 characters),
            ``direction`` (in, out), ``started_at`` (ISO 8601; UTC unless it says
            otherwise). Optional: ``answered_at``, ``ended_at``, ``address``, ``kind``
            of address, ``outcome``, ``employee`` (login), ``subject``, ``preview``,
            ``cost_amount``, ``currency`` (ISO code), ``is_automatic``.
        :return: ``{"created": n, "updated": n, "unmatched": n, "errors": [{"index": i,
            "field": f, "message": m}]}``. ``updated`` counts rows whose key was known,
            so created + updated + errors are all rows; ``unmatched`` those of the rows
            taken for which no customer and no lead was found.
        :raise AccessError: for anybody else
        :raise UserError: when ``rows`` is not a list or too long
        """
        # the caller's context stays outside
        self = self.with_env(self.env(context={}))
        source_sudo = self.env["crm.interaction.source"]._get_of_user()
        if not source_sudo and not self.env.is_system():
            raise AccessError(
                self.env._("Only the key of a contact source may deliver contacts.")
            )
        # The border: record rules are crossed here, once.
        ledger_sudo = self.sudo().with_context(lang=self.env.user.lang)
        result = ledger_sudo._ingest(rows, source=source_sudo)
        # The request holds on to its body until the next full garbage collection, which
        # a busy worker runs seldom. Only after the commit: before it the host may repeat
        # the call with the same rows.
        if request:
            self.env.cr.postcommit.add(rows.clear)
        return result

    @api.model
    def _ingest(self, rows, source=None, now=None):
        """:meth:`ingest` without the border; callers inside may also send record ids.

        :param source: crm.interaction.source that delivers, or None inside the house
        """
        if type(rows) is not list or len(rows) > MAX_ROWS:
            raise UserError(
                self.env._(
                    "Send a list of at most %(count)s contacts a call.", count=MAX_ROWS
                )
            )
        parser = self._get_row_parser(rows, source, now or fields.Datetime.now())
        good, errors, repeats = parse_rows(rows, parser)
        created = updated = unmatched = 0
        if good:
            self._flush_for_upsert()
            created, updated, unmatched, refused, reasons = self._upsert_bulk(good)
            errors += [
                (index, *reason.split(":"))  # field:code
                for index, reason in zip(refused or (), reasons or (), strict=True)
            ]
            self.invalidate_model(flush=False)
        result = {
            "created": created,
            "updated": updated + repeats,
            "unmatched": unmatched,
            "errors": self._describe_errors(errors),
        }
        if source:
            source._log_delivery(len(rows), result)
        return result

    def _upsert_bulk(self, good):
        """COPY the rows beside the ledger, then one set-based statement."""
        columns = self._ingest_columns()
        table = self._ensure_ingest_table(columns)
        used = list(set().union(*good.values()) & columns.keys())
        buffer = io.StringIO()
        write = csv.writer(buffer).writerow
        for index, values in good.items():
            get = values.get
            write([index, *(get(name) for name in used)])
        buffer.seek(0)
        names = SQL(", ").join(SQL.identifier(name) for name in ("seq", *used))
        self.env.cr.copy_expert(
            SQL("COPY %s (%s) FROM STDIN (FORMAT csv)", table, names).code,
            buffer,
            1 << 20,
        )
        source = SQL("SELECT * FROM %s", table)
        [counts] = self.env.execute_query(self._upsert_query(source, RESULT_COUNTS))
        return counts

    def _ingest_columns(self):
        """``{column: PostgreSQL type}`` of the table that a call's rows pass through."""
        kinds = {name: kind for name, (kind, _policy) in self._ledger_columns().items()}
        return {"seq": "int4", **EXTRA_COLUMNS, **kinds}

    def _ensure_ingest_table(self, columns):
        """A temporary table of this connection, emptied by every commit."""
        digest = crc32(repr(columns).encode())  # an update may change the columns
        table = SQL.identifier(f"crm_interaction_ingest_{digest:08x}")
        definition = SQL(", ").join(
            # the types are our own constants
            SQL("%s " + kind, SQL.identifier(name))  # pylint: disable=sql-injection
            for name, kind in columns.items()
        )
        self.env.cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE IF NOT EXISTS %s (%s) ON COMMIT DELETE ROWS",
                table,
                definition,
            )
        )
        # compiling the statement would cost more than running it
        self.env.cr.execute(SQL("SET LOCAL jit = off; DELETE FROM %s", table))
        return table

    def _get_row_parser(self, rows, source, now):
        company = source.company_id if source else self.env.company
        region = company.country_id.code
        objects = [row for row in rows if type(row) is dict]
        defaults = {"company_id": company.id}
        if source and source.team_id:
            defaults["default_team_id"] = source.team_id.id
        return RowParser(
            channels=self.env["crm.channel"]._ids_by_code(),
            outcomes=self._outcome_rank(),
            employees=self._get_employees(objects, company),
            currencies=self._get_currencies(objects),
            known_ids={} if source else self._get_known_ids(objects),
            defaults=defaults,
            now=now,
            # one call sees the same odd spelling many times
            normalize=lru_cache(None)(
                lambda kind, address: self._ingest_normalize(kind, address, region)
            ),
        )

    def _ingest_normalize(self, kind, address, region):
        """A spelling that no machine sends; the parser keeps the others from here."""
        return normalize(kind, address, region).normalized

    def _get_employees(self, objects, company):
        """``{login: user id}`` of the internal users this call names."""
        logins = {
            row["employee"]
            for row in objects
            if type(row.get("employee")) is str and row["employee"].isprintable()
        }
        if not logins:
            return {}
        users_sudo = self.env["res.users"].sudo()  # logins of one's own company
        users = users_sudo.search_fetch(
            [
                ("login", "in", list(logins)),
                ("share", "=", False),
                ("company_ids", "in", company.ids),
            ],
            ["login"],
        )
        return {user.login: user.id for user in users}

    def _get_currencies(self, objects):
        if not any(row.get("currency") for row in objects):
            return {}
        return {
            currency.name: currency.id
            for currency in self.env["res.currency"].search([])
        }

    def _get_known_ids(self, objects):
        """``{field: ids that exist}`` of the records this call names."""
        known = {}
        for name in IDS:
            asked = {
                row[name]
                for row in objects
                if type(row.get(name)) is int and 0 < row[name] <= MAX_ID
            }
            records = self.env[self._fields[name].comodel_name].browse(asked)
            known[name] = set(records.exists().ids)
        return known

    def _describe_errors(self, errors):
        """Bad rows for the caller, in the order he sent them."""
        messages = {
            "not_an_object": self.env._("A contact must be an object."),
            "unknown_field": self.env._("There is no such field."),
            "missing": self.env._("This field is required."),
            "before_start": self.env._("This is earlier than the start."),
            "after_end": self.env._("This is later than the end."),
            "not_a_time": self.env._("This is not a time in ISO 8601."),
            "time_out_of_range": self.env._("This time is too early or in the future."),
            "not_a_text": self.env._("This must be text."),
            "unreadable_text": self.env._(
                "This text holds characters that cannot be stored."
            ),
            "too_long": self.env._("This is too long."),
            "not_a_choice": self.env._("This value is not one of the choices."),
            "not_a_number": self.env._("This is not a number."),
            "not_a_flag": self.env._("This must be true or false."),
            "unknown_record": self.env._("There is no such record."),
            "unknown_channel": self.env._("There is no such channel."),
            "unknown_employee": self.env._("Nobody of the company has this login."),
            "unknown_currency": self.env._("There is no such currency."),
        }
        return [
            {"index": index, "field": field, "message": messages[code]}
            for index, field, code in sorted(errors)
        ]
