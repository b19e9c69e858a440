"""UCI Online Retail (doi:10.24432/C5BW33, CC BY 4.0) as invoices: reading and splitting.

Pure Python: the shapes that ``bench.load_retail`` writes into a database.
"""

import csv
import gzip
from collections import Counter, defaultdict
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


def is_order(rows, month):
    """Whether this document is sold by an order: of ``month`` and of clean lines only.

    >>> row = {"InvoiceDate": "2011-02-01 08:00", "CustomerID": "17850"}
    >>> row |= {"Quantity": "6", "UnitPrice": "2.55"}
    >>> is_order([row], "2011-02"), is_order([row], "2011-03"), is_order([row], None)
    (True, False, False)
    """
    return bool(month) and all(
        row["InvoiceDate"].startswith(month) and is_clean(row) for row in rows
    )


def shares(invoices, processes):
    """Numbers of each process's documents: one customer, one process, about as many lines.

    >>> row = {"CustomerID": "1"}, {"CustomerID": "2"}, {"CustomerID": ""}
    >>> shares({"a": [row[0]], "b": [row[1]], "c": [row[2]] * 2, "d": [row[0]]}, 2)
    [['a', 'b', 'd'], ['c']]
    """
    lines = Counter()
    for rows in invoices.values():
        lines[customer(rows)] += len(rows)
    load, owner = [0] * processes, {}
    for key, count in sorted(lines.items(), key=lambda item: (-item[1], item[0])):
        owner[key] = load.index(min(load))
        load[owner[key]] += count
    parts = [[] for _ in range(processes)]
    for number, rows in invoices.items():
        parts[owner[customer(rows)]].append(number)
    return parts


def batches(invoices, numbers, lines):
    """Lists of ``numbers`` in order, each of ``lines`` lines or a little more.

    >>> list(batches({"a": [1, 2], "b": [3], "c": [4]}, ["a", "b", "c"], 2))
    [['a'], ['b', 'c']]
    """
    batch, held = [], 0
    for number in numbers:
        batch.append(number)
        held += len(invoices[number])
        if held >= lines:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
