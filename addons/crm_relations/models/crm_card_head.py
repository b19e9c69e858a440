from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.tools import SQL

# Who sees the customer's money on the card: those who sell and those who book.
MONEY_GROUPS = (
    "sales_team.group_sale_salesman",
    "account.group_account_readonly",
    "account.group_account_invoice",
)


class CrmCardHead(models.AbstractModel):
    """The figures above the customer's form."""

    _name = "crm.card.head"
    _description = "Head of the Customer's Card"

    def _get_head(self, scope, planned, readable):
        """Figures of the card.

        :param dict scope: of ``crm.timeline._get_scope``
        :param list planned: activities to do, nearest first
        :param set readable: {(model, id)} the caller may read
        """
        today = fields.Date.context_today(self)
        return {
            "partner_id": scope["partner"].id,
            "customer_id": scope["commercial_id"],
            "currency_id": self.env.company.currency_id.id,
            "last_contact": self._get_last_contact(scope),
            "next_step": (
                self.env["crm.timeline"]._format_planned(planned[0], readable)
                if planned
                else False
            ),
            "deals": self._get_deals(scope),
            "money": self._get_money(scope, today),
            "today": today.isoformat(),
            "revenue_from": (today - relativedelta(months=12)).isoformat(),
            "can_log": self.env["crm.interaction"].has_access("create"),
        }

    def _get_last_contact(self, scope):
        """The last contact by a human being: when, in which channel, with whom."""
        whose = SQL("i.customer_id = %s", scope["commercial_id"])
        if scope["partner"].id != scope["commercial_id"]:
            whose = SQL("i.partner_id = %s", scope["partner"].id)
        # raw SQL: that a contact took place is seen by all who may read the customer
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT i.started_at, i.channel_id, i.direction, p.name AS who
                  FROM (
                        SELECT i.started_at, i.channel_id, i.direction, i.user_id
                          FROM crm_interaction i
                         WHERE %s AND i.company_id = ANY(%s) AND i.is_automatic IS NOT TRUE
                         ORDER BY i.started_at DESC, i.id DESC
                         LIMIT 1
                       ) AS i
             LEFT JOIN res_users u ON u.id = i.user_id
             LEFT JOIN res_partner p ON p.id = u.partner_id
                """,
                whose,
                scope["companies"],
            )
        )
        if not rows:
            return False
        row = rows[0]
        _kind, name, icon = scope["channels"].get(row["channel_id"], ("", "", ""))
        return {
            "at": fields.Datetime.to_string(row["started_at"]),
            "channel": name,
            "icon": icon,
            "direction": row["direction"],
            "who": row["who"] or "",
        }

    def _get_deals(self, scope):
        """Open deals that the caller may read, so that the list behind says the same."""
        deals = self.env["crm.lead"]
        if not deals.has_access("read"):
            return False
        ((count, amount),) = deals._read_group(
            self._get_deals_domain(scope), [], ["__count", "expected_revenue:sum"]
        )
        return {"count": count, "amount": amount or 0.0}

    def _get_deals_domain(self, scope):
        return [
            ("partner_id", "in", scope["family"]),
            ("type", "=", "opportunity"),
            ("won_status", "=", "pending"),
        ]

    def _get_money(self, scope, today):
        """Owed, overdue and the revenue of twelve months, in the current company.

        Salespeople may read neither ``res.partner.credit`` nor other people's
        invoices, but must know whether a customer pays before they sell him more.
        So these three sums, and nothing else of the books, go round the record rules
        by SQL, for the groups above.

        Revenue: minus the balance of posted lines on income
        accounts of customer invoices, credit notes and receipts, accounting date.
        """
        if not any(self.env.user.has_group(group) for group in MONEY_GROUPS):
            return False
        ((owes, overdue, revenue),) = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(l.amount_residual) FILTER (
                           WHERE a.account_type = 'asset_receivable'), 0),
                       COALESCE(SUM(l.amount_residual) FILTER (
                           WHERE a.account_type = 'asset_receivable'
                             AND l.date_maturity < %(today)s), 0),
                       COALESCE(-SUM(l.balance) FILTER (
                           WHERE a.account_type IN ('income', 'income_other')
                             AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                             AND l.date > %(since)s AND l.date <= %(today)s), 0)
                  FROM account_move_line l
                  JOIN account_account a ON a.id = l.account_id
                  JOIN account_move m ON m.id = l.move_id
                 WHERE l.partner_id = ANY(%(family)s)
                   AND l.company_id = %(company)s
                   AND l.parent_state = 'posted'
                   AND a.account_type IN ('asset_receivable', 'income', 'income_other')
                """,
                today=today,
                since=today - relativedelta(months=12),
                # the books know the commercial partner
                family=[scope["commercial_id"], *scope["family"]],
                company=self.env.company.id,
            )
        )
        return {
            "owes": float(owes),
            "overdue": float(overdue),
            "revenue": float(revenue),
        }
