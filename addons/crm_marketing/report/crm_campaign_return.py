from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_customer_month_source import POSTED_SALE

from .crm_campaign_cost import AS_OF

BY_MODEL = "crm_attribution_model"  # context: id of a crm.attribution.model, or nothing
MARGIN = "crm_relations.group_see_margin"
KINDS = ("budget", "cost", "lead", "sale")
NUMBERS = {
    "budget_amount": "0::numeric", "cost_amount": "0::numeric",
    "provisional_amount": "0::numeric", "bill_amount": "0::numeric",
    "spend_amount": "0::numeric", "click_count": "0", "lead_count": "0",
    "qualified_count": "0", "rejected_count": "0", "deal_count": "0",
    "new_customer_count": "0::numeric", "revenue_amount": "0::numeric",
    "margin_amount": "0::numeric",
}  # fmt: skip
OTHERS = {
    "content": "NULL::varchar", "reject_reason_id": "NULL::int", "customer_id": "NULL::int",
    "campaign_id": "NULL::int", "source_id": "NULL::int", "medium_id": "NULL::int",
    "res_id": "NULL::int",
}  # fmt: skip
# ratio: (numerator, denominator)
RATIOS = {
    "cpl_amount": ("cost_amount", "lead_count"),
    "cac_amount": ("cost_amount", "new_customer_count"),
    "roas": ("revenue_amount", "cost_amount"),
    "budget_used": ("cost_amount", "budget_amount"),
}


