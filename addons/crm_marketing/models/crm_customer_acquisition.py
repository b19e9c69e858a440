from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_customer_month_source import POSTED_SALE

ORIGIN = ("campaign_id", "source_id", "medium_id")
MONTH = SQL("date_trunc('month', date::timestamp)::date")
# the touch that the company's model gives most of the first invoice
WINNER = SQL(
    """
    SELECT TRUE AS is_known, line.campaign_id, line.source_id, line.medium_id
      FROM res_company company
      JOIN crm_attribution_line line ON line.move_id = first.id
       AND line.model_id = company.crm_acquisition_model_id
     WHERE company.id = pairs.company_id
     GROUP BY line.interaction_id, line.origin, line.campaign_id, line.source_id,
              line.medium_id
    HAVING SUM(line.amount) > 0
     ORDER BY SUM(line.amount) DESC, line.interaction_id DESC NULLS LAST LIMIT 1
    """
)
# {column: who won him}
BY = {
    name: SQL(
        "CASE WHEN winner.is_known THEN winner.%(name)s ELSE first.%(name)s END",
        name=SQL.identifier(name),
    )
    for name in ORIGIN
}


class CrmCustomerAcquisition(models.Model):
    """With which invoice somebody became a company's customer, and what winning him cost.

    A campaign's cost in a company, divided among the customers it won: whole cents that
    sum to the cost. The campaign is that of the first invoice, or of the touch to which
    the company's model gives most of it (*Who Won a Customer*). It follows bills, imports and first
    invoices through the queues (crm_customer_month_campaign.py).
    """

    _name = "crm.customer.acquisition"
    _description = "Customer Won"
    _order = "date DESC, id DESC"
    _rec_name = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    move_id = fields.Many2one(
        "account.move",
        string="First Invoice",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    date = fields.Date(string="Customer since", required=True, readonly=True)
    campaign_id = fields.Many2one("utm.campaign", readonly=True, ondelete="set null")
    source_id = fields.Many2one("utm.source", readonly=True, ondelete="set null")
    medium_id = fields.Many2one("utm.medium", readonly=True, ondelete="set null")
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        string="Acquisition Cost",
        readonly=True,
        help="The cost of the campaign divided among the customers whose first invoice "
        "came from it. It changes when bills come and when more are won.",
    )

    _customer_company_uniq = models.Constraint(
        "UNIQUE(customer_id, company_id)",
        "When this customer was won is known already.",
    )
    # the customers of a campaign
    _campaign_idx = models.Index(
        "(campaign_id, company_id) WHERE campaign_id IS NOT NULL"
    )

    # ------------------------------------------------------------ first invoices

    @api.model
    def _follow(self, pairs=None):
        """Find first invoices anew; queue campaigns and months that this changes.

        :param pairs: [(customer id, company id)], or None for everybody
        """
        self.env["account.move"].flush_model()
        self.env["res.company"].flush_model(["crm_acquisition_model_id"])
        self.env.cr.execute(self._get_follow_query(self._get_pairs(pairs)))
        self.invalidate_model()
        return self.env.cr.rowcount

    @api.model
    def _get_pairs(self, pairs):
        if pairs is not None:
            columns = list(zip(*pairs, strict=True)) or ([], [])
            return SQL(
                "SELECT * FROM unnest(%s::int[], %s::int[]) one(customer_id, company_id)",
                *map(list, columns),
            )
        return SQL(
            """
            SELECT move.commercial_partner_id AS customer_id, move.company_id
              FROM account_move move
             WHERE %s AND move.commercial_partner_id IS NOT NULL
             UNION SELECT customer_id, company_id FROM crm_customer_acquisition
            """,
            POSTED_SALE,
        )

    @api.model
    def _get_follow_query(self, pairs):
        return SQL(
            """
            WITH pairs AS (%(pairs)s), changed AS MATERIALIZED (
                SELECT pairs.customer_id, pairs.company_id, first.id AS move_id,
                       first.date, %(named)s,
                       old.id AS old_id, old.campaign_id AS old_campaign_id,
                       old.date AS old_date, old.amount AS old_amount
                  FROM pairs
                  LEFT JOIN LATERAL (
                      SELECT move.* FROM account_move move
                       WHERE move.commercial_partner_id = pairs.customer_id
                         AND move.company_id = pairs.company_id
                         AND %(posted)s AND move.move_type <> 'out_refund'
                       ORDER BY move.date, move.id LIMIT 1
                  ) first ON TRUE
                  LEFT JOIN LATERAL (%(winner)s) winner ON TRUE
                  LEFT JOIN crm_customer_acquisition old
                    ON old.customer_id = pairs.customer_id
                   AND old.company_id = pairs.company_id
                 WHERE (old.move_id, old.date, old.campaign_id, old.source_id,
                        old.medium_id)
                    IS DISTINCT FROM (first.id, first.date, %(by)s)
            ), gone AS (
                DELETE FROM crm_customer_acquisition old USING changed
                 WHERE old.id = changed.old_id AND changed.move_id IS NULL
            ), written AS (
                INSERT INTO crm_customer_acquisition AS old
                       (customer_id, company_id, move_id, date, %(origin)s, amount)
                SELECT customer_id, company_id, move_id, date, %(origin)s, 0
                  FROM changed WHERE move_id IS NOT NULL
                    ON CONFLICT (customer_id, company_id) DO UPDATE
                   SET move_id = EXCLUDED.move_id, date = EXCLUDED.date,
                       campaign_id = EXCLUDED.campaign_id,
                       source_id = EXCLUDED.source_id, medium_id = EXCLUDED.medium_id,
                       amount = CASE WHEN old.campaign_id = EXCLUDED.campaign_id
                                     THEN old.amount ELSE 0 END
            ), shares AS (
                INSERT INTO crm_campaign_dirty (campaign_id, company_id)
                SELECT campaign_id, company_id FROM changed
                 WHERE campaign_id IS NOT NULL
                 UNION SELECT old_campaign_id, company_id FROM changed
                 WHERE old_campaign_id IS NOT NULL
            )
            INSERT INTO crm_customer_dirty (customer_id, company_id, month)
            SELECT customer_id, company_id,
                   date_trunc('month', place.date::timestamp)::date
              FROM changed CROSS JOIN LATERAL (
                   SELECT changed.date UNION SELECT changed.old_date) place(date)
             WHERE place.date IS NOT NULL AND changed.old_amount <> 0
            """,
            pairs=pairs,
            posted=POSTED_SALE,
            origin=SQL(", ").join(map(SQL.identifier, ORIGIN)),
            winner=WINNER,
            by=SQL(", ").join(BY.values()),
            named=SQL(", ").join(
                SQL("%s AS %s", value, SQL.identifier(name))
                for name, value in BY.items()
            ),
        )

    @api.model
    def _mark_won(self, where):
        """Look anew at who won the customers that ``where`` finds (``won``)."""
        # sudo: the queue belongs to the engine
        self.env["crm.customer.dirty"].sudo()._mark(
            SQL(
                "SELECT won.customer_id, won.company_id, %s "
                "FROM crm_customer_acquisition won WHERE %s",
                MONTH,
                where,
            )
        )

    # ------------------------------------------------------------ what each cost

    @api.model
    def _share_out(self, limit=1000):
        """Divide the costs of queued campaigns anew; queue the customers it changes.

        :return: number of campaigns, or None when another pass is at work
        """
        queue_sudo = self.env["crm.campaign.dirty"].sudo()  # the engine's own table
        if not queue_sudo._lock():
            return None
        keys = queue_sudo._take(limit)
        if keys:
            self.env.flush_all()
            self.env.cr.execute(self._get_share_query(keys))
            self.invalidate_model()
        return len(keys)

    @api.model
    def _get_share_query(self, keys):
        """The k-th of n pays what brings the running total to k/n of the cost."""
        return SQL(
            """
            WITH keys AS (
                SELECT * FROM unnest(%(campaigns)s::int[], %(companies)s::int[])
                    AS one(campaign_id, company_id)
            ), cost AS (%(cost)s), fresh AS (
                SELECT won.id, round(COALESCE(cost.amount, 0) * won.place / won.total,
                                     money.decimal_places)
                       - round(COALESCE(cost.amount, 0) * (won.place - 1) / won.total,
                               money.decimal_places) AS amount
                  FROM (SELECT won.id, won.campaign_id, won.company_id,
                               row_number() OVER (whole ORDER BY won.date, won.customer_id)
                                   AS place,
                               count(*) OVER whole AS total
                          FROM crm_customer_acquisition won
                          JOIN keys USING (campaign_id, company_id)
                        WINDOW whole AS (PARTITION BY won.campaign_id, won.company_id)
                       ) won
                  JOIN res_company company ON company.id = won.company_id
                  JOIN res_currency money ON money.id = company.currency_id
                  LEFT JOIN cost USING (campaign_id, company_id)
            ), written AS (
                UPDATE crm_customer_acquisition won SET amount = fresh.amount
                  FROM fresh
                 WHERE fresh.id = won.id AND won.amount IS DISTINCT FROM fresh.amount
                RETURNING won.customer_id, won.company_id, won.date
            )
            INSERT INTO crm_customer_dirty (customer_id, company_id, month)
            SELECT customer_id, company_id, %(month)s FROM written
            """,
            campaigns=[key[0] for key in keys],
            companies=[key[1] for key in keys],
            cost=self._get_cost_query(),
            month=MONTH,
        )

    @api.model
    def _get_cost_query(self):
        """Cost of each of ``keys``: bills of a month where there is any, else spend."""
        costs = self.env["crm.campaign.cost"]
        return SQL(
            """
            SELECT campaign_id, company_id,
                   SUM(COALESCE(billed, spent)) AS amount
              FROM (SELECT campaign_id, company_id, month,
                           SUM(amount) FILTER (WHERE is_bill) AS billed,
                           SUM(amount) FILTER (WHERE NOT is_bill) AS spent
                      FROM (SELECT campaign_id, company_id, month, amount,
                                   TRUE AS is_bill FROM (%(bills)s) bill
                             UNION ALL
                            SELECT campaign_id, company_id, month, amount,
                                   FALSE FROM (%(spend)s) spend) piece
                      JOIN keys USING (campaign_id, company_id)
                     GROUP BY campaign_id, company_id, month) per_month
             GROUP BY campaign_id, company_id
            """,
            bills=costs._select_bills(),
            spend=costs._select_spend(),
        )

    def action_open_invoice(self):
        """Open the first invoice, with the reader's own rights."""
        self.ensure_one()
        self.move_id.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "views": [[False, "form"]],
        }
