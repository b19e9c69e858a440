from odoo import fields, models
from odoo.tools import SQL

from ..models.crm_customer_month_source import CONTACT_DAY, POSTED_SALE

MARGIN = "crm_relations.group_see_margin"


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_worth_days = fields.Integer(
        string="Days after a Contact",
        default=30,
        help="What the customer bought within so many days after a contact is shown "
        "beside the contact.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_worth_days = fields.Integer(related="company_id.crm_worth_days", readonly=False)


class CrmContactWorth(models.Model):
    """What customers bought within N days after a contact: one row per contact.

    Not its cause: he might have bought anyway. ``revenue_after`` counts a sale with
    every contact before it and is averaged; ``revenue_share`` divides the sale by those
    contacts, so that sums stay true.
    """

    _name = "crm.contact.worth"
    _description = "What a Contact Is Worth"
    _auto = False
    _order = "started_at DESC, id DESC"
    _rec_name = "customer_id"
    _depends = {
        "crm.interaction": [
            "company_id", "channel_id", "direction", "started_at", "is_automatic",
            "user_id", "owner_id", "team_id", "customer_id",
        ],
        "crm.channel": ["kind"],
        "account.move": [
            "state", "move_type", "date", "company_id", "commercial_partner_id",
        ],
        "account.move.line": ["move_id", "account_id", "balance"],
        "crm.invoice.cost": ["line_id", "amount"],
        "res.company": ["crm_worth_days"],
    }  # fmt: skip

    started_at = fields.Datetime(string="Contact on", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    channel_id = fields.Many2one("crm.channel", readonly=True)
    kind = fields.Selection(
        lambda self: self.env["crm.channel"]
        ._fields["kind"]
        ._description_selection(self.env),
        readonly=True,
    )
    direction = fields.Selection(
        [("in", "Incoming"), ("out", "Outgoing")], readonly=True
    )
    user_id = fields.Many2one("res.users", string="Person", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    customer_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    is_over = fields.Boolean(
        string="Time Is Over",
        readonly=True,
        help="All the days after the contact have passed: he cannot buy more in them.",
    )
    contact_count = fields.Integer(string="Contacts", readonly=True)
    bought_share = fields.Float(
        string="Bought afterwards",
        aggregator="avg",
        readonly=True,
        help="Share of the contacts after which the customer bought in time.",
    )
    revenue_after = fields.Monetary(
        string="Revenue after a Contact",
        aggregator="avg",
        readonly=True,
        help="Average revenue of the customer from the day of the contact on, within the "
        "days of the setting. It is not proof that the contact brought it.",
    )
    margin_after = fields.Monetary(
        string="Margin after a Contact",
        aggregator="avg",
        readonly=True,
        groups=MARGIN,
        help="Average margin of the same sales.",
    )
    revenue_share = fields.Monetary(
        string="Revenue, Divided",
        readonly=True,
        help="Every sale divided by all contacts with the customer in the days before "
        "it, so that nothing is counted twice.",
    )
    margin_share = fields.Monetary(
        string="Margin, Divided", readonly=True, groups=MARGIN
    )

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """
            SELECT i.id, i.started_at, i.company_id, zone.currency_id, i.channel_id,
                   channel.kind, i.direction, i.user_id, i.team_id, i.customer_id,
                   %(day)s + zone.days < %(today)s AS is_over, 1 AS contact_count,
                   CASE WHEN after.revenue > 0 THEN 1.0 ELSE 0.0 END AS bought_share,
                   COALESCE(after.revenue, 0) AS revenue_after,
                   COALESCE(after.margin, 0) AS margin_after,
                   COALESCE(after.revenue_share, 0) AS revenue_share,
                   COALESCE(after.margin_share, 0) AS margin_share
              FROM crm_interaction i
              JOIN crm_channel channel ON channel.id = i.channel_id
              JOIN (SELECT company.id, company.currency_id, company.crm_worth_days AS days,
                           COALESCE(place.tz, 'UTC') AS tz
                      FROM res_company company
                      JOIN res_partner place ON place.id = company.partner_id) zone
                ON zone.id = i.company_id
              LEFT JOIN LATERAL (%(sales)s) after ON TRUE
             WHERE i.customer_id IS NOT NULL AND i.is_automatic IS NOT TRUE
            """,
            day=CONTACT_DAY,
            today=fields.Date.context_today(self),
            sales=self._select_sales(),
        )

    def _select_sales(self):
        """What the customer of contact ``i`` bought in its days, from the books."""
        return SQL(
            """
            SELECT SUM(sale.revenue) AS revenue, SUM(sale.revenue - sale.cost) AS margin,
                   SUM(sale.revenue / met.contacts) AS revenue_share,
                   SUM((sale.revenue - sale.cost) / met.contacts) AS margin_share
              FROM (
                SELECT move.date AS day,
                       COALESCE(SUM(-line.balance) FILTER (
                           WHERE account.account_type LIKE 'income%%'), 0) AS revenue,
                       COALESCE(SUM(cost.amount), 0) AS cost
                  FROM account_move move
                  JOIN account_move_line line ON line.move_id = move.id
                  JOIN account_account account ON account.id = line.account_id
                  LEFT JOIN crm_invoice_cost cost ON cost.line_id = line.id
                 WHERE %(posted)s AND move.commercial_partner_id = i.customer_id
                   AND move.company_id = i.company_id
                   AND move.date BETWEEN %(day)s AND %(day)s + zone.days
                 GROUP BY move.date
              ) sale
             CROSS JOIN LATERAL (
                SELECT count(*) AS contacts FROM crm_interaction other
                 WHERE other.customer_id = i.customer_id
                   AND other.company_id = i.company_id
                   AND other.is_automatic IS NOT TRUE
                   AND other.started_at >= (sale.day - zone.days)::timestamp
                       AT TIME ZONE zone.tz AT TIME ZONE 'UTC'
                   AND other.started_at < (sale.day + 1)::timestamp
                       AT TIME ZONE zone.tz AT TIME ZONE 'UTC'
             ) met
            """,
            posted=POSTED_SALE,
            day=CONTACT_DAY,
        )
