from odoo import api, fields, models
from odoo.tools import SQL

LEAD, ID = SQL("d"), SQL("id")
# {column: (PostgreSQL type, what a later row of the same key may do to it)}
TOUCH_COLUMNS = {
    "visitor_id": ("int4", "once"),
    "touch_kind": ("varchar", "first"),
    "product_id": ("int4", "once"),
    "utm_term": ("varchar", "once"),
    "utm_content": ("varchar", "once"),
    "click_kind": ("varchar", "once"),
    "click_ref": ("varchar", "once"),
    "opened_at": ("timestamp", "once"),
    "clicked_at": ("timestamp", "once"),
}

# what a touch is, is said in crm.attribution.source; here anything that may be one
MARK_ATTRIBUTION = SQL(
    """
    INSERT INTO crm_attribution_dirty (kind, res_id)
    SELECT DISTINCT 'customer', told.customer_id
      FROM (
          SELECT new.customer_id FROM resolved new
           WHERE new.old_id IS NULL AND (new.touch_kind IS NOT NULL OR COALESCE(
                 new.source_id, new.medium_id, new.campaign_id) IS NOT NULL)
           UNION ALL
          SELECT updated.customer_id
            FROM updated
            JOIN resolved new ON new.old_id = updated.id
            JOIN crm_interaction old ON old.id = updated.id
           WHERE COALESCE(new.touch_kind, old.touch_kind) IS NOT NULL OR COALESCE(
                 new.source_id, new.medium_id, new.campaign_id,
                 old.source_id, old.medium_id, old.campaign_id) IS NOT NULL
      ) told
     WHERE told.customer_id IS NOT NULL
    """
)
# a change of these by hand may change who brought an invoice
TOUCH_FIELDS = {
    "customer_id", "partner_id", "company_id", "started_at", "direction", "is_automatic",
    "source_id", "medium_id", "campaign_id", "utm_term", "utm_content", "touch_kind",
    "clicked_at",
}  # fmt: skip


