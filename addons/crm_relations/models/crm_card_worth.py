"""On the card: the customer's class, and what he brought, bar by bar."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

MONTHS = 24  # of the small chart
MARGIN = "crm_relations.group_see_margin"
# Bars of the waterfall in their order: (column of crm.customer.month, sign).
BARS = (
    ("revenue", 1),
    ("cost", -1),
    ("direct_cost", -1),
    ("acquisition_cost", -1),
    ("service_cost", -1),
    ("loyalty_cost", -1),
)
SALE_TYPES = ["out_invoice", "out_refund", "out_receipt"]


class CrmCardHead(models.AbstractModel):
    _inherit = "crm.card.head"

    def _get_figure_parts(self, scope, today, sees_money):
        parts = super()._get_figure_parts(scope, today, sees_money)
        if sees_money:
            parts.append(self._select_worth(scope, today))
        return parts

    def _format_parts(self, scope, figures):
        return {**super()._format_parts(scope, figures), **self._format_worth(figures)}

    def _select_worth(self, scope, today):
        """Class for all who see the card's money; months for who may see the margin.

        Whoever may not read the customer's figures (another's customer) sees the class.
        """
        metrics = self.env["crm.customer.metric"]
        months = SQL("NULL::json")
        if self.env.user.has_group(MARGIN) and metrics.has_access("read"):
            readable = metrics._search(
                [
                    ("customer_id", "=", scope["commercial_id"]),
                    ("company_id", "=", self.env.company.id),
                ]
            )
            months = SQL(
                """
                (SELECT json_agg(one ORDER BY one.month)
                   FROM (SELECT month.month, month.margin, month.profit, %s
                           FROM crm_customer_month month
                          WHERE month.customer_id = %s AND month.company_id = %s
                            AND month.month >= %s AND EXISTS (%s)) one)
                """,
                SQL(", ").join(SQL.identifier("month", name) for name, _sign in BARS),
                scope["commercial_id"],
                self.env.company.id,
                today.replace(day=1) - relativedelta(months=MONTHS - 1),
                readable.select(SQL("1")),
            )
        return SQL(
            """
            SELECT metric.crm_class, metric.class_since, %s AS worth_months
              FROM (SELECT 1) one
         LEFT JOIN crm_customer_metric metric
                ON metric.customer_id = %s AND metric.company_id = %s
            """,
            months,
            scope["commercial_id"],
            self.env.company.id,
        )

    def _format_worth(self, figures):
        if "crm_class" not in figures:
            return {"customer_class": False, "worth": False}
        since = figures["class_since"]
        today = fields.Date.context_today(self)
        return {
            "customer_class": figures["crm_class"]
            and {
                "letter": figures["crm_class"],
                "since": since and since.isoformat(),
            },
            "worth": figures["worth_months"]
            and self._format_months(figures["worth_months"], today.replace(day=1)),
        }

    def _format_months(self, rows, month):
        """The waterfall of 12 full months, and 24 months of revenue and margin."""
        found = {row["month"]: row for row in rows}
        first = month - relativedelta(months=MONTHS - 1)
        days = [
            (first + relativedelta(months=number)).isoformat()
            for number in range(MONTHS)
        ]
        since = (month - relativedelta(months=12)).isoformat()
        year = [row for day, row in found.items() if since <= day < month.isoformat()]
        sums = {
            name: sign * sum(float(row[name]) for row in year) for name, sign in BARS
        }
        opens = self._get_open_bars()
        return {
            "since": since,
            "until": (month - relativedelta(days=1)).isoformat(),
            "profit": sum(float(row["profit"]) for row in year),
            "bars": [
                {
                    "key": name,
                    "amount": amount,
                    "label": self._get_bar_labels()[name],
                    "opens": name in opens,
                }
                for name, amount in sums.items()
                if amount or name in ("revenue", "cost")
            ],
            "months": [
                {
                    "month": day,
                    "revenue": float(found[day]["revenue"]) if day in found else 0,
                    "margin": float(found[day]["margin"]) if day in found else 0,
                }
                for day in days
            ],
        }

    def _get_bar_labels(self):
        return {
            "revenue": self.env._("Revenue"),
            "cost": self.env._("Cost of goods"),
            "direct_cost": self.env._("Direct costs"),
            "acquisition_cost": self.env._("Acquisition"),
            "service_cost": self.env._("Cost to serve"),
            "loyalty_cost": self.env._("Loyalty"),
        }

    def _get_open_bars(self):
        """Bars whose documents the user may open; departments add theirs."""
        models_of = {
            "revenue": "account.move",
            "cost": "account.move",
            "direct_cost": "account.move.line",
            "service_cost": "crm.interaction",
        }
        return [key for key, name in models_of.items() if self.env[name].has_access("read")]  # fmt: skip

    @api.model
    def open_bar(self, partner_id, key, date_from, date_to):
        """The documents behind a bar.

        :param int partner_id: the card's customer
        :param str key: a bar of ``head.worth.bars``
        :param str date_from: first day, ISO
        :param str date_to: last day, ISO
        :return: a window action; record rules decide what it lists
        """
        partner = self.env["res.partner"].browse(partner_id)
        partner.check_access("read")
        customer = partner.commercial_partner_id
        if key not in self._get_open_bars():
            key = "revenue"
        name, model, domain = self._get_bar_documents(key, customer)
        days = [("date", ">=", date_from), ("date", "<=", date_to)]
        if model == "crm.interaction":
            days = self._get_moments(date_from, date_to)
        return {
            "type": "ir.actions.act_window",
            "name": f"{name}: {customer.display_name}",
            "res_model": model,
            "views": [[False, "list"], [False, "form"]],
            "domain": [
                ("company_id", "=", self.env.company.id),
                *days,
                *domain,
            ],
            "context": {"create": False},
        }

    def _get_moments(self, date_from, date_to):
        """Domain of contacts of these days, by the company's clock."""
        zone = ZoneInfo(self.env.company.partner_id.tz or "UTC")
        first, after = (
            datetime.combine(day, time(), tzinfo=zone)
            .astimezone(UTC)
            .replace(tzinfo=None)
            for day in (
                fields.Date.to_date(date_from),
                fields.Date.to_date(date_to) + timedelta(days=1),
            )
        )
        return [
            ("started_at", ">=", fields.Datetime.to_string(first)),
            ("started_at", "<", fields.Datetime.to_string(after)),
        ]

    def _get_rated_user_ids_sudo(self):
        """Whose hours cost something here; sudo: who, not how much."""
        rates = self.env["crm.employee.rate"].sudo()
        found = rates._read_group(
            [("company_id", "=", self.env.company.id)], ["user_id"]
        )
        return [user.id for (user,) in found]

    def _get_bar_documents(self, key, customer):
        """(name of the list, model, domain) of a bar; departments add theirs."""
        label = self._get_bar_labels()[key]
        if key == "direct_cost":
            return (
                label,
                "account.move.line",
                list(
                    Domain("parent_state", "=", "posted")
                    & self.env.company._crm_get_direct_domain(customer)
                ),
            )
        if key == "service_cost":
            return (
                label,
                "crm.interaction",
                [
                    ("customer_id", "=", customer.id),
                    ("handling_seconds", ">", 0),
                    ("user_id", "in", self._get_rated_user_ids_sudo()),
                ],
            )
        if key == "cost" and self.env["crm.invoice.cost"].has_access("read"):
            return (
                label,
                "crm.invoice.cost",
                [("line_id.move_id.commercial_partner_id", "=", customer.id)],
            )
        domain = [
            ("state", "=", "posted"),
            ("commercial_partner_id", "=", customer.id),
            ("move_type", "in", SALE_TYPES),
        ]
        return self.env._("Invoices"), "account.move", domain
