"""UCI Online Retail (doi:10.24432/C5BW33, CC BY 4.0) as invoices: reading and splitting.

Pure Python: the shapes that ``bench.load_retail`` writes into a database.
"""

import csv
import gzip
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

ANONYMOUS = "anonymous"
CENT = Decimal("0.01")


def read(path, month=None):
    """``{invoice number: [row, …]}`` in file order; a row keeps the file's columns.

    :param path: online_retail.csv.gz
    :param month: "2011-02" keeps that month only (invoices never cross midnight).
    """
    invoices = defaultdict(list)
    with gzip.open(path, "rt", newline="") as source:
        for row in csv.DictReader(source):
            if month is None or row["InvoiceDate"].startswith(month):
                invoices[row["InvoiceNo"]].append(row)
    return dict(invoices)


def is_clean(row):
    """Known customer, quantity and price above zero: the usual published subset."""
    return bool(
        row["CustomerID"] and int(row["Quantity"]) > 0 and Decimal(row["UnitPrice"]) > 0
    )


def total(rows):
    """Exact sum of quantity × price.

    >>> total([{"Quantity": "6", "UnitPrice": "2.55"}])
    Decimal('15.30')
    """
    return sum(
        (int(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rows), Decimal()
    )


def cents(rows):
    """Sum of lines rounded half up to the cent, as an invoice rounds its lines.

    >>> cents([{"Quantity": "1", "UnitPrice": "0.001"}])
    Decimal('0.00')
    """
    return sum(
        (total([row]).quantize(CENT, ROUND_HALF_UP) for row in rows), Decimal("0.00")
    )


def move_type(rows):
    """A document whose total is below zero is a credit note, of lines turned round.

    >>> move_type([{"Quantity": "-1", "UnitPrice": "4.50"}])
    'out_refund'
    """
    return "out_refund" if total(rows) < 0 else "out_invoice"


def customer(rows):
    """Key of the customer of an invoice: his number, or the anonymous one."""
    return rows[0]["CustomerID"] or ANONYMOUS


def share(number, processes):
    """Which of ``processes`` loads this invoice's customer: one customer, one process.

    >>> share("17850", 2), share("17851", 2), share("anonymous", 2)
    (0, 1, 0)
    """
    return int(number) % processes if number.isdigit() else 0
