"""What is in the books against what is in the file, to the cent.

Golden figures of the whole file: 25,900 documents with 541,909 lines; clean lines
397,884 of 4,338 customers, 8,911,407.90 in the ledger (the file says …407.904: four
lines cost a tenth of a cent each, and an invoice has whole cents).
"""

from decimal import Decimal

from odoo.tools import SQL

from . import retail


def expected(invoices):
    """``{figure: value}`` of the file, as :func:`booked` counts them."""
    rows = [row for document in invoices.values() for row in document]
    clean = [row for row in rows if retail.is_clean(row)]
    return {
        "documents": len(invoices),
        "lines": len(rows),
        "total": retail.cents(rows),
        "clean lines": len(clean),
        "clean customers": len({row["CustomerID"] for row in clean}),
        "clean total": retail.cents(clean),
    }


def booked(env, prefix):
    """``{figure: value}`` of the posted entries: amounts are those of the ledger."""
    env.flush_all()
    clean = SQL(
        """move.move_type = 'out_invoice' AND line.quantity > 0 AND line.price_unit > 0
           AND partner.ref <> %s""",
        f"{prefix}{retail.ANONYMOUS}",
    )
    row = env.execute_query(
        SQL(
            """SELECT count(DISTINCT move.id), count(*), (-sum(line.balance))::text,
                      count(*) FILTER (WHERE %(clean)s),
                      count(DISTINCT line.partner_id) FILTER (WHERE %(clean)s),
                      (-sum(line.balance) FILTER (WHERE %(clean)s))::text
                 FROM account_move_line line
                 JOIN account_move move ON move.id = line.move_id
                 JOIN res_partner partner ON partner.id = line.partner_id
                WHERE line.display_type = 'product' AND move.state = 'posted'
                  AND move.ref LIKE %(ours)s""",
            clean=clean,
            ours=f"{prefix}%",
        )
    )[0]
    names = (
        "documents",
        "lines",
        "total",
        "clean lines",
        "clean customers",
        "clean total",
    )
    return dict(zip(names, map(_exact, row), strict=True))


def _exact(value):
    """Amounts come as text: the host reads numeric columns as floats."""
    return Decimal(value) if isinstance(value, str) else value or 0


def receivable(env, prefix):
    """What the receivable lines and the documents' own totals say: both are the total."""
    return env.execute_query(
        SQL(
            """SELECT sum(line.balance)::text,
                      (SELECT sum(amount_total_signed)::text FROM account_move
                        WHERE state = 'posted' AND ref LIKE %(ours)s)
                 FROM account_move_line line
                 JOIN account_move move ON move.id = line.move_id
                WHERE line.display_type = 'payment_term' AND move.state = 'posted'
                  AND move.ref LIKE %(ours)s""",
            ours=f"{prefix}%",
        )
    )[0]


def compare(env, invoices, prefix):
    """Print both columns; 0 when every figure agrees, else 1."""
    file, books = expected(invoices), booked(env, prefix)
    for figure, value in file.items():
        agrees = "" if value == books[figure] else "   DIFFERENT"
        print(f"{figure:<18} file {value:>14}   books {books[figure]:>14}{agrees}")
    totals = receivable(env, prefix)
    if any(_exact(amount) != file["total"] for amount in totals):
        print(f"receivable and documents' totals: {totals}   DIFFERENT")
        return 1
    return 0 if file == books else 1
