"""Where the words of money come from: one SQL for one customer and for all of them.

Every source is a flat ``SELECT`` of (customer_id, company_id, month, columns…) without
grouping, so that PostgreSQL can start from a few customers (indexes) or from the whole
table (hashes), as the caller's filter asks. What the words mean: docs/accounting.md.
"""

from odoo import api, models
from odoo.tools import SQL

SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")
DIRECT_TYPES = ("in_invoice", "in_refund", "in_receipt", "entry")
SUMS = ("revenue", "credit_note", "discount", "cost", "direct_cost", "acquisition_cost",
        "service_cost", "loyalty_cost", "paid", "settled")  # fmt: skip
COUNTS = ("invoice_count", "credit_note_count", "uncosted_count")

# A posted customer document; account_move has an index on exactly this.
POSTED_SALE = SQL(
    "move.state = 'posted' "
    "AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
)
# date → timestamp → date is immutable, so that the index may hold it
MOVE_MONTH = SQL("date_trunc('month', move.date::timestamp)::date")
# A contact belongs to the month of the company's own clock.
CONTACT_ZONE = SQL(
    "JOIN (SELECT company.id, COALESCE(place.tz, 'UTC') AS tz FROM res_company company "
    "JOIN res_partner place ON place.id = company.partner_id) zone "
    "ON zone.id = i.company_id"
)
CONTACT_DAY = SQL("(i.started_at AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)::date")
CONTACT_MONTH = SQL("date_trunc('month', %s::timestamp)::date", CONTACT_DAY)
DECIMALS = SQL(
    "JOIN (SELECT company.id, currency.decimal_places AS places FROM res_company company "
    "JOIN res_currency currency ON currency.id = company.currency_id) money "
    "ON money.id = move.company_id"
)

# Revenue, credit notes, discount and cost of goods by one reading of the lines.
LINES = SQL(
    """
    SELECT move.commercial_partner_id AS customer_id, move.company_id,
           %(month)s AS month,
           CASE WHEN account.account_type LIKE 'income%%' THEN -line.balance END
               AS revenue,
           CASE WHEN account.account_type LIKE 'income%%'
                 AND move.move_type = 'out_refund' THEN line.balance END AS credit_note,
           CASE WHEN line.discount <> 0 THEN round((
                    CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END
                    * line.price_unit * line.quantity * line.discount / 100
                    / COALESCE(NULLIF(move.invoice_currency_rate, 0), 1)
                )::numeric, money.places)
                WHEN line.price_unit < 0 AND line.quantity > 0
                 AND line.display_type = 'product'
                 AND account.account_type LIKE 'income%%' THEN line.balance END
               AS discount,
           cost.amount AS cost,
           CASE WHEN cost.source = 'none' THEN 1 END AS uncosted_count
      FROM account_move move
      JOIN account_move_line line ON line.move_id = move.id
      JOIN account_account account ON account.id = line.account_id
      LEFT JOIN crm_invoice_cost cost ON cost.line_id = line.id
      %(decimals)s
     WHERE %(posted)s AND move.commercial_partner_id IS NOT NULL
       AND (account.account_type LIKE 'income%%' OR cost.id IS NOT NULL
            OR line.discount <> 0)
    """,
    month=MOVE_MONTH,
    decimals=DECIMALS,
    posted=POSTED_SALE,
)

DOCUMENTS = SQL(
    """
    SELECT move.commercial_partner_id AS customer_id, move.company_id,
           %(month)s AS month,
           CASE WHEN move.move_type <> 'out_refund' THEN 1 END AS invoice_count,
           CASE WHEN move.move_type = 'out_refund' THEN 1 END AS credit_note_count
      FROM account_move move
     WHERE %(posted)s AND move.commercial_partner_id IS NOT NULL
    """,
    month=MOVE_MONTH,
    posted=POSTED_SALE,
)

# Claims, warranty, commissions: expenses booked on somebody who is a customer.
DIRECT = SQL(
    """
    SELECT customer.commercial_partner_id AS customer_id, move.company_id,
           %(month)s AS month, line.balance AS direct_cost
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
      JOIN account_account account ON account.id = line.account_id
      JOIN res_company company ON company.id = move.company_id
      JOIN res_partner customer ON customer.id = line.partner_id
     WHERE line.parent_state = 'posted' AND account.account_type LIKE 'expense%%'
       AND move.move_type IN %(types)s
       AND move.journal_id IS DISTINCT FROM company.currency_exchange_journal_id
       AND (NOT EXISTS (SELECT FROM res_company_crm_direct_account_rel chosen
                         WHERE chosen.company_id = move.company_id)
            OR EXISTS (SELECT FROM res_company_crm_direct_account_rel chosen
                        WHERE chosen.company_id = move.company_id
                          AND chosen.account_id = line.account_id))
       AND EXISTS (SELECT FROM account_move sale
                    WHERE sale.commercial_partner_id = customer.commercial_partner_id
                      AND sale.company_id = move.company_id
                      AND sale.state = 'posted' AND sale.move_type IN %(sales)s)
    """,
    month=MOVE_MONTH,
    types=DIRECT_TYPES,
    sales=SALE_TYPES,
)

