from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .crm_reconciliation_source import rows

LOCKS = ("fiscalyear_lock_date", "tax_lock_date", "sale_lock_date", "hard_lock_date")


class CrmReconciliation(models.TransientModel):
    """Do the customers' sums agree with the ledger? A company's month, row by row."""

    _name = "crm.reconciliation"
    _description = "Customers' Sums and the Ledger"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
        help="With its branches.",
    )
    month = fields.Date(
        required=True,
        default=lambda self: self._default_month(),
        help="By the accounting date.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    line_ids = fields.One2many("crm.reconciliation.line", "reconciliation_id")
    difference = fields.Monetary(
        compute="_compute_difference", help="Of all three comparisons together."
    )
    is_waiting = fields.Boolean(
        readonly=True,
        help="Some documents have been posted or changed and are not worked out yet.",
    )
    lock_note = fields.Char(
        string="Lock Dates",
        compute="_compute_lock_note",
        help="A document dated before a lock date is booked after it, and counts there.",
    )

    @api.model
    def _default_month(self):
        today = fields.Date.context_today(self)
        return today.replace(day=1) - relativedelta(months=1)

    @api.depends("company_id", "month")
    def _compute_display_name(self):
        for page in self:
            page.display_name = self.env._(
                "%(company)s, %(month)s",
                company=page.company_id.name,
                month=page.month.strftime("%Y-%m") if page.month else "",
            )

    @api.depends("line_ids.amount")
    def _compute_difference(self):
        for page in self:
            ends = page.line_ids.filtered(lambda line: line.role == "difference")
            page.difference = sum(abs(line.amount) for line in ends)

    @api.depends("company_id")
    def _compute_lock_note(self):
        for page in self:
            company_sudo = page.company_id.sudo()  # dates of the company, no secret
            labels = company_sudo.fields_get(LOCKS, ["string"])
            page.lock_note = ", ".join(
                f"{labels[name]['string']}: {fields.Date.to_string(company_sudo[name])}"
                for name in LOCKS
                if company_sudo[name]
            )

    @api.model_create_multi
    def create(self, vals_list):
        pages = super().create(vals_list)
        for page in pages:
            page._compare()
        return pages

    def write(self, vals):
        result = super().write(vals)
        if {"company_id", "month"} & vals.keys():
            for page in self:
                page._compare()
        return result

    # ------------------------------------------------------------ compare

    def action_compare(self):
        """Look again, with what was posted meanwhile."""
        self.ensure_one()
        self._compare()

    @api.model
    def action_open_last_month(self):
        """The page of last month, worked out."""
        page = self.create({})
        return page._get_records_action(
            name=self.env._("Customers' Sums and the Ledger")
        )

    def _compare(self):
        self.ensure_one()
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("This is not one of your companies."))
        # sudo: the page shows sums of the whole company to its accountants
        months_sudo = self.env["crm.customer.month"].sudo()
        months_sudo._pass(fields.Date.context_today(self))
        self.is_waiting = bool(months_sudo._count_waiting())
        self.line_ids.unlink()
        amounts = self._get_amounts()
        self.env["crm.reconciliation.line"].create(
            [
                {
                    "reconciliation_id": self.id,
                    "sequence": sequence,
                    "section": section,
                    "role": role,
                    "code": code,
                    "amount": amounts.get(code, 0),
                }
                for sequence, (section, role, code) in enumerate(
                    self._get_plan(amounts)
                )
            ]
        )

    @api.model
    def _get_plan(self, amounts):
        """[(section, role, code)] in the order of the page; adds the differences.

        ledger − customers' sums − the rows that explain = difference
        """
        sections = {
            "revenue": ("pos", "manual", "other", "deferred"),
            "paid": ("tax", "before", "later", "no_document", "open"),
            "cost": ("move", "order", "product", "none"),
        }
        plan = []
        for section, explained in sections.items():
            codes = [f"{section}_{name}" for name in explained]
            customers, ledger = f"{section}_customers", f"{section}_ledger"
            end = f"{section}_difference"
            amounts[end] = (
                amounts[ledger]
                - amounts[customers]
                - sum(amounts.get(c, 0) for c in codes)
            )
            plan.append((section, "customers", customers))
            plan += [(section, "row", code) for code in codes]
            plan += [(section, "ledger", ledger), (section, "difference", end)]
            if section == "revenue":
                plan += [(section, "info", "revenue_no_income"),
                         (section, "info", "revenue_late")]  # fmt: skip
        return plan

    def _get_amounts(self):
        """{code: amount} of everything, by two statements."""
        self.env.flush_all()
        parts = [
            SQL(
                "SELECT %s AS code, COALESCE(SUM(amount), 0) FROM (%s) found",
                code,
                query,
            )
            for code, query in self._get_rows().items()
        ]
        amounts = dict(self.env.execute_query(SQL(" UNION ALL ").join(parts)))
        ((amounts["revenue_customers"], amounts["paid_customers"],
          amounts["cost_customers"]),) = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(revenue), 0), COALESCE(SUM(paid), 0),
                       COALESCE(SUM(cost), 0)
                  FROM crm_customer_month
                 WHERE month = %s AND company_id = ANY(%s)
                """,
                self._get_first(),
                self._get_companies(),
            )
        )  # fmt: skip
        return amounts

    def _get_rows(self):
        first = self._get_first()
        found = rows(
            self._get_companies(),
            first,
            fields.Date.end_of(first, "month"),
            "pos.session" in self.env,
        )
        return found | self._get_deferred_rows(found["revenue_manual"])

    def _get_deferred_rows(self, manual):
        """Revenue that was put off: entries that the host made from an invoice.

        Community makes none; where an extension does, they are no manual entries.
        """
        if "deferred_original_move_ids" not in self.env["account.move"]._fields:
            return {}
        field = self.env["account.move"]._fields["deferred_original_move_ids"]
        deferred = SQL(
            "(SELECT item.id FROM account_move_line item JOIN %s link ON link.%s = item.move_id)",
            SQL.identifier(field.relation),
            SQL.identifier(field.column1),
        )
        query = "SELECT line_id, amount FROM (%s) manual WHERE line_id %s %s"
        return {
            "revenue_deferred": SQL(query, manual, SQL("IN"), deferred),
            "revenue_manual": SQL(query, manual, SQL("NOT IN"), deferred),
        }

    def _get_first(self):
        return self.month.replace(day=1)

    def _get_companies(self):
        """The company and those of its branches that the user works in."""
        branches = self.env["res.company"].search(
            [("id", "child_of", self.company_id.id)]
        )
        return (branches & self.env.companies).ids

    # ------------------------------------------------------------ export

    def action_export(self):
        """The rows as a list, with the host's export to XLSX and CSV."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "crm.reconciliation.line",
            "view_mode": "list",
            "domain": [("reconciliation_id", "=", self.id)],
        }
