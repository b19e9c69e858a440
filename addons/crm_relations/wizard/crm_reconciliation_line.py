from odoo import api, fields, models
from odoo.tools import SQL


class CrmReconciliationLine(models.TransientModel):
    """A row between the customers' sums and the ledger, and the items behind it."""

    _name = "crm.reconciliation.line"
    _description = "Row between Customers' Sums and the Ledger"
    _order = "sequence, id"
    _rec_name = "name"

    reconciliation_id = fields.Many2one(
        "crm.reconciliation", required=True, ondelete="cascade"
    )
    sequence = fields.Integer()
    section = fields.Selection(
        [("revenue", "Revenue"), ("paid", "Paid"), ("cost", "Cost of Goods")],
        string="What",
        required=True,
    )
    role = fields.Selection(
        [
            ("customers", "Customers' sums"),
            ("row", "Explains"),
            ("ledger", "General ledger"),
            ("difference", "Difference"),
            ("info", "To know"),
        ],
        required=True,
    )
    code = fields.Char(required=True)
    name = fields.Char(string="Row", compute="_compute_name")
    hint = fields.Char(string="What It Is", compute="_compute_name")
    currency_id = fields.Many2one(related="reconciliation_id.currency_id")
    amount = fields.Monetary()

    @api.depends("code")
    def _compute_name(self):
        texts = self._get_texts()
        for line in self:
            line.name, line.hint = texts.get(line.code, (line.code, ""))

    @api.model
    def _get_texts(self):
        """{code: (name, what it is)}"""
        return (
            self._get_revenue_texts() | self._get_paid_texts() | self._get_cost_texts()
        )

    @api.model
    def _get_revenue_texts(self):
        return {
            "revenue_customers": (
                self.env._("Revenue of all customers"),
                self.env._("Invoices, receipts and credit notes on income accounts."),
            ),
            "revenue_pos": (
                self.env._("Point of sale"),
                self.env._("Sessions that were not invoiced."),
            ),
            "revenue_manual": (
                self.env._("Manual entries"),
                self.env._(
                    "Income booked by hand: no customer's document says whose it is."
                ),
            ),
            "revenue_other": (
                self.env._("Exchange and other income"),
                self.env._(
                    "Exchange gains, other income, bills booked on income accounts."
                ),
            ),
            "revenue_deferred": (
                self.env._("Deferred revenue"),
                self.env._("Entries that bring revenue put off earlier."),
            ),
            "revenue_ledger": (
                self.env._("Income in the ledger"),
                self.env._("All income accounts."),
            ),
            "revenue_difference": (
                self.env._("Difference"),
                self.env._("Must be zero."),
            ),
            "revenue_no_income": (
                self.env._("Invoice lines on other accounts"),
                self.env._(
                    "On neither side: down payments, deferred revenue, re-invoiced costs."
                ),
            ),
            "revenue_late": (
                self.env._("Documents dated in an earlier month"),
                self.env._(
                    "Booked in this month by a lock date or by hand; they count here."
                ),
            ),
        }

    @api.model
    def _get_paid_texts(self):
        return {
            "paid_customers": (
                self.env._("Paid by all customers"),
                self.env._(
                    "Without taxes, in the month when document and money had met."
                ),
            ),
            "paid_tax": (
                self.env._("Taxes in it"),
                self.env._("The part of the payments that is tax."),
            ),
            "paid_before": (
                self.env._("Money of other months"),
                self.env._("Came earlier and met its document in this month."),
            ),
            "paid_later": (
                self.env._("Met in another month"),
                self.env._(
                    "Came in this month for a document that is dated in another one."
                ),
            ),
            "paid_no_document": (
                self.env._("For something else than a document"),
                self.env._(
                    "Matched with manual entries, write-offs or exchange differences."
                ),
            ),
            "paid_open": (
                self.env._("Not matched yet"),
                self.env._("Came in this month and belongs to no document so far."),
            ),
            "paid_ledger": (
                self.env._("Money on receivable accounts"),
                self.env._("Payments and bank or cash statements of the month."),
            ),
            "paid_difference": (self.env._("Difference"), self.env._("Must be zero.")),
        }

    @api.model
    def _get_cost_texts(self):
        return {
            "cost_customers": (
                self.env._("Cost of goods of all customers"),
                self.env._("Frozen at posting."),
            ),
            "cost_move": (
                self.env._("By the value of the delivery"),
                self.env._("Not booked with the invoice: periodic valuation."),
            ),
            "cost_order": (
                self.env._("By the cost on the order"),
                self.env._("Not booked."),
            ),
            "cost_product": (
                self.env._("By the cost of the product"),
                self.env._("Not booked."),
            ),
            "cost_none": (
                self.env._("Without a known cost"),
                self.env._("Counted as zero."),
            ),
            "cost_ledger": (
                self.env._("Cost booked with invoices"),
                self.env._(
                    "Only products with real-time valuation book their cost with the "
                    "invoice; only they can agree with the ledger."
                ),
            ),
            "cost_difference": (
                self.env._("Difference"),
                self.env._("Must be zero as far as goods are valued in real time."),
            ),
        }

    def action_open_lines(self):
        """The journal items behind this row."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_account_moves_all"
        )
        return dict(
            action,
            name=self.name,
            domain=self._get_line_domain(),
            context={"expand": 1},
        )

    def _get_line_domain(self):
        page = self.reconciliation_id
        found = page._get_rows()
        if self.code in found:
            rows = self.env.execute_query(
                SQL("SELECT DISTINCT line_id FROM (%s) found", found[self.code])
            )
            return [("id", "in", [line for (line,) in rows])]
        return self._get_customers_domain(page)

    def _get_customers_domain(self, page):
        """Items behind the customers' own sum (or behind a difference: both sides)."""
        domain = [
            ("company_id", "in", page._get_companies()),
            ("parent_state", "=", "posted"),
            ("date", ">=", page._get_first()),
            ("date", "<=", fields.Date.end_of(page._get_first(), "month")),
        ]
        if self.section == "paid":
            return [*domain, ("account_id.account_type", "=", "asset_receivable")]
        domain.append(("move_type", "in", ["out_invoice", "out_refund", "out_receipt"]))
        if self.section == "cost":
            return [*domain, ("display_type", "=", "product")]
        return [*domain, ("account_id.account_type", "in", ["income", "income_other"])]