class CrmCampaignReturn(models.Model):
    """What campaigns and channels cost and brought: one row per piece of each.

    Sums add up over any grouping; ratios are of sums. Two words of the context choose
    the view: ``crm_attribution_model`` (who gets the credit for a sale; none: the
    document's own origin) and ``crm_as_of`` (what was known at the end of a day).
    """

    _name = "crm.campaign.return"
    _description = "Return of Campaigns"
    _auto = False
    _order = "date DESC, id DESC"
    _rec_name = "kind"

    _depends = {
        "crm.campaign.cost": ["cost_amount"],
        "crm.campaign.budget": ["amount", "campaign_id", "company_id"],
        "utm.campaign": ["crm_date_start"],
        "crm.lead": [
            "company_id", "team_id", "create_date", "source_id", "medium_id", "type",
            "campaign_id", "qualification_state", "reject_reason_id", "partner_id",
        ],
        "crm.interaction": [
            "utm_content", "campaign_id", "started_at", "lead_id", "partner_id",
        ],
        "crm.qualification.decision": ["lead_id", "state", "decided_at", "ended_at"],
        "account.move": [
            "company_id", "date", "state", "move_type", "commercial_partner_id",
            "source_id", "medium_id", "campaign_id",
        ],
        "account.move.line": ["move_id", "account_id", "balance"],
        "account.account": ["account_type"],
        "crm.invoice.cost": ["line_id", "amount"],
        "crm.customer.acquisition": ["move_id"],
        "crm.attribution.line": ["amount", "campaign_id", "move_id", "model_id"],
    }  # fmt: skip

    kind = fields.Selection(
        [("budget", "Budget"), ("cost", "Cost"), ("lead", "Lead"), ("sale", "Sale")],
        readonly=True,
    )
    date = fields.Date(
        readonly=True,
        help="Of a cost the day it is booked on or the ad ran, of a lead the day it came, "
        "of a sale the day it is booked on, of a budget the campaign's first day.",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    campaign_id = fields.Many2one("utm.campaign", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    medium_id = fields.Many2one("utm.medium", readonly=True)
    content = fields.Char(
        string="Ad",
        readonly=True,
        help="Of a cost as imported; of a lead that of its last touch with the lead's "
        "campaign; of a sale its invoice's, by a model that of the touch.",
    )
    reject_reason_id = fields.Many2one(
        "crm.reject.reason", string="Rejected because", readonly=True
    )
    customer_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    res_id = fields.Integer(string="Document", readonly=True)
    budget_amount = fields.Monetary(string="Budget", readonly=True)
    cost_amount = fields.Monetary(
        string="Cost", readonly=True, help="Bills, or imported ad spend without bills."
    )
    bill_amount = fields.Monetary(string="Bills", readonly=True)
    spend_amount = fields.Monetary(string="Ad Spend", readonly=True)
    provisional_amount = fields.Monetary(
        string="Provisional", readonly=True, help="Cost for which no bill has come yet."
    )
    click_count = fields.Integer(
        string="Paid Clicks", readonly=True, help="As the services count them."
    )
    lead_count = fields.Integer(string="Leads", readonly=True)
    qualified_count = fields.Integer(string="Qualified", readonly=True)
    rejected_count = fields.Integer(string="Rejected", readonly=True)
    deal_count = fields.Integer(
        string="Deals", readonly=True, help="Leads that have become opportunities."
    )
    customer_count = fields.Integer(
        string="Customers",
        readonly=True,
        aggregator="sum",
        help="Different customers with a sale.",
    )
    new_customer_count = fields.Float(
        string="New Customers",
        readonly=True,
        digits=(16, 1),
        help="Customers whose first invoice this is. A model that divides an invoice "
        "divides the customer too.",
    )
    revenue_amount = fields.Monetary(
        string="Revenue",
        readonly=True,
        help="Posted on income accounts, less credit notes; by the chosen model.",
    )
    margin_amount = fields.Monetary(
        string="Margin",
        readonly=True,
        groups=MARGIN,
        help="Revenue less cost of goods, as frozen with each invoice.",
    )
    cpl_amount = fields.Monetary(
        string="CPL", readonly=True, help="Cost per lead: cost ÷ leads."
    )
    cac_amount = fields.Monetary(
        string="CAC",
        readonly=True,
        help="Cost of winning a customer: cost ÷ new customers.",
    )
    roas = fields.Float(
        string="Revenue ÷ Cost", readonly=True, help="What one unit of cost brought."
    )
    romi = fields.Float(
        string="ROMI (%)",
        readonly=True,
        groups=MARGIN,
        help="(Margin − cost) ÷ cost. A model shares sales out; it proves no cause.",
    )
    budget_used = fields.Float(
        string="Budget Used (%)",
        readonly=True,
        help="Cost ÷ budget: fact against plan.",
    )

    @property
    def _table_query(self) -> SQL:
        return SQL(
            "SELECT piece.*, 0 AS customer_count, 0::numeric AS cpl_amount, "
            "0::numeric AS cac_amount, 0::numeric AS roas, 0::numeric AS romi, "
            "0::numeric AS budget_used FROM (%s) piece",
            self._get_pieces(),
        )

    @api.model
    def _get_pieces(self):
        """Select of every piece: the columns of :meth:`_part`."""
        as_of = self.env.context.get(AS_OF) or None
        model = self.env.context.get(BY_MODEL) or None
        parts = [
            self._select_budgets(),
            self._select_costs(as_of),
            self._select_leads(as_of),
            self._select_credits(model, as_of) if model else self._select_sales(as_of),
        ]
        return SQL(" UNION ALL ").join(parts)

    # ------------------------------------------------------------ parts

    @api.model
    def _part(self, kind, rest, **columns):
        """One select of the union, of something named d; the rest is 0 or nothing."""
        values = {
            "id": SQL("d.id::bigint * 4 + %s", KINDS.index(kind)),
            "kind": SQL("%s", kind),
            "date": SQL("d.date"),
            "company_id": SQL("d.company_id"),
            **{name: SQL(empty) for name, empty in {**OTHERS, **NUMBERS}.items()},  # pylint: disable=sql-injection
            **columns,
        }
        return SQL(
            "SELECT %s FROM %s",
            SQL(", ").join(
                SQL("%s AS %s", value, SQL.identifier(name))
                for name, value in values.items()
            ),
            rest,
        )

    @api.model
    def _own(self, *names):
        return {name: SQL.identifier("d", name) for name in names}

    @api.model
    def _select_budgets(self):
        return self._part(
            "budget",
            SQL(
                "crm_campaign_budget d JOIN utm_campaign c ON c.id = d.campaign_id "
                "WHERE d.amount > 0"
            ),
            date=SQL("COALESCE(c.crm_date_start, c.create_date::date)"),
            budget_amount=SQL("d.amount"),
            res_id=SQL("d.campaign_id"),
            **self._own("campaign_id"),
        )

    @api.model
    def _select_costs(self, as_of):
        return self._part(
            "cost",
            SQL("(%s) d", self.env["crm.campaign.cost"]._cost_query(as_of)),
            **self._own(
                "campaign_id", "source_id", "medium_id", "content", "cost_amount",
                "bill_amount", "spend_amount", "provisional_amount", "click_count",
            ),
        )  # fmt: skip

    @api.model
    def _select_leads(self, as_of):
        """Leads by their state now, or by the decision that stood at the end of the day."""
        state, reason = SQL("d.qualification_state"), SQL("d.reject_reason_id")
        known = SQL()
        if as_of:
            state, reason = SQL("verdict.state"), SQL("verdict.reason_id")
            known = SQL(
                """
                LEFT JOIN LATERAL (
                    SELECT decision.state, decision.reason_id
                      FROM crm_qualification_decision decision
                     WHERE decision.lead_id = d.id
                       AND decision.decided_at < %(as_of)s::date + 1
                       AND (decision.ended_at IS NULL
                            OR decision.ended_at >= %(as_of)s::date + 1)
                     ORDER BY decision.id DESC LIMIT 1
                ) verdict ON TRUE
                WHERE d.create_date < %(as_of)s::date + 1
                """,
                as_of=as_of,
            )
        return self._part(
            "lead",
            SQL("crm_lead d LEFT JOIN crm_team t ON t.id = d.team_id %s", known),
            date=SQL("d.create_date::date"),
            company_id=SQL("COALESCE(d.company_id, t.company_id)"),
            content=self.env["crm.interaction"]._lead_ad_query(),
            lead_count=SQL("1"),
            qualified_count=SQL("(%s IS NOT DISTINCT FROM 'qualified')::int", state),
            rejected_count=SQL("(%s IS NOT DISTINCT FROM 'rejected')::int", state),
            deal_count=SQL("(d.type = 'opportunity')::int"),
            reject_reason_id=SQL(
                "CASE WHEN %s = 'rejected' THEN %s END", state, reason
            ),
            customer_id=SQL("d.partner_id"),
            res_id=SQL("d.id"),
            **self._own("campaign_id", "source_id", "medium_id"),
        )

    @api.model
    def _get_money(self):
        """Laterals of ``move``: income.amount, goods.amount, won.id (first invoice)."""
        return SQL(
            """
            LEFT JOIN LATERAL (
                SELECT COALESCE(-SUM(line.balance), 0) AS amount
                  FROM account_move_line line
                  JOIN account_account account ON account.id = line.account_id
                   AND account.account_type LIKE 'income%%'
                 WHERE line.move_id = move.id
            ) income ON TRUE
            LEFT JOIN LATERAL (
                SELECT COALESCE(SUM(cost.amount), 0) AS amount
                  FROM account_move_line line
                  JOIN crm_invoice_cost cost ON cost.line_id = line.id
                 WHERE line.move_id = move.id
            ) goods ON TRUE
            LEFT JOIN crm_customer_acquisition won ON won.move_id = move.id
            """
        )

    @api.model
    def _select_sales(self, as_of):
        """Documents by their own origin."""
        return self._part(
            "sale",
            SQL(
                "(SELECT move.*, income.amount AS revenue, goods.amount AS goods, "
                "won.id AS won_id FROM account_move move %s WHERE %s AND %s) d",
                self._get_money(),
                POSTED_SALE,
                SQL("move.date <= %s", as_of) if as_of else SQL("TRUE"),
            ),
            customer_id=SQL("d.commercial_partner_id"),
            new_customer_count=SQL("(d.won_id IS NOT NULL)::int::numeric"),
            revenue_amount=SQL("d.revenue"),
            margin_amount=SQL("d.revenue - d.goods"),
            content=self.env["crm.interaction"]._invoice_ad_query(SQL("d")),
            res_id=SQL("d.id"),
            **self._own("campaign_id", "source_id", "medium_id"),
        )

    @api.model
    def _select_credits(self, model, as_of):
        """Documents shared out by a model; margin and first customers go with revenue."""
        known = SQL()
        if as_of:
            known = SQL("AND line.date <= %s", as_of)
        return self._part(
            "sale",
            SQL(
                """
                (SELECT credit.*, move.commercial_partner_id AS customer_id, won.id AS won_id,
                        credit.amount * (income.amount - goods.amount)
                            / NULLIF(income.amount, 0) AS margin
                   FROM (SELECT min(line.id) AS id, line.move_id, line.company_id,
                                line.date, line.campaign_id, line.source_id,
                                line.medium_id, line.utm_content AS content,
                                SUM(line.amount)::numeric AS amount,
                                SUM(line.amount)::numeric / NULLIF(SUM(SUM(line.amount))
                                    OVER (PARTITION BY line.move_id), 0) AS part
                           FROM crm_attribution_line line
                          WHERE line.model_id = %s %s
                          GROUP BY line.move_id, line.company_id, line.date,
                                line.campaign_id, line.source_id, line.medium_id,
                                line.utm_content
                         HAVING SUM(line.amount) <> 0) credit
                   JOIN account_move move ON move.id = credit.move_id AND %s
                   %s) d
                """,
                model,
                known,
                POSTED_SALE,
                self._get_money(),
            ),
            new_customer_count=SQL("CASE WHEN d.won_id IS NULL THEN 0 ELSE d.part END"),
            revenue_amount=SQL("d.amount"),
            margin_amount=SQL("COALESCE(d.margin, d.amount)"),
            res_id=SQL("d.move_id"),
            **self._own(
                "campaign_id", "source_id", "medium_id", "content", "customer_id"
            ),
        )

    # ------------------------------------------------------------ ratios

    def _read_group_select(self, aggregate_spec, query):
        name = aggregate_spec.partition(":")[0]

        def total(column):
            return SQL("SUM(%s)", self._field_to_sql(self._table, column, query))

        if name in RATIOS:
            over, under = map(total, RATIOS[name])
            factor = 100 if name == "budget_used" else 1
            return SQL("%s * %s / NULLIF(%s, 0)", factor, over, under)
        if name == "romi":
            margin, cost = total("margin_amount"), total("cost_amount")
            return SQL("100.0 * (%s - %s) / NULLIF(%s, 0)", margin, cost, cost)
        if name == "customer_count":
            return SQL(
                "COUNT(DISTINCT %s) FILTER (WHERE %s = 'sale')",
                self._field_to_sql(self._table, "customer_id", query),
                self._field_to_sql(self._table, "kind", query),
            )
        return super()._read_group_select(aggregate_spec, query)

    def action_open_document(self):
        """Open the lead, the invoice, the bill or the campaign, with one's own rights."""
        self.ensure_one()
        if self.kind == "cost":
            cost = self.env["crm.campaign.cost"].browse(self.id // 8)
            return cost.action_open_document()
        names = {"lead": "crm.lead", "sale": "account.move", "budget": "utm.campaign"}
        document = self.env[names[self.kind]].browse(self.res_id)
        document.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }
