"""Who is this? One look-up for one contact, two queries for ten thousand."""

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools.contact_point import PHONE_KINDS, normalize

LEAD_LIMIT = 10
# {kind: column of crm_lead that holds the normalised value}
LEAD_COLUMNS = {
    "phone": "phone_sanitized",
    "viber": "phone_sanitized",
    "whatsapp": "phone_sanitized",
    "email": "email_normalized",
}
# Archived customers last, former values before them; the channel asked for before its
# sisters, the card's own value before others, the freshest contact before older ones.
POINT_ORDER = """
    (holder.active IS NOT TRUE), (point.state = 'former'), (point.kind <> {kind}),
    (point.is_primary IS NOT TRUE), point.last_seen_at DESC NULLS LAST, point.partner_id
"""
# Planning a join and a sort would cost five times the look-up: one contact is ranked
# in Python, and nearly always there is nothing to rank.
_LOOK_UP = """
    SELECT partner_id, id, company_id, kind, state, is_primary, last_seen_at
      FROM crm_contact_point
     WHERE kind = ANY(%s) AND normalized = %s
     LIMIT 200
"""
_RESOLVE_MANY = f"""
    SELECT asked.kind, asked.normalized, point.partner_id, point.id
      FROM unnest(%s::text[], %s::text[], %s::text[]) AS asked(kind, normalized, look)
      JOIN crm_contact_point point
        ON point.kind = asked.look AND point.normalized = asked.normalized
      JOIN res_partner holder ON holder.id = point.partner_id
     WHERE point.company_id IS NULL OR point.company_id = ANY(%s)
  ORDER BY {POINT_ORDER.format(kind="asked.kind")}
"""


class CrmContactPoint(models.Model):
    _inherit = "crm.contact.point"

    @api.model
    @api.readonly
    def resolve(self, kind, value, company_id=None):
        """Who has this number or address?

        :param str kind: phone, email, telegram, viber, whatsapp or social
        :param str value: as the channel gave it, in any spelling
        :param int company_id: one of the caller's companies; his current one if left out
        :return: ``{"partner": id or False, "point": id or False, "others": [ids],
            "leads": [ids]}``, only what the caller may read
        """
        self.check_access("read")
        company = self.env["res.company"].browse(company_id or self.env.company.id)
        if company not in self.env.companies:
            raise AccessError(self.env._("You have no access to this company."))
        found = self._resolve(kind, value, company)
        ids = ([found["partner"]] if found["partner"] else []) + found["others"]
        readable = self.env["res.partner"].browse(ids)._filtered_access("read").ids
        if found["partner"] not in readable:
            found["point"] = False
        found["partner"] = readable[0] if readable else False
        found["others"] = readable[1:]
        leads = self.env["crm.lead"]
        found["leads"] = (
            leads.browse(found["leads"])._filtered_access("read").ids
            if leads.has_access("read")
            else []
        )
        return found

    @api.model
    def _resolve(self, kind, value, company):
        """:meth:`resolve` without access checks: for feeds and the dial plan."""
        normalized = normalize(kind, value, company.country_id.code).normalized
        answer = {"partner": False, "point": False, "others": [], "leads": []}
        if not normalized:
            return answer
        self._flush_for_resolve()
        # plain text: composing SQL objects would cost more than the query
        self.env.cr.execute(_LOOK_UP, (self._get_kinds(kind, normalized), normalized))
        open_companies = {None, *company.parent_ids.ids}
        rows = [row for row in self.env.cr.fetchall() if row[2] in open_companies]
        if len(rows) > 1:
            rows = self._rank(rows, kind)
        if rows:
            partners = list(dict.fromkeys(row[0] for row in rows))
            answer["partner"], answer["point"] = rows[0][:2]
            answer["others"] = partners[1:]
        else:
            found = self._resolve_leads([(kind, normalized)], company)
            answer["leads"] = found.get((kind, normalized), [])
        return answer

    @api.model
    def _rank(self, rows, kind):
        """Rows of _LOOK_UP in the order of POINT_ORDER"""
        self.env.cr.execute(
            "SELECT id FROM res_partner WHERE id = ANY(%s) AND active IS NOT TRUE",
            [[row[0] for row in rows]],
        )
        archived = {row[0] for row in self.env.cr.fetchall()}

        def rank(row):
            partner, _point, _company, row_kind, state, primary, seen = row
            return (
                partner in archived,
                state == "former",
                row_kind != kind,
                not primary,
                -seen.timestamp() if seen else 0.0,
                partner,
            )

        return sorted(rows, key=rank)

    @api.model
    def _resolve_many(self, pairs, company_id):
        """Resolve many at once: two queries whatever the number.

        :param pairs: iterable of ``(kind, normalized)``
        :return: ``{(kind, normalized): same dict as resolve}``, found ones only
        """
        pairs = list(dict.fromkeys(pairs))
        company = self.env["res.company"].browse(company_id)
        answers = {}
        if not pairs:
            return answers
        looked = [
            (kind, normalized, look)
            for kind, normalized in pairs
            for look in self._get_kinds(kind, normalized)
        ]
        kinds, values, looks = (list(column) for column in zip(*looked, strict=True))
        self._flush_for_resolve()
        self.env.cr.execute(
            _RESOLVE_MANY, (kinds, values, looks, company.parent_ids.ids)
        )
        for kind, normalized, partner, point in self.env.cr.fetchall():
            answer = answers.setdefault(
                (kind, normalized),
                {"partner": partner, "point": point, "others": [], "leads": []},
            )
            if partner != answer["partner"] and partner not in answer["others"]:
                answer["others"].append(partner)
        missing = [pair for pair in pairs if pair not in answers]
        for pair, leads in self._resolve_leads(missing, company).items():
            answers[pair] = {
                "partner": False,
                "point": False,
                "others": [],
                "leads": leads,
            }
        return answers

    @api.model
    def _flush_for_resolve(self):
        self.flush_model(["kind", "normalized", "state", "is_primary", "partner_id"])
        self.env["res.partner"].flush_model(["active"])

    @api.model
    def _get_kinds(self, kind, normalized):
        """A messenger that shows a phone number finds the customer's phone too."""
        if kind in PHONE_KINDS and normalized.startswith("+"):
            return list(PHONE_KINDS)
        return [kind]

    @api.model
    def _resolve_leads(self, pairs, company):
        """{(kind, normalized): [ids of open leads, newest first]}"""
        found = {}
        self.env["crm.lead"].flush_model(
            ["phone_sanitized", "email_normalized", "active"]
        )
        for column in ("phone_sanitized", "email_normalized"):
            asked = {}  # {value: [pairs]}
            for pair in pairs:
                if LEAD_COLUMNS.get(pair[0]) == column:
                    asked.setdefault(pair[1], []).append(pair)
            if not asked:
                continue
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT %(column)s, (array_agg(id ORDER BY id DESC))[:%(limit)s]
                      FROM crm_lead
                     WHERE %(column)s = ANY(%(values)s) AND active
                       AND COALESCE(won_status, 'pending') = 'pending'
                       AND (company_id IS NULL OR company_id = ANY(%(companies)s))
                  GROUP BY 1
                    """,
                    column=SQL.identifier(column),
                    limit=LEAD_LIMIT,
                    values=list(asked),
                    companies=company.parent_ids.ids,
                )
            )
            found.update((pair, ids) for value, ids in rows for pair in asked[value])
        return found