class CrmInteraction(models.Model):
    """Touches are rows of the ledger too: what an advertiser paid for, and visits."""

    _inherit = "crm.interaction"

    visitor_id = fields.Many2one(
        "crm.touch.visitor", ondelete="set null", help="Whose browser it was."
    )
    touch_kind = fields.Selection(
        [
            ("visit", "Visit"),
            ("view", "Product Viewed"),
            ("save", "Product Saved"),
            ("mailing", "Mailing"),
        ],
        string="Touch",
        help="What a visitor of our site did, or a letter that we sent to many.",
    )
    product_id = fields.Many2one(
        "product.product", ondelete="set null", help="What was viewed or saved."
    )
    utm_term = fields.Char(string="Search Words", help="utm_term of the address.")
    utm_content = fields.Char(string="Ad", help="utm_content of the address.")
    click_kind = fields.Char(
        string="Kind of Click Id",
        help="Which advertiser marked the click: gclid, yclid…",
    )
    click_ref = fields.Char(string="Click Id", help="The advertiser's own number.")
    opened_at = fields.Datetime(
        string="Opened", help="When the letter was first opened."
    )
    clicked_at = fields.Datetime(
        string="Clicked",
        help="When a link of the letter was first clicked by a person.",
    )

    # joining a visitor to a person; repeats of a visit: his rows, newest first
    _visitor_idx = models.Index(
        "(visitor_id, started_at DESC) WHERE visitor_id IS NOT NULL"
    )
    _product_idx = models.Index("(product_id, started_at) WHERE product_id IS NOT NULL")

    @api.model
    def _ledger_columns(self):
        return {**super()._ledger_columns(), **TOUCH_COLUMNS}

    @api.model
    def _get_upsert_marks(self):
        marks = super()._get_upsert_marks()
        return SQL("%s, attribution_mark AS (%s)", marks, MARK_ATTRIBUTION)

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._crm_mark_attribution()
        return rows

    def write(self, vals):
        if not TOUCH_FIELDS & vals.keys():
            return super().write(vals)
        self._crm_mark_attribution()
        result = super().write(vals)
        self._crm_mark_attribution()
        return result

    def unlink(self):
        self._crm_mark_attribution()
        return super().unlink()

    @api.model
    def _lead_ad_query(self, lead=LEAD):
        """SQL of the ad that brought a lead: its last touch with the lead's campaign.

        Touches until the end of the day it was made count: the form is posted first, the
        visitor is joined to it afterwards.

        :param lead: alias of crm_lead
        """
        return SQL(
            """
            (SELECT touch.utm_content
               FROM crm_interaction touch
              WHERE (touch.lead_id = %(lead)s.id OR touch.partner_id = %(lead)s.partner_id)
                AND touch.utm_content IS NOT NULL
                AND touch.campaign_id IS NOT DISTINCT FROM %(lead)s.campaign_id
                AND touch.started_at < %(lead)s.create_date::date + 1
              ORDER BY touch.started_at DESC, touch.id DESC
              LIMIT 1)
            """,
            lead=lead,
        )

    @api.model
    def _order_ad_query(self, order):
        """SQL of an order's ad: its lead's, else its customer's last touch before it.

        Only with the order's own campaign; without a campaign none is known.

        :param order: alias of (opportunity_id, partner_id, campaign_id, date_order)
        """
        return SQL(
            """
            COALESCE(
                (SELECT %(lead_ad)s FROM crm_lead lead
                  WHERE lead.id = %(order)s.opportunity_id
                    AND lead.campaign_id = %(order)s.campaign_id),
                (SELECT touch.utm_content
                   FROM res_partner buyer
                   JOIN crm_interaction touch
                     ON touch.customer_id = buyer.commercial_partner_id
                  WHERE buyer.id = %(order)s.partner_id
                    AND touch.utm_content IS NOT NULL
                    AND touch.campaign_id = %(order)s.campaign_id
                    AND touch.started_at < %(order)s.date_order::date + 1
                  ORDER BY touch.started_at DESC, touch.id DESC LIMIT 1))
            """,
            lead_ad=self._lead_ad_query(SQL("lead")),
            order=order,
        )

    @api.model
    def _invoice_ad_query(self, move, key=ID):
        """SQL of an invoice's ad: that of its first order, a credit note's its invoice's.

        Without an order, the customer's last touch until the day it is booked on.

        :param move: alias with (reversed_entry_id, campaign_id) and the invoice's ``key``
        """
        return SQL(
            """
            (SELECT %(ad)s
               FROM (SELECT head.id, %(move)s.campaign_id,
                            COALESCE(ordered.opportunity_id, 0) AS opportunity_id,
                            COALESCE(ordered.partner_id, head.partner_id) AS partner_id,
                            COALESCE(ordered.date_order, head.date) AS date_order
                       FROM account_move head
                       LEFT JOIN LATERAL (
                            SELECT sale.*
                              FROM account_move_line item
                              JOIN sale_order_line_invoice_rel link
                                ON link.invoice_line_id = item.id
                              JOIN sale_order_line part ON part.id = link.order_line_id
                              JOIN sale_order sale ON sale.id = part.order_id
                             WHERE item.move_id = head.id
                             ORDER BY sale.date_order, sale.id LIMIT 1
                       ) ordered ON TRUE
                      WHERE head.id = COALESCE(%(move)s.reversed_entry_id, %(move)s.%(key)s)
                    ) bought)
            """,
            ad=self._order_ad_query(SQL("bought")),
            move=move,
            key=key,
        )

    def _crm_mark_attribution(self):
        """Invoices of whom these touches belong to are shared out again."""
        touches = self.filtered(
            lambda row: row.touch_kind
            or row.source_id
            or row.medium_id
            or row.campaign_id
        )
        # sudo: the queue belongs to the engine
        self.env["crm.attribution.dirty"].sudo()._mark_ids(
            "customer", touches.customer_id.ids
        )
