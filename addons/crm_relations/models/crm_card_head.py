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
        sees_money = any(self.env.user.has_group(group) for group in MONEY_GROUPS)
        figures = self._fetch_figures(scope, today, sees_money)
        return {
            "partner_id": scope["partner"].id,
            "customer_id": scope["commercial_id"],
            "currency_id": figures["currency_id"],
            "last_contact": self._format_last_contact(scope, figures),
            "next_step": (
                self.env["crm.timeline"]._format_planned(planned[0], readable)
                if planned
                else False
            ),
            "deals": figures["deal_count"] is not None
            and {
                "count": figures["deal_count"],
                "amount": float(figures["deal_amount"] or 0),
            },
            "money": sees_money
            and {name: float(figures[name]) for name in ("owes", "overdue", "revenue")},
            "today": today.isoformat(),
            "revenue_from": (today - relativedelta(months=12)).isoformat(),
            "can_log": self.env["crm.interaction"].has_access("create"),
            **self._format_parts(scope, figures),
        }

    def _format_parts(self, scope, figures):
        """What other files add to the head, out of the columns they added."""
        return {}

    def _fetch_figures(self, scope, today, sees_money):
        """All figures by one query: {column: value}."""
        parts = self._get_figure_parts(scope, today, sees_money)
        joins = [
            SQL(
                "LEFT JOIN LATERAL (%s) AS %s ON TRUE", part, SQL.identifier(f"part{n}")
            )
            for n, part in enumerate(parts)
        ]
        (row,) = self.env.execute_query_dict(
            SQL(
                "SELECT * FROM (SELECT currency_id FROM res_company WHERE id = %s) AS c %s",
                self.env.company.id,
                SQL(" ").join(joins),
            )
        )
        return row

    def _get_figure_parts(self, scope, today, sees_money):
        """[SQL of one row each]: their columns are the figures; other files add theirs."""
        parts = [self._select_last_contact(scope), self._select_deals(scope)]
        if sees_money:
            parts.append(self._select_money(scope, today))
        return parts

    def _select_last_contact(self, scope):
        """The last contact by a human being: when, in which channel, with whom."""
        whose = SQL("i.customer_id = %s", scope["commercial_id"])
        if scope["partner"].id != scope["commercial_id"]:
            whose = SQL("i.partner_id = %s", scope["partner"].id)
        # raw SQL: that a contact took place is seen by all who may read the customer
        return SQL(
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

    def _format_last_contact(self, scope, figures):
        if not figures["started_at"]:
            return False
        _kind, name, icon = scope["channels"].get(figures["channel_id"], ("", "", ""))
        return {
            "at": fields.Datetime.to_string(figures["started_at"]),
            "channel": name,
            "icon": icon,
            "direction": figures["direction"],
            "who": figures["who"] or "",
        }

    def _select_deals(self, scope):
        """Open deals that the caller may read, so that the list behind says the same."""
        deals = self.env["crm.lead"]
        if not deals.has_access("read"):
            return SQL("SELECT NULL::int AS deal_count, NULL::numeric AS deal_amount")
        query = deals._search(
            [
                ("partner_id", "in", scope["family"]),
                ("type", "=", "opportunity"),
                ("won_status", "=", "pending"),
            ]
        )
        return query.select(
            SQL("COUNT(*) AS deal_count"),
            SQL(
                "SUM(%s) AS deal_amount",
                SQL.identifier(query.table, "expected_revenue"),
            ),
        )

    def _select_money(self, scope, today):
        """Owed, overdue and the revenue of twelve months, in the current company.

        Salespeople may read neither ``res.partner.credit`` nor other people's
        invoices, but must know whether a customer pays before they sell him more.
        So these three sums, and nothing else of the books, go round the record rules
        by SQL, for the groups above.

        Revenue as in docs/accounting.md: minus the balance of posted lines on income
        accounts of customer invoices, credit notes and receipts, accounting date.
        """
        return SQL(
            """
            SELECT COALESCE(SUM(l.amount_residual) FILTER (
                       WHERE a.account_type = 'asset_receivable'), 0) AS owes,
                   COALESCE(SUM(l.amount_residual) FILTER (
                       WHERE a.account_type = 'asset_receivable'
                         AND l.date_maturity < %(today)s), 0) AS overdue,
                   COALESCE(-SUM(l.balance) FILTER (
                       WHERE a.account_type IN ('income', 'income_other')
                         AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                         AND l.date > %(since)s AND l.date <= %(today)s), 0) AS revenue
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
