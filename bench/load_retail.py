"""Load UCI Online Retail as customers, products, posted invoices and credit notes.

``make load-retail DB=…`` (all 25,900 documents) or ``MONTH=2011-02``. Two processes, a
journal each, so that they never wait for one another's invoice numbers. A batch is one
transaction and every document carries its number in ``ref``: killed at any moment, the
same command goes on where it stopped. The invoices of ``ORDERS`` (a month) come out of
orders that were confirmed and delivered, where stock is installed.

At the end the books are compared with the file (``bench.retail_check``).
"""

import argparse
import logging
import multiprocessing
import os
import queue as queues
import time
from datetime import datetime

import psycopg2.errors

import odoo
from odoo.api import Environment
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tools import SQL, config

from . import retail, retail_check, retail_orders
from .inside import cpu_seconds

LINES = 400  # of a batch: what one transaction holds
PREFIX = "RETAIL/"
ORDERS = "2011-02"  # this month's invoices come out of orders
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
}
# the lines come complete: nothing to derive, but that they balance is still checked
COMPLETE = {"skip_invoice_sync": True, "skip_invoice_line_sync": True}
RETRY = (psycopg2.errors.SerializationFailure, psycopg2.errors.DeadlockDetected)


def _environment(cursor):
    return Environment(cursor, odoo.SUPERUSER_ID, QUIET)


def prepare(env, invoices, processes):
    """Create the customers, products and journals that are missing; idempotent."""
    env.ref("product.decimal_price").digits = 3  # four lines cost a tenth of a cent
    _prepare_customers(env, invoices)
    _prepare_products(env, invoices)
    journals = env["account.journal"]
    for number in range(processes):
        if not _journal(env, number):
            journals.create(
                {"name": f"Retail {number}", "code": f"RT{number}", "type": "sale"}
            )


def _journal(env, number):
    domain = [("code", "=", f"RT{number}"), ("company_id", "=", env.company.id)]
    return env["account.journal"].search(domain)


def _prepare_customers(env, invoices):
    wanted = {}
    for rows in invoices.values():
        wanted.setdefault(retail.customer(rows), rows[0]["Country"])
    known = _ids(env, "res.partner", "ref")
    countries = {country.name: country.id for country in env["res.country"].search([])}
    env["res.partner"].create(
        [
            {
                "name": f"Retail customer {key}",
                "ref": f"{PREFIX}{key}",
                "country_id": countries.get(country),
                "is_company": True,
            }
            for key, country in wanted.items()
            if key not in known
        ]
    )


def _prepare_products(env, invoices):
    wanted = {}
    for rows in invoices.values():
        for row in rows:
            wanted[row["StockCode"]] = (
                wanted.get(row["StockCode"]) or row["Description"]
            )
    known = _ids(env, "product.product", "default_code")
    env["product.product"].create(
        [
            {
                "name": name or code,
                "default_code": f"{PREFIX}{code}",
                "type": "consu",
                "taxes_id": False,
                "supplier_taxes_id": False,
            }
            for code, name in wanted.items()
            if code not in known
        ]
    )


def _ids(env, model, field):
    records = env[model].search_fetch([(field, "=like", f"{PREFIX}%")], [field])
    return {record[field].removeprefix(PREFIX): record.id for record in records}


def move_values(number, rows, known, journal_id):
    """Values of one ``account.move``: no taxes, one line a row of the file.

    The lines are complete, the receivable one included, so that the host has nothing to
    derive line by line; it still checks that they balance.

    :param known: see :func:`read_known`.
    """
    kind = retail.move_type(rows)
    sign = -1 if kind == "out_refund" else 1
    day = datetime.fromisoformat(rows[0]["InvoiceDate"]).date()
    partner_id = known["partners"][retail.customer(rows)]
    shared = {
        "partner_id": partner_id,
        "currency_id": known["currency"],
        "date_maturity": False,
    }
    lines = [
        {
            **shared,
            "display_type": "product",
            "sequence": 10 + place,
            "account_id": known["income"],
            "product_id": known["products"][row["StockCode"]],
            "product_uom_id": known["uom"],
            "name": row["Description"] or row["StockCode"],
            "quantity": sign * int(row["Quantity"]),
            "price_unit": float(row["UnitPrice"]),
            "discount": 0.0,
            "tax_ids": False,
            "analytic_distribution": False,
            "balance": -float(retail.cents([row])),
            "amount_currency": -float(retail.cents([row])),
        }
        for place, row in enumerate(rows)
    ]
    owed = float(retail.cents(rows))
    lines.append(
        {
            **shared,
            "display_type": "payment_term",
            "account_id": known["receivable"],
            "date_maturity": day,
            "balance": owed,
            "amount_currency": owed,
            "analytic_distribution": False,
            "tax_ids": False,
        }
    )
    return {
        "move_type": kind,
        "ref": f"{PREFIX}{number}",
        "journal_id": journal_id,
        "partner_id": partner_id,
        "currency_id": known["currency"],
        "invoice_date": day,
        "invoice_date_due": day,
        "date": day,
        "line_ids": [Command.create(line) for line in lines],
    }


def read_known(env, journal):
    """Ids that every line needs: ``{"partners": {key: id}, "products": …, "income": id}``."""
    ours = [("ref", "=like", f"{PREFIX}%")]
    partner = env["res.partner"].search(ours, limit=1)
    products = env["product.product"]
    product = products.search([("default_code", "=like", f"{PREFIX}%")], limit=1)
    accounts = product.product_tmpl_id.get_product_accounts()
    return {
        "partners": _ids(env, "res.partner", "ref"),
        "products": _ids(env, "product.product", "default_code"),
        "income": (accounts["income"] or journal.default_account_id).id,
        "receivable": partner.property_account_receivable_id.id,
        "uom": env.ref("uom.product_uom_unit").id,
        "currency": env.company.currency_id.id,
    }


