"""The one statement by which every feed and every bulk call writes the ledger.

``_feed`` (few rows, from the ORM) and ``ingest`` (thousands, from outside) differ only
in where their rows come from. Both resolve who it was, fill in what came late and add
what is new in one set operation; nothing ever goes backwards:

* a repeat is found by (company, channel, external key);
* times and people fill once, the outcome follows its rank;
* a better document (lead before order, invoice, transfer, partner) replaces a worse one.

``OFFSET 0`` holds PostgreSQL to one index look-up per row: it knows nothing of how many
rows a call brings and would read whole tables of users and leads instead.
"""

import json
import re
from datetime import datetime

from odoo import api, models
from odoo.tools import SQL

from ..tools.contact_point import PHONE_KINDS, normalize
from ..tools.ledger import COLUMNS, DOCUMENT_RANK, EXTRA_COLUMNS, clip, merge_rows
from .crm_contact_point_resolve import POINT_ORDER

E164 = re.compile(r"\+[1-9][0-9]{6,14}")

# A messenger that shows a phone number finds the customer's phone too. One branch per
# kind, each an equality on both columns of the index: with kind = ANY(…) PostgreSQL
# takes the trigram index of the search box instead, a thousand times slower.
FIND_POINTS = SQL(" UNION ALL ").join(
    [
        SQL(
            "SELECT * FROM crm_contact_point "
            "WHERE kind = src.kind AND normalized = src.normalized"
        ),
        *(
            SQL(
                "SELECT * FROM crm_contact_point "
                "WHERE src.kind IN %s AND src.kind <> %s AND src.normalized LIKE '+%%' "
                "AND kind = %s AND normalized = src.normalized",
                PHONE_KINDS, kind, kind,
            )
            for kind in PHONE_KINDS
        ),
    ]
)  # fmt: skip

# An open lead answers when no partner does.
FIND_LEAD = SQL(
    """
    SELECT lead.id, lead.partner_id
      FROM crm_lead lead
     WHERE src.lead_id IS NULL AND src.partner_id IS NULL AND who.id IS NULL
       AND src.normalized IS NOT NULL AND src.kind <> 'email'
       AND lead.phone_sanitized = src.normalized
       AND lead.active AND lead.won_status = 'pending'
       AND (lead.company_id IS NULL OR lead.company_id = src.company_id)
     UNION ALL
    SELECT lead.id, lead.partner_id
      FROM crm_lead lead
     WHERE src.lead_id IS NULL AND src.partner_id IS NULL AND who.id IS NULL
       AND src.normalized IS NOT NULL AND src.kind = 'email'
       AND lead.email_normalized = src.normalized
       AND lead.active AND lead.won_status = 'pending'
       AND (lead.company_id IS NULL OR lead.company_id = src.company_id)
     ORDER BY 1 DESC
     LIMIT 1
    """
)

# What the look-ups add to a row that came without it.
RESOLVED = {
    "contact_point_id": SQL("COALESCE(src.contact_point_id, who.id)"),
    "partner_id": SQL("person.id"),
    "customer_id": SQL("COALESCE(person.commercial_partner_id, src.customer_id)"),
    "lead_id": SQL("lead.id"),
    "owner_id": SQL("owner.id"),
    "team_id": SQL(
        "COALESCE(src.team_id, lead.team_id, owner.sale_team_id, src.default_team_id)"
    ),
}

