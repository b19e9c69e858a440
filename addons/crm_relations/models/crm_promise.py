from odoo import api, fields, models


class CrmPromise(models.Model):
    """A word given: by the customer to pay, by us to call or to deliver."""

    _name = "crm.promise"
    _description = "Promise"
    _order = "due_date, id"
    _check_company_auto = True

    name = fields.Char(string="What", required=True)
    kind = fields.Selection(
        [("pay", "Customer pays"), ("call", "We call"), ("deliver", "We deliver")],
        required=True,
        default="pay",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Person",
        required=True,
        ondelete="cascade",
        index=True,
        help="Who promised, or to whom we did.",
    )
    customer_id = fields.Many2one(
        "res.partner",
        related="partner_id.commercial_partner_id",
        string="Customer",
        store=True,
        help="The person's company (commercial partner).",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Watched by",
        default=lambda self: self.env.user,
        index=True,
        domain="[('share', '=', False)]",
        help="Who sees to it that the word is kept.",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        check_company=True,
    )
    due_date = fields.Date(
        required=True, default=fields.Date.context_today, help="By when."
    )
    amount = fields.Monetary(help="How much the customer promised to pay.")
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    order_id = fields.Many2one("sale.order", check_company=True, index="btree_not_null")
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        check_company=True,
        index="btree_not_null",
        domain="[('move_type', 'in', ('out_invoice', 'out_refund'))]",
    )
    state = fields.Selection(
        [("open", "Open"), ("kept", "Kept"), ("broken", "Broken")],
        required=True,
        default="open",
        copy=False,
    )
    closed_at = fields.Datetime(readonly=True, copy=False)

    # an invoice's and a customer's open promises
    _customer_open_idx = models.Index("(customer_id, due_date) WHERE state = 'open'")

    @api.depends("user_id")
    def _compute_team_id(self):
        for promise in self:
            if not promise.team_id:
                promise.team_id = promise.user_id.sale_team_id

    def action_keep(self):
        """The word was kept."""
        self._close("kept", fields.Datetime.now())

    def action_break(self):
        """The word was not kept."""
        self._close("broken", fields.Datetime.now())

    def action_reopen(self):
        """It is not over yet."""
        self.write({"state": "open", "closed_at": False})

    def _close(self, state, now):
        self.write({"state": state, "closed_at": now})
