from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

# words for the gate's reasons that waiting does not cure
REFUSED = ("refused", "withdrawn", "no_consent", "blacklist")


class CrmRepeatNeed(models.Model):
    """One customer will need one thing again: once for each time he does.

    Nobody writes here but the engine; ``_end`` closes a row, others are appended.
    """

    _name = "crm.repeat.need"
    _inherit = ["crm.outbox.mixin"]
    _description = "Customer's Repeat Need"
    _order = "due_on, id"
    _rec_name = "customer_id"
    _log_access = False

    rule_id = fields.Many2one(
        "crm.repeat.rule", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict"
    )
    # set null: figures stay when a person goes
    customer_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="set null", index=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Person",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Holder of the thing, else the customer.",
    )
    asset_id = fields.Many2one(
        "crm.customer.asset",
        string="Thing",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    need_key = fields.Char(
        required=True, readonly=True, help="Which need, whatever rule."
    )
    occurrence = fields.Char(
        required=True, readonly=True, help="Which time he needs it: the key of it."
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", readonly=True, ondelete="set null"
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", readonly=True, ondelete="set null"
    )
    purchase_count = fields.Integer(string="Purchases", readonly=True)
    interval_days = fields.Float(
        string="Every (days)", readonly=True, digits=(16, 1), aggregator="avg"
    )
    spread_days = fields.Float(
        string="± (days)", readonly=True, digits=(16, 1), aggregator="avg"
    )
    last_on = fields.Date(string="Last on", readonly=True)
    quantity = fields.Float(string="Bought last", readonly=True)
    due_on = fields.Date(string="Due", required=True, readonly=True)
    closes_on = fields.Date(
        string="Until", readonly=True, help="Later than this he is not asked any more."
    )
    created_at = fields.Datetime(string="Found", required=True, readonly=True)
    is_control = fields.Boolean(string="Held out", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waits for its turn"),
            ("opened", "Deal open"),
            ("held", "Held out"),
            ("won", "Won"),
            ("bought", "Bought by himself"),
            ("later", "Ask later"),
            ("lost", "Lost"),
            ("dropped", "Dropped"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        help="Bought by himself: before we said anything, or not from an order of our deal.",
    )
    reason_code = fields.Selection(
        [
            ("late", "too late: more valuable customers came first"),
            ("stopped", "the rule was stopped"),
            ("gone", "customer, thing or deal is gone"),
            ("moved", "its date was changed"),
            ("again", "asked again"),
            ("error", "the deal could not be opened"),
        ],
        string="Why",
        readonly=True,
    )
    decided_at = fields.Datetime(
        string="Its turn",
        readonly=True,
        help="The deal was opened, or he was held out.",
    )
    ended_at = fields.Datetime(string="Ended", readonly=True)
    error = fields.Char(readonly=True)
    again_on = fields.Date(string="Ask again on", readonly=True)
    bought_on = fields.Date(
        string="Bought on",
        readonly=True,
        help="The first day he bought it after this need was foreseen.",
    )
    lead_id = fields.Many2one(
        "crm.lead",
        string="Deal",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    order_id = fields.Many2one(
        "sale.order",
        string="Quotation",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    line_ids = fields.One2many(
        "crm.repeat.need.line", "need_id", string="Suggested", readonly=True
    )
    reason = fields.Char(compute="_compute_reason", string="Because")
    basket = fields.Char(compute="_compute_basket", string="Suggested goods")
    may_call = fields.Char(
        compute="_compute_may_call",
        string="Calls",
        help="Whether he agreed to be called for the purpose of the rule.",
    )

    # a need opens one deal, whatever happens to workers
    _occurrence_uniq = models.Constraint(
        "UNIQUE(rule_id, customer_id, need_key, occurrence)",
        "This need of the customer was found already.",
    )
    # … and whatever the rules
    _open_uniq = models.UniqueIndex(
        "(company_id, customer_id, need_key) WHERE state IN ('waiting', 'opened')",
        "This need has an open deal or waits for one.",
    )
    # the pass: whose turn it is, which deals ended, how many were opened lately
    _waiting_idx = models.Index("(rule_id, closes_on) WHERE state = 'waiting'")
    _opened_idx = models.Index("(lead_id) WHERE state = 'opened'")
    _again_idx = models.Index("(again_on) WHERE state = 'later'")
    _decided_idx = models.Index("(company_id, decided_at) WHERE decided_at IS NOT NULL")
    _bought_idx = models.Index(
        "(closes_on) WHERE state = 'bought' AND decided_at IS NULL"
    )

    # ------------------------------------------------------------ words

    @api.depends_context("lang")
    @api.depends(
        "rule_id.what", "interval_days", "spread_days", "last_on", "asset_id", "state",
        "bought_on",
    )  # fmt: skip
    def _compute_reason(self):
        for need in self:
            need.reason = need._get_reason()

    def _get_what(self):
        """What he needs, as a sentence begins."""
        # sudo: whoever may read the need may read what it is about
        what = self.rule_id.sudo().what or ""
        return what[:1].upper() + what[1:]

    def _get_reason(self):
        """Why he is asked now, in one sentence of the reader's language."""
        # sudo: as what he needs
        rule_sudo = self.rule_id.sudo()
        last = format_date(self.env, self.last_on) if self.last_on else ""
        due = format_date(self.env, self.due_on)
        if self.state == "bought" and self.bought_on:
            return self.env._(
                "%(what)s: he has bought it by himself on %(day)s",
                what=self._get_what(), day=format_date(self.env, self.bought_on),
            )  # fmt: skip
        if self.occurrence.startswith("again:"):
            return self.env._(
                "%(what)s: asked us to come back on %(day)s",
                what=self._get_what(), day=due,
            )  # fmt: skip
        if rule_sudo.basis == "asset":
            return self.env._(
                "%(what)s: %(thing)s is due on %(day)s",
                what=self._get_what(),
                thing=self.asset_id.sudo().display_name or "",
                day=due,
            )
        if rule_sudo.basis == "consumption":
            return self.env._(
                "%(what)s: bought %(quantity)s on %(last)s, enough for about %(days)s "
                "± %(spread)s days",
                what=self._get_what(), quantity=f"{self.quantity:g}", last=last,
                days=round(self.interval_days), spread=round(self.spread_days),
            )  # fmt: skip
        return self.env._(
            "%(what)s: buys every %(days)s ± %(spread)s days, last on %(last)s",
            what=self._get_what(), days=round(self.interval_days),
            spread=round(self.spread_days), last=last,
        )  # fmt: skip

    @api.depends_context("lang")
    @api.depends("line_ids")
    def _compute_basket(self):
        for need in self:
            need.basket = ", ".join(
                f"{line.product_id.display_name} × {line.quantity:g}"
                for line in need.line_ids
            )

    @api.depends_context("lang", "uid")
    def _compute_may_call(self):
        """What he said about calls: a fixed number of queries for each rule's purpose."""
        reasons = dict(self.env["crm.scenario.event"]._selection_reason())
        now = fields.Datetime.now()
        self.may_call = False
        # sudo: the purpose is configuration
        for purpose, needs in self.grouped(
            lambda need: need.rule_id.sudo().purpose_id
        ).items():
            partners = needs.partner_id
            verdicts = self.env["crm.consent"]._may_contact_many(
                partners, "call", purpose.code, now
            )
            for need in needs.filtered("partner_id"):
                verdict = verdicts[need.partner_id.id]
                need.may_call = (
                    reasons[verdict.reason]
                    if verdict.reason in REFUSED
                    else self.env._("may be called")
                )

    # ------------------------------------------------------------ the engine's

    def _end(self, state, now, reason_code=None):
        """Close these needs."""
        if not self:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_repeat_need SET state = %s, ended_at = %s, reason_code = %s "
                "WHERE id = ANY(%s)",
                state,
                now,
                reason_code,
                self.ids,
            )
        )
        self.invalidate_recordset(flush=False)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was foreseen cannot be deleted."))

    # ------------------------------------------------------------ buttons

    def action_open_deal(self):
        self.ensure_one()
        if not self.lead_id:
            raise UserError(self.env._("It has no deal yet."))
        return self.lead_id._get_records_action()

    def action_open_customer(self):
        self.ensure_one()
        return self.customer_id._get_records_action()

    def action_open_purchases(self):
        """The invoices that his rhythm was read from."""
        self.ensure_one()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT move.id FROM account_move move
                  JOIN account_move_line line ON line.move_id = move.id
                  JOIN product_product product ON product.id = line.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                 WHERE move.commercial_partner_id = %s AND move.company_id = %s
                   AND move.state = 'posted' AND line.display_type = 'product'
                   AND move.move_type IN ('out_invoice', 'out_receipt') %s
                """,
                self.customer_id.id or None,
                self.company_id.id,
                # sudo: which goods the rule is about
                self.rule_id.sudo()._chosen_sql(),
            )
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        return dict(action, domain=[("id", "in", [row[0] for row in rows])], context={})
