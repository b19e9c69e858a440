from odoo import api, fields, models
from odoo.tools import SQL

AS_OF = "crm_as_of"  # context: what was known at the end of this day (ISO)
MONTH = "date_trunc('month', %s::timestamp)::date"


class CrmCampaignCost(models.Model):
    """What campaigns cost, by the rule of docs/marketing.md.

    Per campaign, company and month: bills where there is any, spread over the month's
    imported ad spend; else the imported spend, marked provisional. Every row is one
    piece, so any grouping adds up to the cent.
    """

    _name = "crm.campaign.cost"
    _description = "Cost of Campaigns"
    _auto = False
    _order = "date DESC, id DESC"
    _rec_name = "kind"

    _depends = {
        "crm.campaign.budget": ["campaign_id", "company_id", "account_id"],
        "crm.ad.spend": [
            "company_id", "campaign_id", "source_id", "medium_id", "content", "day",
            "click_count", "impression_count", "company_amount", "is_void",
        ],
        "crm.ad.spend.revision": ["spend_id", "recorded_at", "company_amount"],
        "account.analytic.line": [
            "company_id", "date", "amount", "category", "move_line_id",
        ],
        "account.move.line": ["parent_state", "account_id", "move_id"],
        "account.account": ["account_type"],
        "account.analytic.account": ["plan_id"],
        "res.company": ["crm_campaign_other_costs", "currency_id"],
    }  # fmt: skip

    kind = fields.Selection(
        [
            ("bill", "Bill"),
            ("shared", "Bill, by Ad Spend"),
            ("spend", "Ad Spend, No Bill Yet"),
        ],
        readonly=True,
        help="A bill of a month with imported ad spend is spread over it, day by day and "
        "ad by ad. Imported spend of a month without any bill counts by itself.",
    )
    date = fields.Date(
        readonly=True,
        help="Of a bill the day it is booked on, of ad spend its own day.",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    campaign_id = fields.Many2one("utm.campaign", readonly=True)
    account_id = fields.Many2one(
        "account.analytic.account", string="Account for Bills", readonly=True
    )
    source_id = fields.Many2one("utm.source", readonly=True)
    medium_id = fields.Many2one("utm.medium", readonly=True)
    content = fields.Char(string="Ad", readonly=True)
    cost_amount = fields.Monetary(
        string="Cost", readonly=True, help="Bills, or imported ad spend without bills."
    )
    bill_amount = fields.Monetary(
        string="Bills",
        readonly=True,
        help="Posted on expense accounts and distributed to the plan Marketing, less "
        "credit notes.",
    )
    spend_amount = fields.Monetary(
        string="Ad Spend", readonly=True, help="What the services say, as imported."
    )
    difference_amount = fields.Monetary(
        string="Difference",
        readonly=True,
        help="Bills less imported ad spend, in months that have bills.",
    )
    provisional_amount = fields.Monetary(
        string="Provisional",
        readonly=True,
        help="The part of the cost for which no bill has come yet.",
    )
    click_count = fields.Integer(
        string="Paid Clicks", readonly=True, help="As the services count them."
    )
    impression_count = fields.Integer(string="Impressions", readonly=True)
    move_id = fields.Many2one("account.move", string="Document", readonly=True)

    @property
    def _table_query(self) -> SQL:
        return self._cost_query(self.env.context.get(AS_OF))

    @api.model
    def _cost_query(self, as_of=None):
        """Select of this model's columns.

        :param as_of: last day (ISO) of what is known: bills posted later and figures
            imported later are left out; None: everything known now
        """
        return SQL(
            """
            WITH bill AS (%(bills)s), spend AS (%(spend)s), billed AS (
                SELECT company_id, campaign_id, month, SUM(amount) AS amount
                  FROM bill WHERE campaign_id IS NOT NULL
                 GROUP BY company_id, campaign_id, month
            ), share AS (
                SELECT spend.*, billed.amount AS billed,
                       SUM(spend.amount) OVER whole AS total,
                       SUM(spend.amount) OVER before AS until
                  FROM spend
                  LEFT JOIN billed USING (company_id, campaign_id, month)
                WINDOW whole AS (
                           PARTITION BY spend.company_id, spend.campaign_id, spend.month),
                       before AS (
                           PARTITION BY spend.company_id, spend.campaign_id, spend.month
                           ORDER BY spend.date, spend.id)
            ), %(pieces)s
            SELECT piece.*, bill_amount + provisional_amount AS cost_amount,
                   CASE WHEN kind = 'spend' THEN 0 ELSE bill_amount - spend_amount END
                       AS difference_amount
              FROM piece
            """,
            bills=self._select_bills(as_of),
            spend=self._select_spend(as_of),
            pieces=self._select_pieces(),
        )

    @api.model
    def _select_pieces(self):
        """Ad spend (with its share of the bill), and bills that nothing spreads.

        The share is cut from a running total: pieces are whole cents and sum to the
        bill (``tools/campaign_return.py``, spread).
        """
        return SQL(
            """
            piece AS (
                SELECT share.id::bigint * 2 AS id,
                       CASE WHEN billed IS NULL THEN 'spend' ELSE 'shared' END AS kind,
                       date, share.company_id, share.campaign_id,
                       NULL::int AS account_id, source_id, medium_id, content,
                       CASE WHEN billed IS NULL OR total <= 0 THEN 0 ELSE
                           round(billed * until / total, money.decimal_places)
                           - round(billed * (until - amount) / total,
                                   money.decimal_places) END AS bill_amount,
                       amount AS spend_amount,
                       CASE WHEN billed IS NULL THEN amount ELSE 0 END
                           AS provisional_amount,
                       click_count, impression_count, NULL::int AS move_id
                  FROM share
                  JOIN res_company company ON company.id = share.company_id
                  JOIN res_currency money ON money.id = company.currency_id
                 UNION ALL
                SELECT bill.id::bigint * 2 + 1, 'bill', date, company_id, campaign_id,
                       account_id, NULL, NULL, NULL, amount, 0, 0, 0, 0, move_id
                  FROM bill
                 WHERE NOT EXISTS (
                       SELECT FROM share
                        WHERE share.company_id = bill.company_id
                          AND share.campaign_id = bill.campaign_id
                          AND share.month = bill.month AND share.total > 0)
            )
            """
        )

    @api.model
    def _select_bills(self, as_of=None):
        """What is booked on the plan: (id, company, campaign, account, date, amount …).

        Lines of bills on expense accounts; where the company says so, other entries and
        hours too, but never what customers were invoiced.
        """
        column = self.env["crm.campaign.budget"]._get_line_column()
        if not column:
            return SQL(
                "SELECT 0 AS id, 0 AS company_id, 0 AS campaign_id, 0 AS account_id, "
                "NULL::date AS date, NULL::date AS month, 0::numeric AS amount, "
                "0 AS move_id WHERE FALSE"
            )
        return SQL(
            """
            SELECT line.id, line.company_id, budget.campaign_id,
                   line.%(column)s AS account_id, line.date, %(month)s AS month,
                   -line.amount::numeric AS amount, item.move_id
              FROM account_analytic_line line
              JOIN res_company company ON company.id = line.company_id
              LEFT JOIN account_move_line item ON item.id = line.move_line_id
              LEFT JOIN account_account account ON account.id = item.account_id
              LEFT JOIN crm_campaign_budget budget
                ON budget.account_id = line.%(column)s
             WHERE line.%(column)s IS NOT NULL AND %(known)s
               AND (item.id IS NULL OR (item.parent_state = 'posted'
                                        AND account.account_type LIKE 'expense%%'))
               AND (line.category = 'vendor_bill' AND item.id IS NOT NULL
                    OR company.crm_campaign_other_costs
                       AND line.category IS DISTINCT FROM 'invoice')
            """,
            column=column,
            month=SQL(MONTH, SQL("line.date")),
            known=SQL(
                "line.create_date < %s::date + 1 AND line.date <= %s", as_of, as_of
            )
            if as_of
            else SQL("TRUE"),
        )

    @api.model
    def _select_spend(self, as_of=None):
        """Imported spend: (id, company, campaign, source … amount), now or as known."""
        columns = SQL(
            "spend.id, spend.company_id, spend.campaign_id, spend.source_id, "
            "spend.medium_id, NULLIF(spend.content, '') AS content, spend.day AS date, "
            "%s AS month",
            SQL(MONTH, SQL("spend.day")),
        )
        if not as_of:
            return SQL(
                "SELECT %s, company_amount::numeric AS amount, click_count, "
                "impression_count FROM crm_ad_spend spend WHERE is_void IS NOT TRUE",
                columns,
            )
        return SQL(
            """
            SELECT %(columns)s, known.company_amount::numeric AS amount,
                   known.click_count, known.impression_count
              FROM crm_ad_spend spend
              JOIN LATERAL (
                  SELECT revision.* FROM crm_ad_spend_revision revision
                   WHERE revision.spend_id = spend.id
                     AND revision.recorded_at < %(as_of)s::date + 1
                   ORDER BY revision.id DESC LIMIT 1
              ) known ON known.is_void IS NOT TRUE
             WHERE spend.day <= %(as_of)s
            """,
            columns=columns,
            as_of=as_of,
        )

    def action_open_document(self):
        """Open the bill, or the row of ad spend, with the reader's own rights."""
        self.ensure_one()
        if self.move_id:
            document = self.move_id
        elif self.kind == "bill":
            document = self.env["account.analytic.line"].browse((self.id - 1) // 2)
        else:
            document = self.env["crm.ad.spend"].browse(self.id // 2)
        document.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }
