"""What the sharing out reads: documents' money, touches, leads; a query for each."""

from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_customer_month_source import (
    DECIMALS,
    POSTED_SALE,
)

from ..tools.attribution_ledger import (
    OWN,
    Entry,
    Family,
    Touch,
    conversion_at,
    make_path,
)

# A touch says where somebody came from: a visit or ad click (direct ones too), a letter
# that was clicked (its landing is no second one), an incoming contact with an origin.
# Letters that were only sent are no touches.
IS_TOUCH = SQL(
    """
    ((i.touch_kind = 'visit' AND i.click_kind IS DISTINCT FROM 'mailing')
     OR (i.touch_kind = 'mailing' AND i.clicked_at IS NOT NULL)
     OR (i.direction = 'in' AND i.is_automatic IS NOT TRUE AND i.touch_kind IS NULL
         AND COALESCE(i.source_id, i.medium_id, i.campaign_id) IS NOT NULL))
    """
)
TOUCH_AT = SQL("COALESCE(i.clicked_at, i.started_at)")
ORIGIN = SQL(
    """
    CASE WHEN COALESCE(i.source_id, i.medium_id, i.campaign_id) IS NOT NULL THEN 'known'
         WHEN i.touch_kind = 'visit' THEN 'direct' ELSE 'unknown' END
    """
)


def _channel(*names):
    parts = [
        SQL("COALESCE(%s::text, '-')", SQL.identifier("i", name)) for name in names
    ]
    return SQL(
        "CASE %s WHEN 'known' THEN concat_ws('/', %s) ELSE %s END",
        ORIGIN,
        SQL(", ").join(parts),
        ORIGIN,
    )


# {setting: SQL of tools.attribution_ledger.channel_of}
CHANNELS = {
    "source": _channel("source_id"),
    "medium": _channel("medium_id"),
    "campaign": _channel("campaign_id"),
    "source_medium": _channel("source_id", "medium_id"),
}


