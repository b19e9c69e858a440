from odoo import api, fields, models

MARGIN = "crm_relations.group_see_margin"


class CrmCustomerMetric(models.Model):
    """One row of figures per customer and company, for lists, cards and rules.

    A year is the last 12 *full* months. An order here is a day on which a customer's
    invoice or receipt was posted: so it holds for shops without sales orders too.
    """

    _name = "crm.customer.metric"
    _description = "Customer's Figures"
    _order = "revenue_year DESC, id"
    _rec_name = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        readonly=True,
        ondelete="set null",
        help="Of the customer, copied for the record rules.",
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", readonly=True, ondelete="set null"
    )
    revenue_year = fields.Monetary(
        string="Revenue, 12 Months", readonly=True, help="Of the last 12 full months."
    )
    margin_year = fields.Monetary(
        string="Margin, 12 Months",
        readonly=True,
        groups=MARGIN,
        help="Revenue less cost of goods, of the last 12 full months.",
    )
    profit_year = fields.Monetary(
        string="Profit, 12 Months",
        readonly=True,
        groups=MARGIN,
        help="Margin less direct costs, acquisition, cost to serve and loyalty, of the "
        "last 12 full months.",
    )
    revenue_ever = fields.Monetary(
        string="Revenue, All", readonly=True, help="Since the first invoice."
    )
    margin_ever = fields.Monetary(string="Margin, All", readonly=True, groups=MARGIN)
    profit_ever = fields.Monetary(string="Profit, All", readonly=True, groups=MARGIN)
    share_year = fields.Float(
        string="Share of Profit",
        readonly=True,
        groups=MARGIN,
        digits=(16, 4),
        aggregator="sum",
        help="Of the profit that all customers with a profit brought in 12 full months.",
    )
    is_loss = fields.Boolean(
        string="Costs More than He Brings",
        readonly=True,
        groups=MARGIN,
        help="The profit of the last 12 full months is below zero.",
    )
    first_order_on = fields.Date(string="First Order", readonly=True)
    last_order_on = fields.Date(string="Last Order", readonly=True)
    order_count = fields.Integer(
        string="Days with an Order",
        readonly=True,
        help="Days on which an invoice or receipt was posted that is not fully credited.",
    )
    interval_days = fields.Float(
        string="Usual Interval (days)",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="Median of the days between two orders. Empty with less than two orders.",
    )
    interval_spread_days = fields.Float(
        string="Spread of the Interval (days)",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="Width of the middle half of the intervals (third less first quartile).",
    )
    interval_long_days = fields.Float(
        string="Long Interval (days)",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="Nine of ten of his intervals are not longer. Who is silent for much longer "
        "than this has left his rhythm.",
    )
    owed = fields.Monetary(
        string="Owes", readonly=True, help="Open receivables of posted documents."
    )
    overdue = fields.Monetary(
        readonly=True, help="Of what he owes, that which was due before today."
    )
    last_contact_at = fields.Datetime(
        string="Last Contact", readonly=True, help="By a person, in any channel."
    )
    crm_class = fields.Selection(
        "_selection_class",
        string="Class",
        readonly=True,
        help="By the profit of the last 12 full months. A: who together bring the first "
        "80 %, B: up to 95 %, C: the rest, N: new, or without profit.",
    )
    class_since = fields.Date(readonly=True)
    class_falling = fields.Selection(
        "_selection_class",
        string="Seen Lower as",
        readonly=True,
        groups=MARGIN,
        help="The last night saw a lower class; it falls if the next one sees it too.",
    )
    class_falling_on = fields.Date(readonly=True, groups=MARGIN)

    _customer_company_uniq = models.Constraint(
        "UNIQUE(customer_id, company_id)", "This customer has figures already."
    )
    # the partner list filtered by class; the best customers of a company
    _company_class_idx = models.Index("(company_id, crm_class)")
    _user_idx = models.Index("(user_id) WHERE user_id IS NOT NULL")

    @api.model
    def _selection_class(self):
        return [
            ("A", self.env._("A")),
            ("B", self.env._("B")),
            ("C", self.env._("C")),
            ("N", self.env._("N")),
        ]

    def action_open_customer(self):
        """The customer's card."""
        self.ensure_one()
        return self.customer_id._get_records_action()

    def action_open_months(self):
        """Month by month."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_customer_month_action"
        )
        return dict(
            action,
            domain=[
                ("customer_id", "=", self.customer_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            context={},
        )