def _worker(database, path, month, orders_month, index, processes, progress):
    invoices = retail.read(path, month)
    mine = retail.shares(invoices, processes)[index]
    registry = Registry(database)
    with registry.cursor() as cursor:
        env = _environment(cursor)
        journal = _journal(env, index)
        known = read_known(env, journal)
        done = _ids(env, "account.move", "ref")
        with_orders = (
            "sale_line_id" in env["stock.move"]._fields
            if "stock.move" in env
            else False
        )
    todo = [number for number in mine if number not in done]
    for count, numbers in enumerate(retail.batches(invoices, todo, LINES)):
        documents = {number: invoices[number] for number in numbers}
        cpu = _load(
            registry,
            documents,
            known,
            journal.id,
            orders_month if with_orders else None,
        )
        progress.put((len(numbers), sum(map(len, documents.values())), cpu))
        if (
            count & (count + 1) == 0
        ):  # 1, 2, 4, 8 … batches: the planner knows too little
            _analyze(registry)


def _load(registry, documents, known, journal_id, orders_month, tries=5):
    """One batch in one transaction, begun anew when it collides; processor seconds."""
    for attempt in range(tries):
        try:
            with registry.cursor() as cursor:
                env = _environment(cursor)
                before = cpu_seconds(env)
                _post(env, documents, known, journal_id, orders_month)
                env.flush_all()
                return cpu_seconds(env) - before
        except RETRY:
            if attempt == tries - 1:
                raise
    return 0.0


def _post(env, documents, known, journal_id, orders_month):
    ordered = {
        number: rows
        for number, rows in documents.items()
        if retail.is_order(rows, orders_month)
    }
    retail_orders.post(env, ordered, known, journal_id, PREFIX)
    moves = (
        env["account.move"]
        .with_context(**COMPLETE)
        .create(
            [
                move_values(number, rows, known, journal_id)
                for number, rows in documents.items()
                if number not in ordered
            ]
        )
    )
    moves.with_context(**QUIET)._post(soft=False)


def _analyze(registry):
    """Statistics for the host's queries: on empty tables PostgreSQL plans them badly."""
    with registry.cursor() as cursor:
        for table in ("account_move", "account_move_line", "account_partial_reconcile"):
            cursor.execute(SQL("ANALYZE %s", SQL.identifier(table)))


def load(database, path, month=None, processes=2, orders=ORDERS):
    """Load everything that is missing; (documents, lines, processor s, seconds)."""
    started = time.monotonic()
    invoices = retail.read(path, month)
    with Registry(database).cursor() as cursor:
        prepare(_environment(cursor), invoices, processes)
    print(f"customers and products ready after {time.monotonic() - started:.0f} s")
    spawn = multiprocessing.get_context("spawn")
    queue = spawn.Queue()
    workers = [
        spawn.Process(
            target=_start_worker,
            args=(database, path, month, orders, index, processes, queue),
            daemon=True,
        )
        for index in range(processes)
    ]
    for worker in workers:
        worker.start()
    documents, lines, cpu = _follow(workers, queue, len(invoices))
    failed = [worker for worker in workers if worker.exitcode]
    if failed:
        raise SystemExit(f"{len(failed)} of {processes} failed: run it again to go on")
    return documents, lines, cpu, time.monotonic() - started


def _start_worker(database, *args):
    configure(database)
    _worker(database, *args)


def _follow(workers, queue, everything):
    """Print the rate while the workers work; returns what they did in this run."""
    documents = lines = cpu = 0
    started = printed = time.monotonic()
    while any(worker.is_alive() for worker in workers) or not queue.empty():
        try:
            batch, batch_lines, batch_cpu = queue.get(timeout=1)
        except queues.Empty:
            continue
        documents, lines, cpu = documents + batch, lines + batch_lines, cpu + batch_cpu
        if time.monotonic() - printed > 10:
            printed = time.monotonic()
            rate = lines / (printed - started)
            print(
                f"{documents} of {everything} documents, {rate:.0f} lines/s, "
                f"{cpu:.0f} s of processor ({1000 * cpu / lines:.1f} ms a line)",
                flush=True,
            )
    for worker in workers:
        worker.join()
    return documents, lines, cpu


def configure(database):
    """Odoo's configuration of this process: the file that ODOO_RC names."""
    config.parse_config(["-c", os.environ["ODOO_RC"], "-d", database])
    logging.getLogger("odoo").setLevel(logging.WARNING)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database")
    parser.add_argument("path")
    parser.add_argument("--month")
    parser.add_argument("--orders", default=ORDERS, help="a month, or none")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    configure(args.database)
    documents, lines, cpu, seconds = load(
        args.database, args.path, args.month, args.processes, args.orders
    )
    print(
        f"{documents} documents, {lines} lines in {seconds:.0f} s "
        f"({lines / seconds:.0f} lines/s with {args.processes} processes), "
        f"{cpu:.0f} s of processor ({1000 * cpu / max(lines, 1):.1f} ms a line)"
    )
    with Registry(args.database).cursor() as cursor:
        invoices = retail.read(args.path, args.month)
        raise SystemExit(retail_check.compare(_environment(cursor), invoices, PREFIX))


if __name__ == "__main__":
    main()
