"""The process that ``test_kill.py`` kills: delivers contacts to the ledger, batch by batch.

``python killed.py CONF DATABASE WORK NUMBER [FROM]``. WORK is ``ingest``, ``fold`` or ``money``.
After every commit the number of the batch goes to standard output, as an outside sender
remembers what was accepted: a batch killed after its commit and before that is sent
again.
"""

import sys
from datetime import datetime, timedelta

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

SIZE = 400
NOW = datetime(2026, 3, 3, 9, 0, 0)


def rows(batch):
    """Rows of one batch; half of every batch but the first fills in the one before."""
    for number in range(SIZE):
        again = number % 2 and batch
        key = f"kill:{batch - 1 if again else batch}:{number - 1 if again else number}"
        started = NOW - timedelta(hours=5, seconds=number)
        values = {
            "channel": "call",
            "external_key": key,
            "direction": "in",
            "started_at": started.isoformat(),
            "address": f"+38050{number:07d}",
        }
        if again:
            values["answered_at"] = (started + timedelta(seconds=30)).isoformat()
        yield values


def keys(batches):
    """Every key that the batches bring."""
    found = {row["external_key"] for batch in range(batches) for row in rows(batch)}
    return len(found)


def ingest(env, batch):
    env["crm.interaction"]._ingest(list(rows(batch)), now=NOW)


def fold(env, _batch):
    env["crm.contact.point.seen"]._fold()


def money(env, _batch):
    env["crm.customer.month"]._pass(NOW.date(), limit=None)


def main(database, work, number, first):
    registry = Registry(database)
    say("ready")
    for batch in range(first, number):
        with registry.cursor() as cr:
            work(api.Environment(cr, SUPERUSER_ID, {}), batch)
        say(f"committed {batch}")


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    config.parse_config(
        ["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=error"],
        setup_logging=True,
    )
    odoo.modules.module.initialize_sys_path()
    main(sys.argv[2], globals()[sys.argv[3]], int(sys.argv[4]), int(sys.argv[5]))