# Both ways to look at a reconciliation: from the customer's document and from what met it.
PAYMENTS = SQL(
    """
    SELECT move.commercial_partner_id AS customer_id, move.company_id,
           date_trunc('month', part.max_date::timestamp)::date AS month,
           CASE WHEN other.is_payment THEN part.sign * share.amount END AS paid,
           CASE WHEN NOT other.is_payment
                 AND NOT (part.sign < 0 AND other.move_type IN %(sales)s)
                THEN part.sign * share.amount END AS settled
      FROM account_move move
      JOIN account_move_line line ON line.move_id = move.id
      JOIN account_account account
        ON account.id = line.account_id AND account.account_type = 'asset_receivable'
      JOIN (
          SELECT debit_move_id AS line_id, credit_move_id AS other_id, amount, max_date,
                 1 AS sign
            FROM account_partial_reconcile
           UNION ALL
          SELECT credit_move_id, debit_move_id, amount, max_date, -1
            FROM account_partial_reconcile
      ) part ON part.line_id = line.id
      JOIN account_move_line met ON met.id = part.other_id
      JOIN (
          SELECT id, move_type, state, origin_payment_id IS NOT NULL
                 OR statement_line_id IS NOT NULL AS is_payment
            FROM account_move
      ) other ON other.id = met.move_id AND other.state = 'posted'
      %(decimals)s
      CROSS JOIN LATERAL (
          SELECT round((part.amount * COALESCE(
              move.amount_untaxed / NULLIF(move.amount_total, 0), 1))::numeric,
              money.places) AS amount
      ) share
     WHERE %(posted)s AND move.commercial_partner_id IS NOT NULL
    """,
    sales=SALE_TYPES,
    decimals=DECIMALS,
    posted=POSTED_SALE,
)

SERVICE = SQL(
    """
    SELECT i.customer_id, i.company_id, %(month)s AS month,
           i.handling_seconds::numeric * rate.amount / 3600 AS service_cost
      FROM crm_interaction i
      %(zone)s
      JOIN (
          SELECT user_id, company_id, amount, date_from,
                 LEAD(date_from) OVER (
                     PARTITION BY user_id, company_id ORDER BY date_from) AS date_to
            FROM crm_employee_rate
      ) rate ON rate.user_id = i.user_id AND rate.company_id = i.company_id
            AND %(day)s >= rate.date_from
            AND (rate.date_to IS NULL OR %(day)s < rate.date_to)
     WHERE i.customer_id IS NOT NULL AND i.handling_seconds > 0
    """,
    month=CONTACT_MONTH,
    day=CONTACT_DAY,
    zone=CONTACT_ZONE,
)

# Every contact, for the day of the last one.
CONTACTS = SQL(
    "SELECT i.customer_id, i.company_id, %s AS month FROM crm_interaction i %s",
    CONTACT_MONTH,
    CONTACT_ZONE,
)

KEYS = ("customer_id", "company_id", "month")


def key_columns(alias=None):
    """``customer_id, company_id, month`` of a table as SQL."""
    names = [(alias, name) if alias else (name,) for name in KEYS]
    return SQL(", ").join(SQL.identifier(*name) for name in names)


def same_key(left, right):
    return SQL(" AND ").join(
        SQL("%s = %s", SQL.identifier(left, name), SQL.identifier(right, name))
        for name in KEYS
    )


