"""The named rows between the customers' sums and the general ledger.

Each is an SQL of (line_id, amount): summed for the page, listed when it is opened.
"""

from odoo.tools import SQL

from ..models.crm_customer_month_source import SALE_TYPES


def rows(companies, first, last, has_pos):
    """{code: SQL} of every row of the page that is found in the ledger.

    :param companies: list of company ids
    :param first, last: days of the month
    :param has_pos: whether the point of sale is installed
    """
    booked = SQL(
        "line.parent_state = 'posted' AND line.company_id = ANY(%s) "
        "AND line.date BETWEEN %s AND %s",
        companies,
        first,
        last,
    )
    return (
        _revenue_rows(booked, first, has_pos)
        | _paid_rows(companies, first, last)
        | _cost_rows(booked)
    )


def _revenue_rows(booked, first, has_pos):
    income = SQL("account.account_type LIKE 'income%%'")
    sale = SQL("move.move_type IN %s", SALE_TYPES)
    pos = SQL("FALSE")
    if has_pos:
        pos = SQL("EXISTS (SELECT FROM pos_session till WHERE till.move_id = move.id)")
    other = SQL(
        "(account.account_type = 'income_other' OR move.move_type <> 'entry' "
        "OR move.journal_id = company.currency_exchange_journal_id)"
    )
    where = {
        "revenue_ledger": income,
        "revenue_pos": SQL("%s AND NOT (%s) AND %s", income, sale, pos),
        "revenue_other": SQL(
            "%s AND NOT (%s) AND NOT %s AND %s", income, sale, pos, other
        ),
        "revenue_manual": SQL(
            "%s AND NOT (%s) AND NOT %s AND NOT %s", income, sale, pos, other
        ),
        "revenue_no_income": SQL(
            "%s AND NOT (%s) AND line.display_type = 'product'", sale, income
        ),
        "revenue_late": SQL(
            "%s AND %s AND move.invoice_date < %s", income, sale, first
        ),
    }
    return {
        code: SQL(
            """
            SELECT line.id AS line_id, -line.balance AS amount
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
              JOIN res_company company ON company.id = line.company_id
             WHERE %s AND %s
            """,
            booked,
            condition,
        )
        for code, condition in where.items()
    }


# Money on receivable accounts.
PAYMENTS = """
    SELECT line.id, line.date, line.balance, line.amount_residual
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
      JOIN account_account account ON account.id = line.account_id
       AND account.account_type = 'asset_receivable'
     WHERE line.parent_state = 'posted' AND line.company_id = ANY(%(companies)s)
       AND (move.origin_payment_id IS NOT NULL OR move.statement_line_id IS NOT NULL)
"""
# Every reconciliation of a payment, seen from it: how much, when, with a document?
MEETINGS = """
    SELECT pay.id AS line_id, pay.date, part.max_date, part.sign * part.amount AS amount,
           document.id IS NOT NULL AS is_document,
           part.sign * part.amount - part.sign * round((part.amount * COALESCE(
               document.amount_untaxed / NULLIF(document.amount_total, 0), 1)
           )::numeric, currency.decimal_places) AS tax
      FROM (%(payments)s) pay
      JOIN (
          SELECT credit_move_id AS pay_id, debit_move_id AS other_id, amount, max_date,
                 company_id, 1 AS sign FROM account_partial_reconcile
           UNION ALL
          SELECT debit_move_id, credit_move_id, amount, max_date, company_id, -1
            FROM account_partial_reconcile
      ) part ON part.pay_id = pay.id
      JOIN account_move_line other ON other.id = part.other_id
      JOIN res_company company ON company.id = other.company_id
      JOIN res_currency currency ON currency.id = company.currency_id
      LEFT JOIN account_move document
             ON document.id = other.move_id AND document.state = 'posted'
            AND document.move_type IN %(sales)s
"""


def _paid_rows(companies, first, last):
    """Money on receivable accounts, and how it met the customers' documents."""
    payments = SQL(PAYMENTS, companies=companies)
    here = SQL("date BETWEEN %s AND %s", first, last)
    select = "SELECT id AS line_id, %s AS amount FROM (%s) pay WHERE %s"
    return {
        "paid_ledger": SQL(select, SQL("-balance"), payments, here),
        "paid_open": SQL(
            select,
            SQL("-amount_residual"),
            payments,
            SQL("%s AND amount_residual <> 0", here),
        ),
    } | _met_rows(payments, here, first, last)


def _met_rows(payments, here, first, last):
    """How the money met the documents: {code: SQL}; ``here``: paid in this month."""
    met = SQL(MEETINGS, payments=payments, sales=SALE_TYPES)
    met_here = SQL("max_date BETWEEN %s AND %s", first, last)
    found = {
        "paid_tax": ("tax", SQL("is_document AND tax <> 0 AND %s", met_here)),
        "paid_before": (
            "-amount", SQL("is_document AND %s AND NOT %s", met_here, here)
        ),
        "paid_later": (
            "amount", SQL("is_document AND %s AND NOT %s", here, met_here)
        ),
        "paid_no_document": ("amount", SQL("NOT is_document AND %s", here)),
    }  # fmt: skip
    return {
        code: SQL(
            "SELECT line_id, %s AS amount FROM (%s) met WHERE %s",
            SQL(amount),  # pylint: disable=sql-injection
            met,
            condition,
        )
        for code, (amount, condition) in found.items()
    }


def _cost_rows(booked):
    frozen = SQL(
        """
        SELECT line.id AS line_id, -cost.amount AS amount, cost.source
          FROM crm_invoice_cost cost
          JOIN account_move_line line ON line.id = cost.line_id
         WHERE %s
        """,
        booked,
    )
    found = {
        f"cost_{source}": SQL(
            "SELECT line_id, amount FROM (%s) frozen WHERE source = %s", frozen, source
        )
        for source in ("move", "order", "product", "none")
    }
    found["cost_ledger"] = SQL(
        """
        SELECT line.id AS line_id, line.balance AS amount
          FROM account_move_line line
          JOIN account_account account ON account.id = line.account_id
          JOIN account_move move ON move.id = line.move_id
         WHERE %s AND line.display_type = 'cogs' AND move.move_type IN %s
           AND account.account_type LIKE 'expense%%'
        """,
        booked,
        SALE_TYPES,
    )
    return found