class CrmAttributionSource(models.AbstractModel):
    _name = "crm.attribution.source"
    _description = "What Attribution Reads"

    @api.model
    def _read_families(self, heads):
        """``[(company, Family)]`` of these invoices and of their credit notes.

        :param list heads: ids of ``_expand``; one that is not posted gives nothing
        """
        self._flush()
        moves = self._read_moves(heads)
        if not moves:
            return []
        companies = self.env["res.company"].browse({row["company"] for row in moves})
        zones = {company.id: company.partner_id.tz or "UTC" for company in companies}
        money = self._read_money(companies, [row["id"] for row in moves])
        touches = self._read_touches(moves, money, companies)
        days = {company.id: company.crm_attribution_days for company in companies}
        families = {}  # {head id: (company, Family)}
        for row in moves:  # heads first, credit notes in order
            company = row["company"]
            company_family = families.setdefault(
                row["head"], (companies.browse(company), Family([], [], {}))
            )
            family = company_family[1]
            family.own[row["id"]] = row["own"]
            found = touches.get((company, row["customer"]), [])
            for day, cents in sorted(money.get(row["id"], {}).items()):
                if row["is_refund"]:
                    family.takes.append(Entry(row["id"], day, cents, None))
                    continue
                at = conversion_at(day, zones[company])
                path = make_path(
                    found, at, days[company], row["lead_at"], row["deal_at"]
                )
                family.gives.append(Entry(row["id"], day, cents, path))
        return list(families.values())

    @api.model
    def _flush(self):
        for name in ("account.move", "account.move.line", "account.partial.reconcile",
                     "crm.interaction", "crm.lead", "sale.order", "sale.order.line"):  # fmt: skip
            self.env[name].flush_model()

    @api.model
    def _read_moves(self, heads):
        """Posted documents of these families: ``[{"id", "head", "company", …}]``.

        The lead is that of the invoice's order, of several the oldest.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH family AS (
                    SELECT move.id, move.id AS head FROM account_move move
                     WHERE move.id = ANY(%(heads)s)
                     UNION
                    SELECT move.id, move.reversed_entry_id FROM account_move move
                     WHERE move.reversed_entry_id = ANY(%(heads)s)
                       AND move.move_type = 'out_refund'
                )
                SELECT move.id, family.head, move.company_id, move.commercial_partner_id,
                       move.move_type = 'out_refund', move.source_id, move.medium_id,
                       move.campaign_id, lead.lead_at, lead.deal_at
                  FROM family JOIN account_move move ON move.id = family.id
                  LEFT JOIN LATERAL (
                      SELECT min(deal.create_date) AS lead_at,
                             min(deal.date_conversion) AS deal_at
                        FROM account_move_line item
                        JOIN sale_order_line_invoice_rel link
                          ON link.invoice_line_id = item.id
                        JOIN sale_order_line part ON part.id = link.order_line_id
                        JOIN sale_order ordered ON ordered.id = part.order_id
                        JOIN crm_lead deal ON deal.id = ordered.opportunity_id
                       WHERE item.move_id = move.id
                  ) lead ON TRUE
                 WHERE %(posted)s AND move.commercial_partner_id IS NOT NULL
                 ORDER BY move.move_type = 'out_refund', move.date, move.id
                """,
                heads=heads,
                posted=POSTED_SALE,
            )
        )
        names = ("id", "head", "company", "customer", "is_refund")
        return [
            {
                **dict(zip(names, row[:5], strict=True)),
                "own": _own(row[5:8]),
                "lead_at": row[8],
                "deal_at": row[9],
            }
            for row in rows
        ]

    @api.model
    def _read_money(self, companies, ids):
        """``{move id: {day: cents}}``: revenue on the day it is booked, or what was paid."""
        money = defaultdict(lambda: defaultdict(int))
        for move, day, cents in self.env.execute_query(
            self._money_query(companies, SQL("AND move.id = ANY(%s)", ids))
        ):
            money[move][day] += int(cents)
        return money

    @api.model
    def _money_query(self, companies, chosen=None):
        """SQL of (document id, day, cents); ``chosen`` narrows account_move ``move``."""
        paid = companies.filtered(lambda company: company.crm_attribution_on == "paid")
        chosen = chosen or SQL()
        queries = []
        if companies - paid:
            queries.append(self._revenue_query(chosen, (companies - paid).ids))
        if paid:
            queries += [self._paid_query(chosen, paid.ids, sign) for sign in (1, -1)]
        return SQL(" UNION ALL ").join(queries)

    @api.model
    def _revenue_query(self, chosen, company_ids):
        return SQL(
            """
            SELECT move.id, move.date,
                   round(-SUM(line.balance) * 10 ^ MAX(money.places))::int8
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
              JOIN account_account account
                ON account.id = line.account_id AND account.account_type LIKE 'income%%'
              %s
             WHERE %s AND move.company_id = ANY(%s) %s
             GROUP BY move.id, move.date
            """,
            DECIMALS,
            POSTED_SALE,
            company_ids,
            chosen,
        )

    @api.model
    def _paid_query(self, chosen, company_ids, sign):
        return SQL(
            """
            SELECT part.move_id, part.max_date,
                   round(SUM(part.amount) * 10 ^ MAX(money.places))::int8
              FROM (%s) part
              JOIN account_move move ON move.id = part.move_id %s
             WHERE move.company_id = ANY(%s) %s
             GROUP BY part.move_id, part.max_date
            """,
            self.env["crm.campaign.report"]._select_paid(sign),
            DECIMALS,
            company_ids,
            chosen,
        )

    @api.model
    def _read_touches(self, moves, money, companies):
        """``{(company id, customer id): [Touch in time order]}``, one query for all.

        A person who was forgotten has no rows any more; those that got a part of these
        documents keep it.
        """
        spans = {}  # {(company, customer): [first day, last day]}
        for row in moves:
            found = list(money.get(row["id"], ())) if not row["is_refund"] else []
            if found:
                span = spans.setdefault(
                    (row["company"], row["customer"]), found[:1] * 2
                )
                span[:] = min(span[0], *found), max(span[1], *found)
        if not spans:
            return {}
        window = {company.id: company.crm_attribution_days for company in companies}
        asked = [
            (company, customer, first - timedelta(days=window[company] + 1),
             last + timedelta(days=2))
            for (company, customer), (first, last) in spans.items()
        ]  # fmt: skip
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company, customer, i.id, %(at)s, %(origin)s, i.source_id, i.medium_id,
                       i.campaign_id, i.utm_term, i.utm_content
                  FROM (
                      SELECT asked.company, asked.customer, asked.since, i.id
                        FROM unnest(%(companies)s::int[], %(customers)s::int[],
                                    %(since)s::date[], %(until)s::date[])
                             AS asked(company, customer, since, until)
                        JOIN crm_interaction i ON i.customer_id = asked.customer
                         AND i.company_id = asked.company
                         AND i.started_at < asked.until AND %(is_touch)s
                       UNION
                      SELECT move.company_id, move.commercial_partner_id, '-infinity', i.id
                        FROM crm_attribution_line line
                        JOIN account_move move ON move.id = line.move_id
                        JOIN crm_interaction i ON i.id = line.interaction_id
                         AND i.customer_id IS NULL AND i.external_key = 'erased:' || i.id
                       WHERE line.move_id = ANY(%(moves)s)
                  ) found
                  JOIN crm_interaction i ON i.id = found.id AND %(at)s >= found.since
                 ORDER BY 4, 3
                """,
                at=TOUCH_AT,
                origin=ORIGIN,
                is_touch=IS_TOUCH,
                moves=[row["id"] for row in moves],
                **dict(
                    zip(
                        ("companies", "customers", "since", "until"),
                        map(list, zip(*asked, strict=True)),
                        strict=True,
                    )
                ),
            )
        )
        touches = {}
        for company, customer, key, at, origin, *values in rows:
            found = touches.setdefault((company, customer), [])
            found.append(Touch(key, at, origin, tuple(values)))
        return touches


def _own(values):
    """A document's own source, medium and campaign as a touch."""
    if not any(values):
        return OWN
    return Touch(None, None, "known", (*values, None, None))