class CrmCustomerMonth(models.Model):
    _inherit = "crm.customer.month"

    @api.model
    def _month_measures(self):
        """Columns that a department fills: {column: SQL}.

        The SQL is a flat ``SELECT customer_id, company_id, month, amount`` (month is the
        first day) without GROUP BY. The column is a field of this model; whoever
        changes the rows behind it marks their keys in ``crm.customer.dirty``.
        """
        return {}

    @api.model
    def _month_sources(self):
        """[(columns, SQL)] of everything that the sums are made of."""
        sources = [
            (("revenue", "credit_note", "discount", "cost", "uncosted_count"), LINES),
            (("invoice_count", "credit_note_count"), DOCUMENTS),
            (("direct_cost",), DIRECT),
            (("paid", "settled"), PAYMENTS),
            (("service_cost",), SERVICE),
        ]
        for column, query in self._month_measures().items():
            named = SQL(
                "SELECT customer_id, company_id, month, amount AS %s FROM (%s) own",
                SQL.identifier(column),
                query,
            )
            sources.append(((column,), named))
        return sources

    @api.model
    def _month_columns(self):
        """The summed columns in the order of the statement: built-in, then others'."""
        own = dict.fromkeys([*SUMS, *COUNTS])
        return list(own | dict.fromkeys(self._month_measures()))

    @api.model
    def _month_select(self, keys=None):
        """The rows as they should be.

        :param keys: SQL name of a relation (customer_id, company_id, month) that limits
            the rows, or None for all
        :return: SQL of (key, root_company_id, the columns, margin, profit)
        """
        columns = self._month_columns()
        parts = [
            self._month_part(columns, names, source, keys)
            for names, source in self._month_sources()
        ]
        sums = [
            SQL(
                "COALESCE(SUM(%s), 0) AS %s", SQL.identifier(name), SQL.identifier(name)
            )
            for name in columns
        ]
        # people's seconds are rounded last: the cents of single contacts are no cents
        rounded = [
            SQL("round(service_cost, currency.decimal_places) AS service_cost")
            if name == "service_cost"
            else SQL.identifier(name)
            for name in columns
        ]
        return SQL(
            """
            SELECT sums.*, revenue - cost AS margin, %(profit)s AS profit
              FROM (
                SELECT %(key)s, %(rounded)s,
                       split_part(company.parent_path, '/', 1)::int AS root_company_id
                  FROM (SELECT %(key)s, %(sums)s FROM (%(parts)s) part
                         GROUP BY %(key)s) grouped
                  JOIN res_company company ON company.id = grouped.company_id
                  JOIN res_currency currency ON currency.id = company.currency_id
              ) sums
            """,
            profit=self._profit_expression(),
            key=key_columns(),
            rounded=SQL(", ").join(rounded),
            sums=SQL(", ").join(sums),
            parts=SQL(" UNION ALL ").join(parts),
        )

    @api.model
    def _profit_expression(self):
        return SQL(
            "revenue - cost - direct_cost - acquisition_cost - service_cost - loyalty_cost"
        )

    @api.model
    def _month_part(self, columns, names, source, keys):
        """One source, summed; the columns that it has not are NULL."""
        sums = [
            SQL("SUM(%s) AS %s", SQL.identifier("source", name), SQL.identifier(name))
            if name in names
            else SQL("NULL::%s AS %s", SQL("int8" if name in COUNTS else "numeric"),
                     SQL.identifier(name))
            for name in columns
        ]  # fmt: skip
        chosen = SQL()
        if keys:
            chosen = SQL("JOIN %s keys ON %s", keys, same_key("keys", "source"))
        return SQL(
            "SELECT %(key)s, %(sums)s FROM (%(source)s) source %(chosen)s GROUP BY %(key)s",
            key=key_columns("source"),
            sums=SQL(", ").join(sums),
            source=source,
            chosen=chosen,
        )

    @api.model
    def _month_keys_of(self, customer_ids):
        """SQL of every key that these customers have or should have."""
        queries = [source for _names, source in self._month_sources()]
        queries.append(CONTACTS)
        parts = [
            SQL(
                "SELECT %s FROM (%s) source WHERE source.customer_id = ANY(%s)",
                key_columns("source"),
                query,
                customer_ids,
            )
            for query in queries
        ]
        parts.append(
            SQL(
                "SELECT %s FROM crm_customer_month WHERE customer_id = ANY(%s)",
                key_columns(),
                customer_ids,
            )
        )
        return SQL(" UNION ").join(parts)

    @api.model
    def _mark_customers(self, customer_ids, targets=None):
        """Queue everything of these customers.

        :param targets: ids of customers to whom the same months are queued as well
        """
        for name in ("account.move", "account.move.line", "account.partial.reconcile",
                     "crm.interaction", "res.partner"):  # fmt: skip
            self.env[name].flush_model()
        keys = self._month_keys_of(list(customer_ids))
        if targets:
            keys = SQL(
                """
                SELECT target.id, keys.company_id, keys.month
                  FROM (%(keys)s) keys
                 CROSS JOIN LATERAL (SELECT keys.customer_id
                                      UNION SELECT unnest(%(targets)s)) target(id)
                """,
                keys=keys,
                targets=list(targets),
            )
        # sudo: the queue belongs to the engine
        self.env["crm.customer.dirty"].sudo()._mark(keys)
