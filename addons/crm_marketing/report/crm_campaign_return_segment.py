"""Return of campaigns for the members of a segment, beside all others."""

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_campaign_cost import AS_OF
from .crm_campaign_return import NUMBERS, OTHERS

BY_SEGMENT = "crm_segment"  # context: id of a crm.segment, or nothing
# a cost or a budget has no customer: it is divided
DIVIDED = ("budget_amount", "cost_amount", "provisional_amount", "bill_amount",
           "spend_amount", "click_count")  # fmt: skip


class CrmCampaignReturn(models.Model):
    """Every piece is of members or of others; both sum to the whole, to the cent.

    Leads and sales by their customer. What a campaign cost in a company is divided as its
    leads are, without leads as its new customers; what is left over is the others'.
    """

    _inherit = "crm.campaign.return"

    segment_part = fields.Selection(
        [("in", "In the segment"), ("rest", "All others")],
        string="Segment",
        readonly=True,
        help="Only when a segment was chosen. Costs are divided as leads are.",
    )

    @api.model
    def _get_pieces(self):
        pieces = super()._get_pieces()
        segment_id = self.env.context.get(BY_SEGMENT)
        if not segment_id:
            return SQL(
                "SELECT %s, NULL::varchar AS segment_part FROM (%s) every",
                self._every(SQL("every.id * 2")),
                pieces,
            )
        segment = self.env["crm.segment"].browse(int(segment_id))
        segment.check_access("read")
        return self._divide(pieces, segment, self.env.context.get(AS_OF) or None)

    @api.model
    def _every(self, key, **changed):
        """The columns of ``every``, some of them by other words."""
        names = ("kind", "date", "company_id", *OTHERS, *NUMBERS)
        columns = {name: SQL.identifier("every", name) for name in names}
        columns.update(changed)
        return SQL(", ").join(
            SQL("%s AS %s", value, SQL.identifier(name))
            for name, value in {"id": key, **columns}.items()
        )

    @api.model
    def _divide(self, pieces, segment, as_of):
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        return SQL(
            """
            WITH every AS MATERIALIZED (%(pieces)s), member AS (%(members)s), told AS (
                SELECT every.id, every.kind, every.campaign_id, every.company_id,
                       every.new_customer_count,
                       every.customer_id IN (SELECT partner_id FROM member)
                       OR person.commercial_partner_id IN (SELECT partner_id FROM member)
                       AS is_member
                  FROM every JOIN res_partner person ON person.id = every.customer_id
            ), share AS (%(shares)s)
            SELECT %(columns)s,
                   CASE WHEN told.is_member THEN 'in' ELSE 'rest' END AS segment_part
              FROM every
              LEFT JOIN told ON told.id = every.id
             WHERE every.kind IN ('lead', 'sale')
             UNION ALL
            SELECT %(divided)s, piece.name
              FROM every
              JOIN res_company company ON company.id = every.company_id
              JOIN res_currency money ON money.id = company.currency_id
              LEFT JOIN share ON share.campaign_id = every.campaign_id
               AND share.company_id = every.company_id
             CROSS JOIN (VALUES ('in', 0), ('rest', 1)) piece(name, place)
             WHERE every.kind IN ('budget', 'cost')
               AND (piece.name = 'rest' OR share.part > 0)
            """,
            pieces=pieces,
            members=self._select_members(segment, as_of),
            shares=self._select_shares(),
            columns=self._every(SQL("every.id * 2")),
            divided=self._every(
                SQL("every.id * 2 + piece.place"),
                **{name: self._get_part(name) for name in DIVIDED},
            ),
        )

    @api.model
    def _get_part(self, name):
        """The members' part rounded, the others' the rest of it."""
        column = SQL.identifier("every", name)
        places = SQL("0" if name == "click_count" else "money.decimal_places")
        part = SQL("round(%s * COALESCE(share.part, 0), %s)", column, places)
        whole = SQL(
            "CASE WHEN piece.name = 'in' THEN %s ELSE %s - %s END", part, column, part
        )
        return SQL("(%s)::int", whole) if name == "click_count" else whole

    @api.model
    def _select_members(self, segment, as_of):
        """(partner_id) of those who are in it now, or were at the end of the day."""
        if not as_of:
            return SQL(
                "SELECT partner_id FROM crm_segment_member "
                "WHERE segment_id = %s AND left_at IS NULL",
                segment.id,
            )
        return SQL(
            """
            SELECT partner_id FROM crm_segment_member
             WHERE segment_id = %(segment)s AND entered_at < %(as_of)s::date + 1
               AND (left_at IS NULL OR left_at >= %(as_of)s::date + 1)
            """,
            segment=segment.id,
            as_of=as_of,
        )

    @api.model
    def _select_shares(self):
        """(campaign_id, company_id, part) from 0 to 1; a lead may have no company yet."""
        return SQL(
            """
            SELECT spent.campaign_id, spent.company_id,
                   CASE WHEN came.leads > 0 THEN came.our_leads / came.leads
                        WHEN came.won > 0 THEN came.our_won / came.won ELSE 0 END AS part
              FROM (SELECT DISTINCT campaign_id, company_id FROM every
                     WHERE kind IN ('budget', 'cost') AND campaign_id IS NOT NULL) spent
              JOIN LATERAL (
                  SELECT COUNT(*) FILTER (WHERE every.kind = 'lead')::numeric AS leads,
                         COUNT(*) FILTER (WHERE every.kind = 'lead' AND told.is_member)
                             ::numeric AS our_leads,
                         SUM(every.new_customer_count) AS won,
                         COALESCE(SUM(every.new_customer_count)
                             FILTER (WHERE told.is_member), 0) AS our_won
                    FROM every LEFT JOIN told ON told.id = every.id
                   WHERE every.kind IN ('lead', 'sale')
                     AND every.campaign_id = spent.campaign_id
                     AND (every.company_id = spent.company_id
                          OR every.company_id IS NULL)
              ) came ON TRUE
            """
        )