UPSERT = """
WITH src AS (%(source)s),
resolved AS MATERIALIZED (
    SELECT src.seq, %(resolved)s, old.id AS old_id,
           old.partner_id IS NOT NULL OR old.lead_id IS NOT NULL AS was_matched,
           CASE WHEN src.answered_at < old.started_at THEN 'answered_at:before_start'
                WHEN src.ended_at < old.started_at THEN 'ended_at:before_start'
                WHEN COALESCE(old.answered_at, src.answered_at)
                   > COALESCE(old.ended_at, src.ended_at) THEN 'answered_at:after_end'
           END AS refused
      FROM src
      LEFT JOIN LATERAL (
          SELECT point.id, point.partner_id, holder.commercial_partner_id,
                 holder.user_id
            FROM (%(find_points)s) point
            JOIN res_partner holder ON holder.id = point.partner_id
           WHERE (point.company_id IS NULL OR point.company_id = ANY(string_to_array(
                     (SELECT rtrim(parent_path, '/') FROM res_company
                       WHERE id = src.company_id), '/')::int4[]))
             AND (src.partner_id IS NULL OR point.partner_id = src.partner_id)
           ORDER BY %(point_order)s
           LIMIT 1
      ) who ON TRUE
      LEFT JOIN LATERAL (%(find_lead)s) found ON TRUE
      LEFT JOIN LATERAL (
          SELECT id, commercial_partner_id, user_id FROM res_partner
           WHERE who.id IS NULL AND id = COALESCE(src.partner_id, found.partner_id)
          OFFSET 0
      ) known ON TRUE
      CROSS JOIN LATERAL (
          SELECT COALESCE(who.partner_id, known.id) AS id,
                 COALESCE(who.commercial_partner_id, known.commercial_partner_id)
                     AS commercial_partner_id,
                 COALESCE(who.user_id, known.user_id) AS user_id
      ) person
      LEFT JOIN LATERAL (
          SELECT user_id FROM res_partner
           WHERE person.commercial_partner_id <> person.id
             AND id = person.commercial_partner_id
          OFFSET 0
      ) company ON TRUE
      CROSS JOIN LATERAL (
          SELECT CASE WHEN person.commercial_partner_id = person.id
                 THEN person.user_id ELSE company.user_id END AS user_id
      ) customer
      LEFT JOIN LATERAL (
          SELECT id, user_id, team_id FROM crm_lead
           WHERE id = COALESCE(src.lead_id, found.id) OFFSET 0
      ) lead ON TRUE
      LEFT JOIN LATERAL (
          SELECT id, sale_team_id FROM res_users
           WHERE id = COALESCE(src.owner_id, lead.user_id, customer.user_id) OFFSET 0
      ) owner ON TRUE
      LEFT JOIN crm_interaction old
             ON old.company_id = src.company_id AND old.channel_id = src.channel_id
            AND old.external_key = src.external_key
),
updated AS (
    UPDATE crm_interaction old SET %(assignments)s
      FROM resolved new
     WHERE old.id = new.old_id AND new.refused IS NULL AND (%(changes)s)
    RETURNING old.id, old.company_id, old.customer_id, old.started_at
),
created AS (
    INSERT INTO crm_interaction (%(columns)s)
    SELECT %(columns)s FROM resolved
     WHERE old_id IS NULL
     ORDER BY seq
        ON CONFLICT (company_id, channel_id, external_key) DO NOTHING
    RETURNING id, company_id, channel_id, external_key, customer_id, started_at
),
seen AS (
    INSERT INTO crm_contact_point_seen (point_id, seen_at, reached_at)
    SELECT contact_point_id, max(started_at),
           min(started_at) FILTER (WHERE direction = 'in' OR answered_at IS NOT NULL)
      FROM resolved
     WHERE contact_point_id IS NOT NULL AND refused IS NULL AND is_automatic IS NOT TRUE
     GROUP BY contact_point_id
)
%(marks)s
%(result)s
"""

