from odoo import fields, models
from odoo.fields import Domain

# crm_customer_month_source.py says the same
SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")


class CrmCustomerMonth(models.Model):
    """The sums of one customer in one company and month, worked out from the books.

    Nobody writes here but the pass (crm_customer_month_pass.py). What each word means
    is fixed in docs/accounting.md; crm_customer_month_source.py is its SQL.
    """

    _name = "crm.customer.month"
    _description = "Customer's Month"
    _order = "month DESC, profit DESC, id"
    _rec_name = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    root_company_id = fields.Many2one(
        "res.company",
        string="Company with Branches",
        readonly=True,
        ondelete="cascade",
        help="The company that this branch belongs to, or the company itself.",
    )
    month = fields.Date(
        required=True,
        readonly=True,
        help="The first day of the month. Bookings count by their accounting date.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    revenue = fields.Monetary(
        readonly=True,
        help="Posted invoices, receipts and credit notes on income accounts, in the "
        "company's currency.",
    )
    credit_note = fields.Monetary(
        string="Credit Notes",
        readonly=True,
        help="What credit notes of this month took away; it is inside the revenue.",
    )
    discount = fields.Monetary(
        readonly=True,
        help="Discounts in percent and lines with a negative price. They are inside the "
        "revenue already and are shown, not subtracted again.",
    )
    cost = fields.Monetary(
        string="Cost of Goods",
        readonly=True,
        help="Frozen for each invoice line when it was posted.",
    )
    margin = fields.Monetary(readonly=True, help="Revenue less cost of goods.")
    direct_cost = fields.Monetary(
        string="Direct Costs",
        readonly=True,
        help="Expenses booked on this customer: claims, warranty, compensation, "
        "commissions.",
    )
    acquisition_cost = fields.Monetary(
        readonly=True, help="What it cost to win the customer; from marketing."
    )
    service_cost = fields.Monetary(
        string="Cost to Serve",
        readonly=True,
        help="Time of people in contacts with the customer, by the cost of their hour.",
    )
    loyalty_cost = fields.Monetary(
        readonly=True, help="Value of the rewards used; from marketing."
    )
    profit = fields.Monetary(
        readonly=True,
        help="Revenue less cost of goods, direct costs, acquisition, cost to serve and "
        "loyalty.",
    )
    paid = fields.Monetary(
        readonly=True,
        help="Money that came (or was paid back) for documents, without their taxes, in "
        "the month when document and payment were both there.",
    )
    settled = fields.Monetary(
        readonly=True,
        help="Closed without money: by a credit note, a write-off or an exchange "
        "difference.",
    )
    invoice_count = fields.Integer(
        string="Invoices", readonly=True, help="Invoices and receipts."
    )
    credit_note_count = fields.Integer(string="Credit Notes (count)", readonly=True)
    uncosted_count = fields.Integer(
        string="Lines without Cost",
        readonly=True,
        help="Invoice lines for which no cost was known: the margin is too good by it.",
    )

    _customer_month_uniq = models.Constraint(
        "UNIQUE(customer_id, company_id, month)",
        "This month of the customer is there already.",
    )
    # reports and the accountant's page: a company's month
    _company_month_idx = models.Index("(company_id, month)")

    def action_open_documents(self):
        """The journal items behind this month's revenue and direct costs."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_account_moves_all"
        )
        return dict(
            action,
            name=self.env._("Journal Items"),
            domain=self._get_line_domain(),
            context={"search_default_posted": 1},
        )

    def _get_line_domain(self):
        """Lines of the customer's documents, and expenses booked on him."""
        last = fields.Date.end_of(self.month, "month")
        booked = Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("parent_state", "=", "posted"),
                ("date", ">=", fields.Date.to_string(self.month)),
                ("date", "<=", fields.Date.to_string(last)),
            ]
        )
        sold = Domain(
            [
                ("move_id.move_type", "in", SALE_TYPES),
                ("move_id.commercial_partner_id", "=", self.customer_id.id),
                ("account_id.account_type", "in", ["income", "income_other"]),
            ]
        )
        direct = self.company_id._crm_get_direct_domain(self.customer_id)
        return list(booked & (sold | direct))
