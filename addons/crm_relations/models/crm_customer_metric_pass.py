"""Figures per customer from the months, the books and the ledger of contacts."""

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.customer_class import CLASSES, classify, settle
from .crm_customer_month_source import POSTED_SALE

PAIR = SQL("customer_id, company_id")

METRIC = """
WITH %(asked)s
months AS MATERIALIZED (
    SELECT month.customer_id, month.company_id,
           COALESCE(SUM(revenue) FILTER (WHERE %(year)s), 0) AS revenue_year,
           COALESCE(SUM(margin) FILTER (WHERE %(year)s), 0) AS margin_year,
           COALESCE(SUM(profit) FILTER (WHERE %(year)s), 0) AS profit_year,
           SUM(revenue) AS revenue_ever, SUM(margin) AS margin_ever,
           SUM(profit) AS profit_ever
      FROM crm_customer_month month %(asked_month)s
     GROUP BY month.customer_id, month.company_id
), days AS (
    SELECT customer_id, company_id, min(day) AS first_order_on,
           max(day) AS last_order_on, count(*) AS order_count,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS interval_days,
           percentile_cont(0.75) WITHIN GROUP (ORDER BY gap)
             - percentile_cont(0.25) WITHIN GROUP (ORDER BY gap) AS interval_spread_days,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY gap) AS interval_long_days
      FROM (
          SELECT customer_id, company_id, day, day - lag(day) OVER (
                     PARTITION BY customer_id, company_id ORDER BY day) AS gap
            FROM (
                SELECT DISTINCT move.commercial_partner_id AS customer_id,
                       move.company_id, COALESCE(move.invoice_date, move.date) AS day
                  FROM account_move move %(asked_move)s
                 WHERE %(posted)s AND move.move_type <> 'out_refund'
                   AND move.payment_state IS DISTINCT FROM 'reversed'
                   AND move.commercial_partner_id IS NOT NULL
            ) bought
      ) gaps
     GROUP BY customer_id, company_id
), debts AS (
    SELECT customer.commercial_partner_id AS customer_id, line.company_id,
           SUM(line.amount_residual) AS owed,
           SUM(line.amount_residual) FILTER (WHERE line.date_maturity < %(today)s)
               AS overdue
      FROM account_move_line line
      JOIN account_account account
        ON account.id = line.account_id AND account.account_type = 'asset_receivable'
      JOIN res_partner customer ON customer.id = line.partner_id %(asked_debt)s
     WHERE line.parent_state = 'posted' AND line.reconciled IS NOT TRUE
       AND line.amount_residual <> 0
     GROUP BY customer.commercial_partner_id, line.company_id
), pairs AS (
    SELECT %(pair)s FROM months UNION SELECT %(pair)s FROM debts
), contacts AS (
    SELECT i.customer_id, i.company_id, max(i.started_at) AS last_contact_at
      FROM crm_interaction i %(asked_contact)s
     WHERE i.customer_id IS NOT NULL AND i.is_automatic IS NOT TRUE
     GROUP BY i.customer_id, i.company_id
)
SELECT pairs.customer_id, pairs.company_id, partner.user_id, owner.sale_team_id AS team_id,
       COALESCE(revenue_year, 0) AS revenue_year, COALESCE(margin_year, 0) AS margin_year,
       COALESCE(profit_year, 0) AS profit_year,
       COALESCE(revenue_ever, 0) AS revenue_ever, COALESCE(margin_ever, 0) AS margin_ever,
       COALESCE(profit_ever, 0) AS profit_ever, COALESCE(profit_year, 0) < 0 AS is_loss,
       first_order_on, last_order_on, COALESCE(order_count, 0) AS order_count,
       interval_days::numeric(16, 1) AS interval_days,
       interval_spread_days::numeric(16, 1) AS interval_spread_days,
       interval_long_days::numeric(16, 1) AS interval_long_days,
       COALESCE(owed, 0) AS owed, COALESCE(overdue, 0) AS overdue, last_contact_at
  FROM pairs
  LEFT JOIN months USING (customer_id, company_id)
  LEFT JOIN days USING (customer_id, company_id)
  LEFT JOIN debts USING (customer_id, company_id)
  LEFT JOIN contacts USING (customer_id, company_id)
  JOIN res_partner partner ON partner.id = pairs.customer_id
  LEFT JOIN res_users owner ON owner.id = partner.user_id
"""
COLUMNS = (
    "user_id", "team_id", "revenue_year", "margin_year", "profit_year", "revenue_ever",
    "margin_ever", "profit_ever", "is_loss", "first_order_on", "last_order_on",
    "order_count", "interval_days", "interval_spread_days", "interval_long_days", "owed", "overdue",
    "last_contact_at",
)  # fmt: skip