# What a feed wants to know: which row became what.
RESULT_ROWS = SQL(
    """
    SELECT resolved.seq, COALESCE(resolved.old_id, created.id), resolved.refused
      FROM resolved
      LEFT JOIN created USING (company_id, channel_id, external_key)
     ORDER BY resolved.seq
    """
)


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    @api.model
    def _ledger_columns(self):
        """``{column: (PostgreSQL type, policy)}``; spokes add the columns they bring."""
        return COLUMNS

    @api.model
    def _feed(self, vals_list):
        """Write a few contacts into the ledger, each once: same key, same row.

        :param list vals_list: field values of the rows; instead of ``channel_id`` a
            ``channel`` code; ``address_kind`` (phone, email …) says what
            ``raw_address`` is, for finding the person where ``partner_id`` is absent.
        :return: the rows, in the order given (crm.interaction).
        """
        rows, positions = merge_rows(
            [self._prepare_feed_row(vals) for vals in vals_list], self._outcome_rank()
        )
        if not rows:
            return self.browse()
        self._flush_for_upsert()
        source = self._feed_source(rows)
        ids = {
            seq: row_id
            for seq, row_id, _refused in self.env.execute_query(
                self._upsert_query(source, RESULT_ROWS)
            )
        }
        records = self.browse(ids[position] for position in positions)
        self._fill_answers(
            {(row["res_model"], row["res_id"]) for row in rows if row.get("res_id")}
        )
        records.invalidate_recordset()
        return records

    def _prepare_feed_row(self, vals):
        row = {
            name: value
            for name, value in vals.items()
            if value not in (None, False, "")
        }
        code, kind = row.pop("channel", None), row.pop("address_kind", None)
        if code:
            row["channel_id"] = self.env["crm.channel"]._id_of_code(code)
        row.setdefault("company_id", self.env.company.id)
        row["external_key"] = row["external_key"][:128]
        row["subject"] = clip(row.get("subject"), 250)
        row["preview"] = clip(row.get("preview"), 200)
        row["page"] = clip(row.get("page"), 500)
        if kind and row.get("raw_address"):
            row["kind"] = kind
            row["normalized"] = self._normalize_address(
                kind, row["raw_address"], row["company_id"]
            )
        for name, value in row.items():
            if isinstance(value, datetime):
                row[name] = value.replace(microsecond=0).isoformat(" ")
        return row

    def _normalize_address(self, kind, value, company_id):
        """The value as contact points keep it, or None when it is unusable."""
        if kind in PHONE_KINDS and E164.fullmatch(value):
            return value  # what machines send: no library needed
        region = self.env["res.company"].browse(company_id).sudo().country_id.code
        return normalize(kind, value, region).normalized

    def _feed_source(self, rows):
        """Rows of a feed as a set that PostgreSQL can read."""
        columns = {"seq": "int4", **EXTRA_COLUMNS} | {
            name: kind for name, (kind, _policy) in self._ledger_columns().items()
        }
        definition = SQL(", ").join(
            # the types are our own constants
            SQL("%s " + kind, SQL.identifier(name))  # pylint: disable=sql-injection
            for name, kind in columns.items()
        )
        payload = json.dumps([dict(row, seq=seq) for seq, row in enumerate(rows)])
        return SQL(
            "SELECT * FROM jsonb_to_recordset(%s::jsonb) AS rows(%s)",
            payload,
            definition,
        )

    def _flush_for_upsert(self):
        """SQL must see what the ORM still holds back."""
        self.env["res.partner"].flush_model(
            ["commercial_partner_id", "user_id", "active"]
        )
        self.env["res.users"].flush_model(["sale_team_id"])
        self.env["crm.lead"].flush_model(
            ["partner_id", "user_id", "team_id", "company_id", "active", "won_status",
             "phone_sanitized", "email_normalized"]
        )  # fmt: skip
        self.env["crm.contact.point"].flush_model()
        self.flush_model()

    @api.model
    def _outcome_rank(self):
        """``{outcome: rank}``, lowest first."""
        return {
            code: rank for rank, (code, _label) in enumerate(self._selection_outcome())
        }

    def _upsert_query(self, source, result):
        """The statement of this file, reading ``source`` and answering ``result``."""
        columns = self._ledger_columns()
        names = [SQL.identifier(name) for name in columns]
        resolved = [
            SQL("%s AS %s", RESOLVED[name], SQL.identifier(name))
            if name in RESOLVED
            else SQL.identifier("src", name)
            for name in columns
        ]
        later = {
            name: self._later_value(name, policy)
            for name, (_kind, policy) in columns.items()
            if policy not in ("key", "first")
        }
        # the text is our own constant
        return SQL(
            UPSERT,  # pylint: disable=sql-injection
            source=source,
            resolved=SQL(", ").join(resolved),
            find_points=FIND_POINTS,
            point_order=SQL(POINT_ORDER.format(kind="src.kind")),  # pylint: disable=sql-injection
            find_lead=FIND_LEAD,
            assignments=SQL(", ").join(
                SQL("%s = %s", SQL.identifier(name), value)
                for name, value in later.items()
            ),
            changes=SQL(" OR ").join(
                SQL("%s IS DISTINCT FROM %s", SQL.identifier("old", name), value)
                for name, value in later.items()
            ),
            columns=SQL(", ").join(names),
            marks=self._get_upsert_marks(),
            result=result,
        )

    @api.model
    def _get_upsert_marks(self):
        """More CTEs, each with a comma before it: queues to be told of ``created`` and
        ``updated`` rows. Modules extend it with ``super()``."""
        return SQL()

    def _later_value(self, name, policy):
        """SQL of the value that a column has after a repeat of its row."""
        old, new = SQL.identifier("old", name), SQL.identifier("new", name)
        if policy == "rank":
            ranks = list(self._outcome_rank())
            return SQL(
                "CASE WHEN array_position(%(ranks)s::varchar[], %(new)s) "
                "> COALESCE(array_position(%(ranks)s::varchar[], %(old)s), 0) "
                "THEN %(new)s ELSE %(old)s END",
                ranks=ranks, new=new, old=old,
            )  # fmt: skip
        if policy == "document":
            return SQL(
                "CASE WHEN array_position(%(ranks)s::varchar[], new.res_model) "
                "< COALESCE(array_position(%(ranks)s::varchar[], old.res_model), 99) "
                "THEN COALESCE(%(new)s, %(old)s) ELSE COALESCE(%(old)s, %(new)s) END",
                ranks=list(DOCUMENT_RANK), new=new, old=old,
            )  # fmt: skip
        return SQL("COALESCE(%s, %s)", old, new)
