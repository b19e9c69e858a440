from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import formatLang


class CrmExpectedMoney(models.Model):
    """When money is expected: promised, due on invoices, and of deals to be closed.

    What was promised about an invoice is not counted a second time: the promise takes
    its part of what is left to pay, the earliest due first. A deal counts with its
    expected revenue and, weighted, with its probability.
    """

    _name = "crm.expected.money"
    _description = "Expected Money"
    _auto = False
    _order = "due_date, id"
    _rec_name = "name"
    _depends = {
        "crm.promise": [
            "name", "kind", "partner_id", "customer_id", "company_id", "user_id",
            "team_id", "due_date", "amount", "currency_id", "move_id", "state",
        ],
        "account.move": [
            "name", "invoice_user_id", "team_id", "move_type", "commercial_partner_id",
            "amount_residual_signed", "state",
        ],
        "account.move.line": [
            "move_id", "parent_state", "amount_residual", "date_maturity", "account_id",
            "company_id", "date",
        ],
        "crm.lead": [
            "name", "partner_id", "user_id", "team_id", "company_id", "date_deadline",
            "expected_revenue", "prorated_revenue", "won_status", "active", "type",
        ],
    }  # fmt: skip

    kind = fields.Selection(
        [("promise", "Promised"), ("invoice", "Invoice due"), ("deal", "Deal to close")],
        string="What it is",
        readonly=True,
    )  # fmt: skip
    name = fields.Char(string="What", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    due_date = fields.Date(string="Expected on", readonly=True)
    amount = fields.Monetary(
        readonly=True, help="In the company's currency, taxes included where billed."
    )
    weighted_amount = fields.Monetary(
        string="Weighted",
        readonly=True,
        help="Deals by their probability; promises and invoices in full.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    promise_id = fields.Many2one("crm.promise", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    lead_id = fields.Many2one("crm.lead", string="Deal", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            "%s UNION ALL %s UNION ALL %s",
            self._select_promises(),
            self._select_invoices(),
            self._select_deals(),
        )

    @api.model
    def _promised_amount(self):
        """Of a promise ``p`` of company ``c``, in the company's currency."""
        return self.env["crm.day.item"]._to_company_currency()

    @api.model
    def _select_promises(self):
        return SQL(
            """
            (SELECT open.id::int8 * 4 + 1 AS id, 'promise' AS kind, open.name,
                    open.partner_id, open.user_id, open.team_id, open.company_id,
                    open.due_date, open.amount, open.amount AS weighted_amount,
                    open.currency_id, open.id AS promise_id, open.move_id,
                    NULL::int4 AS lead_id
               FROM (
                SELECT p.id, p.name, p.partner_id, p.user_id, p.team_id, p.company_id,
                       p.due_date, c.currency_id, p.move_id,
                       CASE WHEN m.id IS NULL THEN %(amount)s
                       -- what was paid already is of the earliest promise
                       ELSE GREATEST(0, LEAST(%(amount)s, m.amount_residual_signed
                            - COALESCE(SUM(%(amount)s) OVER (
                                PARTITION BY p.move_id ORDER BY p.due_date DESC, p.id DESC
                                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))
                       END AS amount
                  FROM crm_promise p JOIN res_company c ON c.id = p.company_id
             LEFT JOIN account_move m ON m.id = p.move_id AND m.state = 'posted'
                 WHERE p.state = 'open' AND p.kind = 'pay' AND p.amount > 0
                    ) AS open
              WHERE open.amount > 0)
            """,
            amount=self._promised_amount(),
        )

    @api.model
    def _select_invoices(self):
        """What is left to pay of posted invoices, less what was promised of each."""
        return SQL(
            """
            (SELECT open.id::int8 * 4 + 2, 'invoice', open.name, open.partner_id,
                    open.user_id, open.team_id, open.company_id, open.due_date,
                    open.amount, open.amount, open.currency_id,
                    NULL::int4, open.move_id, NULL::int4
               FROM (
                SELECT l.id, m.name, m.commercial_partner_id AS partner_id,
                       m.invoice_user_id AS user_id, m.team_id, l.company_id,
                       COALESCE(l.date_maturity, l.date) AS due_date, c.currency_id,
                       l.move_id,
                       CASE WHEN promised.amount IS NULL THEN l.amount_residual
                       ELSE GREATEST(0, LEAST(l.amount_residual,
                            SUM(l.amount_residual) OVER (
                                PARTITION BY l.move_id
                                ORDER BY COALESCE(l.date_maturity, l.date), l.id)
                            - promised.amount)) END AS amount
                  FROM account_move_line l
                  JOIN account_account a
                    ON a.id = l.account_id AND a.account_type = 'asset_receivable'
                  JOIN account_move m ON m.id = l.move_id
                  JOIN res_company c ON c.id = l.company_id
             LEFT JOIN LATERAL (
                       SELECT SUM(%(promised)s) AS amount FROM crm_promise p
                        WHERE p.move_id = m.id AND p.state = 'open' AND p.kind = 'pay'
                       ) AS promised ON TRUE
                 WHERE l.parent_state = 'posted' AND l.amount_residual <> 0
                   AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                    ) AS open
              WHERE open.amount <> 0)
            """,
            promised=self._promised_amount(),
        )

    @api.model
    def _select_deals(self):
        return SQL(
            """
            (SELECT d.id::int8 * 4 + 3, 'deal', d.name, d.partner_id, d.user_id,
                    d.team_id, c.id, d.date_deadline, d.expected_revenue,
                    d.prorated_revenue, c.currency_id, NULL::int4, NULL::int4, d.id
               FROM crm_lead d
          LEFT JOIN res_users u ON u.id = d.user_id
               JOIN res_company c
                 ON c.id = COALESCE(d.company_id, u.company_id, %s)
              WHERE d.active AND d.type = 'opportunity' AND d.won_status = 'pending'
                AND d.date_deadline IS NOT NULL AND d.expected_revenue > 0)
            """,
            self.env.company.id,
        )

    @api.depends("name", "amount", "currency_id")
    def _compute_display_name(self):
        """In the calendar: how much, and of what."""
        for row in self:
            amount = formatLang(self.env, row.amount, currency_obj=row.currency_id)
            row.display_name = f"{amount} · {row.name or ''}"

    def action_open(self):
        """The promise, invoice or deal behind the row."""
        self.ensure_one()
        record = self.promise_id or self.move_id or self.lead_id
        if not record.has_access("read"):
            record = self.partner_id
        return record._get_records_action()