class CrmCustomerMetric(models.Model):
    _inherit = "crm.customer.metric"

    @api.model
    def _metric_select(self, today, pairs=None):
        """The rows as they should be.

        :param pairs: [(customer id, company id)] or None for all
        """
        month = today.replace(day=1)
        year = SQL(
            "month.month >= %s AND month.month < %s",
            month - relativedelta(months=12),
            month,
        )
        asked, join = SQL(), {}
        if pairs is not None:
            asked = SQL(
                "asked AS (SELECT * FROM unnest(%s::int[], %s::int[]) AS asked(%s)),",
                *map(list, zip(*pairs, strict=True)),
                PAIR,
            )
            join = {
                "month": SQL("JOIN asked USING (customer_id, company_id)"),
                "move": SQL(
                    "JOIN asked ON asked.customer_id = move.commercial_partner_id "
                    "AND asked.company_id = move.company_id"
                ),
                "debt": SQL(
                    "JOIN asked ON asked.customer_id = customer.commercial_partner_id "
                    "AND asked.company_id = line.company_id"
                ),
                "contact": SQL(
                    "JOIN asked ON asked.customer_id = i.customer_id "
                    "AND asked.company_id = i.company_id"
                ),
            }
        return SQL(
            METRIC,  # pylint: disable=sql-injection
            asked=asked,
            year=year,
            today=today,
            pair=PAIR,
            posted=POSTED_SALE,
            **{
                f"asked_{name}": join.get(name, SQL())
                for name in ("month", "move", "debt", "contact")
            },
        )

    @api.model
    def _refresh(self, today, pairs=None):
        """Make the figures of these customers (or of all) what they should be."""
        self.env.flush_all()
        names = SQL(", ").join(map(SQL.identifier, COLUMNS))
        asked = SQL()
        if pairs is not None:
            asked = SQL(
                "(old.customer_id, old.company_id) IN "
                "(SELECT * FROM unnest(%s::int[], %s::int[])) AND",
                *map(list, zip(*pairs, strict=True)),
            )
        self.env.cr.execute(
            SQL(
                """
                WITH fresh AS MATERIALIZED (%(select)s),
                gone AS (
                    DELETE FROM crm_customer_metric old
                     WHERE %(asked)s NOT EXISTS (
                           SELECT FROM fresh WHERE fresh.customer_id = old.customer_id
                              AND fresh.company_id = old.company_id)
                )
                INSERT INTO crm_customer_metric AS old (%(pair)s, %(names)s)
                SELECT %(pair)s, %(names)s FROM fresh
                    ON CONFLICT (%(pair)s) DO UPDATE SET %(assignments)s
                 WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
                """,
                select=self._metric_select(today, pairs),
                asked=asked,
                pair=PAIR,
                names=names,
                assignments=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in COLUMNS
                ),
                old=SQL(", ").join(SQL.identifier("old", name) for name in COLUMNS),
                new=SQL(", ").join(
                    SQL.identifier("excluded", name) for name in COLUMNS
                ),
            )
        )
        self.invalidate_model()

    # ------------------------------------------------------------ classes

    @api.model
    def _classify(self, today):
        """Tonight's classes of every company; changes are logged and told.

        :return: [(customer id, company id, old class or None, new class)]
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, customer_id, company_id, profit_year, first_order_on,
                       crm_class, class_falling, class_falling_on
                  FROM crm_customer_metric
                """
            )
        )
        companies = {}  # {company id: {metric id: (profit, first order)}}
        for key, _customer, company, profit, first, *_rest in rows:
            companies.setdefault(company, {})[key] = (profit, first)
        computed = {}
        for customers in companies.values():
            computed |= classify(customers, today)
        changed, changes = [], []
        for key, customer, company, _profit, _first, old, falling, falling_on in rows:
            state = settle(old, computed[key], falling, falling_on, today)
            if state != (old, falling, falling_on):
                changed.append((key, *state))
            if state[0] != old:
                changes.append((customer, company, old, state[0]))
        self._write_classes(changed, today)
        self._write_shares()
        self._log_changes(changes, today)
        if changes:
            self._on_class_change(changes)
        return changes

    @api.model
    def _write_classes(self, changed, today):
        """``[(metric id, class, falling, falling on)]`` in one statement."""
        if changed:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE crm_customer_metric metric
                       SET class_since = CASE WHEN metric.crm_class IS DISTINCT FROM fresh.class
                                         THEN %s ELSE metric.class_since END,
                           crm_class = fresh.class, class_falling = fresh.falling,
                           class_falling_on = fresh.falling_on
                      FROM unnest(%s::int[], %s::varchar[], %s::varchar[], %s::date[])
                           AS fresh(id, class, falling, falling_on)
                     WHERE metric.id = fresh.id
                    """,
                    today,
                    *map(list, zip(*changed, strict=True)),
                )
            )
        self.invalidate_model()

    @api.model
    def _write_shares(self):
        """Shares of the profit that the company's profitable customers brought."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_customer_metric metric SET share_year = fresh.share
                  FROM (SELECT id, round(COALESCE(gain / NULLIF(SUM(gain) OVER (
                                   PARTITION BY company_id), 0), 0), 4) AS share
                          FROM (SELECT id, company_id, GREATEST(profit_year, 0) AS gain
                                  FROM crm_customer_metric) gains) fresh
                 WHERE metric.id = fresh.id
                   AND metric.share_year IS DISTINCT FROM fresh.share
                """
            )
        )

    @api.model
    def _log_changes(self, changes, today):
        if changes:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO crm_customer_class_log
                           (customer_id, company_id, date, old_class, new_class,
                            user_id, team_id)
                    SELECT metric.customer_id, metric.company_id, %s, change.old,
                           change.new, metric.user_id, metric.team_id
                      FROM unnest(%s::int[], %s::int[], %s::varchar[], %s::varchar[])
                           AS change(customer_id, company_id, old, new)
                      JOIN crm_customer_metric metric USING (customer_id, company_id)
                    """,
                    today,
                    *map(list, zip(*changes, strict=True)),
                )
            )

    @api.model
    def _on_class_change(self, changes):
        """Customers have changed their class: others extend this with ``super()``.

        Called once a night, in the transaction that decides it.

        :param changes: [(customer id, company id, old class or None, new class)]
        """

    @api.model
    def _is_worse(self, one, other):
        """Whether class ``one`` ranks below class ``other``."""
        return CLASSES.index(one) > CLASSES.index(other)
