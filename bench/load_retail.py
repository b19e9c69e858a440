"""Load UCI Online Retail as customers, products, posted invoices and credit notes.

``make load-retail DB=…`` (all 25,900 documents) or ``MONTH=2011-02``. Two processes, a
journal each, so that they never wait for one another's invoice numbers. A batch is one
transaction and every document carries its number in ``ref``: killed at any moment, the
same command goes on where it stopped.
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
from odoo.modules.registry import Registry
from odoo.tools import config

from . import retail

BATCH = 25
PREFIX = "RETAIL/"
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
}
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


def move_values(number, rows, partners, products, journal_id):
    """Values of one ``account.move``: no taxes, one line a row of the file."""
    kind = retail.move_type(rows)
    sign = -1 if kind == "out_refund" else 1
    day = datetime.fromisoformat(rows[0]["InvoiceDate"]).date()
    lines = [
        {
            "product_id": products[row["StockCode"]],
            "name": row["Description"] or row["StockCode"],
            "quantity": sign * int(row["Quantity"]),
            "price_unit": float(row["UnitPrice"]),
            "tax_ids": [(6, 0, [])],
        }
        for row in rows
    ]
    return {
        "move_type": kind,
        "ref": f"{PREFIX}{number}",
        "journal_id": journal_id,
        "partner_id": partners[retail.customer(rows)],
        "invoice_date": day,
        "date": day,
        "invoice_line_ids": [(0, 0, line) for line in lines],
    }


def _worker(database, path, month, index, processes, progress):
    invoices = retail.read(path, month)
    registry = Registry(database)
    with registry.cursor() as cursor:
        env = _environment(cursor)
        partners = _ids(env, "res.partner", "ref")
        products = _ids(env, "product.product", "default_code")
        journal_id = _journal(env, index).id
        done = _ids(env, "account.move", "ref")
    mine = [
        number
        for number, rows in invoices.items()
        if number not in done
        and retail.share(retail.customer(rows), processes) == index
    ]
    for start in range(0, len(mine), BATCH):
        numbers = mine[start : start + BATCH]
        _post(
            registry,
            [
                move_values(number, invoices[number], partners, products, journal_id)
                for number in numbers
            ],
        )
        progress.put((len(numbers), sum(len(invoices[number]) for number in numbers)))


def _post(registry, values, tries=5):
    """Create and post one batch in one transaction; begin it anew when it collides."""
    for attempt in range(tries):
        try:
            with registry.cursor() as cursor:
                moves = _environment(cursor)["account.move"].create(values)
                moves._post(soft=False)
            return
        except RETRY:
            if attempt == tries - 1:
                raise


def load(database, path, month=None, processes=2):
    """Load everything that is missing; returns (documents, lines, seconds)."""
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
            args=(database, path, month, index, processes, queue),
            daemon=True,
        )
        for index in range(processes)
    ]
    for worker in workers:
        worker.start()
    documents, lines = _follow(workers, queue, len(invoices))
    failed = [worker for worker in workers if worker.exitcode]
    if failed:
        raise SystemExit(f"{len(failed)} of {processes} failed: run it again to go on")
    return documents, lines, time.monotonic() - started


def _start_worker(database, *args):
    configure(database)
    _worker(database, *args)


def _follow(workers, queue, everything):
    """Print the rate while the workers work; returns what they did in this run."""
    documents = lines = 0
    started = printed = time.monotonic()
    while any(worker.is_alive() for worker in workers) or not queue.empty():
        try:
            batch, batch_lines = queue.get(timeout=1)
        except queues.Empty:
            continue
        documents, lines = documents + batch, lines + batch_lines
        if time.monotonic() - printed > 10:
            printed = time.monotonic()
            rate = lines / (printed - started)
            print(
                f"{documents} of {everything} documents, {rate:.0f} lines/s", flush=True
            )
    for worker in workers:
        worker.join()
    return documents, lines


def configure(database):
    """Odoo's configuration of this process: the file that ODOO_RC names."""
    config.parse_config(["-c", os.environ["ODOO_RC"], "-d", database])
    logging.getLogger("odoo").setLevel(logging.WARNING)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database")
    parser.add_argument("path")
    parser.add_argument("--month")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    configure(args.database)
    documents, lines, seconds = load(
        args.database, args.path, args.month, args.processes
    )
    print(
        f"{documents} documents, {lines} lines in {seconds:.0f} s "
        f"({lines / seconds:.0f} lines/s with {args.processes} processes)"
    )


if __name__ == "__main__":
    main()
