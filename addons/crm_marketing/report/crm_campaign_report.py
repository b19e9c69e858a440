from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_customer_month_source import (
    DECIMALS,
    POSTED_SALE,
    SALE_TYPES,
)

MEASURES = (
    "click_count", "visit_count", "contact_count", "lead_count", "qualified_count",
    "rejected_count", "deal_count", "won_count", "lost_count", "order_count",
    "invoice_count", "payment_count", "order_amount", "invoiced_amount", "revenue_amount",
    "paid_amount",
)  # fmt: skip
AMOUNTS = ("order_amount", "invoiced_amount", "revenue_amount", "paid_amount")
KINDS = ("contact", "lead", "order", "invoice", "touch", "payment", "payback")


class CrmCampaignReport(models.Model):
    """One row per touch, contact, lead, order, invoice and payment: where it came from.

    Every row counts one thing, so any grouping adds up; opening a cell lists the rows,
    and each row opens its document.
    """

    _name = "crm.campaign.report"
    _description = "Campaign Results"
    _auto = False
    _order = "date DESC, id DESC"
    _rec_name = "kind"

    _depends = {
        "crm.interaction": [
            "company_id", "started_at", "direction", "is_automatic", "team_id", "owner_id",
            "source_id", "medium_id", "campaign_id", "touch_kind", "channel_id", "utm_content",
            "lead_id", "partner_id",
        ],
        "crm.channel": ["code"],
        "crm.lead": [
            "company_id", "team_id", "user_id", "create_date", "source_id", "medium_id",
            "campaign_id", "won_status", "qualification_state", "type", "partner_id",
        ],
        "sale.order": [
            "company_id", "team_id", "user_id", "date_order", "state", "source_id",
            "medium_id", "campaign_id", "amount_untaxed", "currency_rate",
            "opportunity_id", "partner_id",
        ],
        "account.move": [
            "company_id", "team_id", "invoice_user_id", "date", "state", "move_type",
            "amount_untaxed_signed", "amount_untaxed", "amount_total", "source_id",
            "medium_id", "campaign_id", "origin_payment_id", "statement_line_id",
            "partner_id", "reversed_entry_id",
        ],
        "sale.order.line": ["order_id", "invoice_lines"],
        "account.move.line": ["move_id", "account_id", "balance"],
        "account.account": ["account_type"],
        "account.partial.reconcile": [
            "debit_move_id", "credit_move_id", "amount", "max_date",
        ],
        "crm.team": ["company_id"],
    }  # fmt: skip

    kind = fields.Selection(
        [
            ("touch", "Click or Visit"),
            ("contact", "Incoming Contact"),
            ("lead", "Lead"),
            ("order", "Confirmed Order"),
            ("invoice", "Invoice"),
            ("payment", "Payment"),
            ("payback", "Paid Back"),
        ],
        readonly=True,
    )
    date = fields.Date(
        readonly=True,
        help="Day of the click, contact, lead, order or payment; of an invoice the day it "
        "is booked on.",
    )
    origin = fields.Selection(
        [("known", "Known"), ("direct", "Direct"), ("unknown", "Unknown")],
        readonly=True,
        help="Direct: a visitor whom no site, ad or letter sent. Unknown: a document "
        "without source, medium and campaign.",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    medium_id = fields.Many2one("utm.medium", readonly=True)
    campaign_id = fields.Many2one("utm.campaign", readonly=True)
    content = fields.Char(
        string="Ad",
        readonly=True,
        help="utm_content of the click, visit or contact; of a lead that of its last touch "
        "with the lead's campaign; of an order its lead's, else the customer's last touch "
        "with the order's campaign; invoices and payments follow their order.",
    )
    click_count = fields.Integer(
        string="Ad Clicks", readonly=True, help="Clicks on advertisements, each once."
    )
    visit_count = fields.Integer(
        string="Visits",
        readonly=True,
        help="Other visits of our sites; robots and repeats are not counted.",
    )
    contact_count = fields.Integer(
        string="Contacts",
        readonly=True,
        help="Incoming contacts by people, in every channel.",
    )
    lead_count = fields.Integer(string="Leads", readonly=True)
    qualified_count = fields.Integer(
        string="Qualified", readonly=True, help="Leads found to be ours."
    )
    rejected_count = fields.Integer(
        string="Rejected", readonly=True, help="Leads found not to be ours."
    )
    deal_count = fields.Integer(
        string="Deals", readonly=True, help="Leads that have become opportunities."
    )
    won_count = fields.Integer(string="Won", readonly=True, help="Leads won by now.")
    lost_count = fields.Integer(string="Lost", readonly=True, help="Leads lost by now.")
    order_count = fields.Integer(string="Orders", readonly=True)
    invoice_count = fields.Integer(
        string="Invoices", readonly=True, help="Posted invoices; no credit notes."
    )
    payment_count = fields.Integer(
        string="Payments", readonly=True, help="Payments that met an invoice."
    )
    order_amount = fields.Monetary(
        string="Ordered",
        readonly=True,
        help="Confirmed orders without taxes, in company currency.",
    )
    invoiced_amount = fields.Monetary(
        string="Untaxed Invoiced",
        readonly=True,
        help="Posted invoices less credit notes, without taxes, in company currency.",
    )
    revenue_amount = fields.Monetary(
        string="Revenue",
        readonly=True,
        help="Posted on income accounts, less credit notes: the same as customers' months.",
    )
    paid_amount = fields.Monetary(
        string="Paid",
        readonly=True,
        help="Money received for invoices less money paid back, its untaxed part: the "
        "same as customers' months.",
    )
    res_id = fields.Integer(string="Document", readonly=True)

    @property
    def _table_query(self) -> SQL:
        return SQL(" UNION ALL ").join(self._get_parts())

    @api.model
    def _get_parts(self):
        """Selects with the columns of :meth:`_part`; other modules add theirs."""
        return [
            self._part("touch", "crm_interaction", SQL(
                "JOIN crm_channel c ON c.id = d.channel_id WHERE d.touch_kind = 'visit'"),
                date=SQL("d.started_at::date"), user_id=SQL("d.owner_id"),
                content=SQL("d.utm_content"),
                click_count=SQL("(c.code = 'ad')::int"),
                visit_count=SQL("(c.code <> 'ad')::int"),
            ),
            self._part("contact", "crm_interaction", SQL(
                "WHERE d.direction = 'in' AND d.is_automatic IS NOT TRUE"),
                date=SQL("d.started_at::date"), user_id=SQL("d.owner_id"),
                content=SQL("d.utm_content"),
                contact_count=SQL("1"),
            ),
            self._select_leads(),
            self._part("order", "sale_order", SQL("WHERE d.state = 'sale'"),
                date=SQL("d.date_order::date"), order_count=SQL("1"),
                content=self.env["crm.interaction"]._order_ad_query(SQL("d")),
                order_amount=SQL(
                    "d.amount_untaxed / COALESCE(NULLIF(d.currency_rate, 0), 1)"),
            ),
            self._select_invoices(),
            self._select_payments("payment", 1),
            self._select_payments("payback", -1),
        ]  # fmt: skip

    @api.model
    def _part(self, kind, table, rest, **columns):
        """One select of the union, of a table named d; what is not given is 0 or d's own.

        The rows come from several tables: id = 16 × id + kind.
        """
        values = {
            "id": SQL("d.id::bigint * 16 + %s", KINDS.index(kind)),
            "kind": SQL("%s", kind),
            "date": None,
            "origin": SQL(
                "CASE WHEN COALESCE(d.source_id, d.medium_id, d.campaign_id) IS NOT NULL "
                "THEN 'known' ELSE %s END",
                "direct" if kind == "touch" else "unknown",
            ),
            **{
                name: SQL.identifier("d", name)
                for name in ("company_id", "team_id", "user_id", "source_id",
                             "medium_id", "campaign_id")
            },
            "content": SQL("NULL::varchar"),
            **{
                name: SQL("0::numeric") if name in AMOUNTS else SQL("0")
                for name in MEASURES
            },
            "res_id": SQL("d.id"),
            **columns,
        }  # fmt: skip
        return SQL(
            "SELECT %s FROM %s d %s",
            SQL(", ").join(
                SQL("%s AS %s", value, SQL.identifier(name))
                for name, value in values.items()
            ),
            table if isinstance(table, SQL) else SQL.identifier(table),
            rest,
        )

    @api.model
    def _select_leads(self) -> SQL:
        # a lead has no company until somebody has; then its team's is the next best
        return self._part(
            "lead",
            "crm_lead",
            SQL("LEFT JOIN crm_team t ON t.id = d.team_id"),
            date=SQL("d.create_date::date"),
            company_id=SQL("COALESCE(d.company_id, t.company_id)"),
            content=self.env["crm.interaction"]._lead_ad_query(),
            lead_count=SQL("1"),
            qualified_count=SQL("(d.qualification_state = 'qualified')::int"),
            rejected_count=SQL("(d.qualification_state = 'rejected')::int"),
            deal_count=SQL("(d.type = 'opportunity')::int"),
            won_count=SQL("(d.won_status = 'won')::int"),
            lost_count=SQL("(d.won_status = 'lost')::int"),
        )

    @api.model
    def _select_invoices(self) -> SQL:
        rest = SQL(
            """
            LEFT JOIN LATERAL (
                SELECT -SUM(line.balance) AS amount
                  FROM account_move_line line
                  JOIN account_account account ON account.id = line.account_id
                   AND account.account_type LIKE 'income%%'
                 WHERE line.move_id = d.id
            ) income ON TRUE
            WHERE d.state = 'posted' AND d.move_type IN %s
            """,
            SALE_TYPES,
        )
        return self._part(
            "invoice",
            "account_move",
            rest,
            date=SQL("d.date"),
            user_id=SQL("d.invoice_user_id"),
            content=self.env["crm.interaction"]._invoice_ad_query(SQL("d")),
            invoice_count=SQL("(d.move_type <> 'out_refund')::int"),
            invoiced_amount=SQL("d.amount_untaxed_signed"),
            revenue_amount=SQL("COALESCE(income.amount, 0)"),
        )

    @api.model
    def _select_payments(self, kind, sign) -> SQL:
        """What met an invoice (1) or a credit note (-1): the hub's *paid*, one by one."""
        return self._part(
            kind,
            SQL("(%s)", self._select_paid(sign)),
            SQL(),
            date=SQL("d.max_date"),
            content=self.env["crm.interaction"]._invoice_ad_query(
                SQL("d"), key=SQL("move_id")
            ),
            payment_count=SQL("%s", int(sign > 0)),
            paid_amount=SQL("d.amount"),
            res_id=SQL("d.move_id"),
        )

    @api.model
    def _select_paid(self, sign) -> SQL:
        """(id, max_date, move_id, company_id … amount) of every payment or pay-back."""
        ours, theirs = ("debit_move_id", "credit_move_id")[::sign]
        rest = SQL(
            """
            JOIN account_move_line line ON line.id = part.%(ours)s
            JOIN account_account account
              ON account.id = line.account_id AND account.account_type = 'asset_receivable'
            JOIN account_move move ON move.id = line.move_id AND %(posted)s
             AND move.commercial_partner_id IS NOT NULL
            JOIN account_move_line met ON met.id = part.%(theirs)s
            JOIN account_move other ON other.id = met.move_id AND other.state = 'posted'
             AND (other.origin_payment_id IS NOT NULL
                  OR other.statement_line_id IS NOT NULL)
            %(decimals)s
            """,
            ours=SQL.identifier(ours),
            theirs=SQL.identifier(theirs),
            posted=POSTED_SALE,
            decimals=DECIMALS,
        )
        return SQL(
            """
            SELECT part.id, part.max_date, move.id AS move_id, move.company_id,
                   move.team_id, move.invoice_user_id AS user_id, move.source_id,
                   move.medium_id, move.campaign_id, move.reversed_entry_id,
                   %s * round((part.amount * COALESCE(move.amount_untaxed
                       / NULLIF(move.amount_total, 0), 1))::numeric, money.places)
                       AS amount
              FROM account_partial_reconcile part %s
            """,
            sign,
            rest,
        )

    def action_open_document(self):
        """Open the touch, lead, order or invoice, with the reader's own rights."""
        self.ensure_one()
        models_by_kind = {
            "touch": "crm.interaction",
            "contact": "crm.interaction",
            "lead": "crm.lead",
            "order": "sale.order",
            "invoice": "account.move",
            "payment": "account.move",
            "payback": "account.move",
        }
        document = self.env[models_by_kind[self.kind]].browse(self.res_id)
        document.check_access("read")
        view = self.kind == "touch" and self.env.ref(
            "crm_marketing.crm_touch_view_form"
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(view.id if view else False, "form")],
        }
