"""python3 -m bench.ingest: the bulk entry in process against a bare COPY.

Both put the same rows into the same table in the same run, taking turns: COPY gets them
with identities known and every key new; ingest gets them as an outside system sends
them, half of them known already and one in twenty bad.
"""

import argparse
import csv
import io
import os
import statistics
import subprocess
import sys
import time

from devtools import database
from devtools.paths import PYTHON
from devtools.ui import python_env

from . import ledger_data

COLUMNS = (
    "company_id, channel_id, external_key, direction, started_at, answered_at, ended_at, "
    "partner_id, customer_id, contact_point_id, raw_address, owner_id, outcome, subject, "
    "preview"
)


def _copy(cr, rows, identities, channel, turn):
    """Seconds of a bare COPY of ``rows``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for place, row in enumerate(rows):
        partner, point = identities[row["address"]]
        moment = row["answered_at"]  # good in every row
        writer.writerow(
            [1, channel, f"copy:{os.getpid()}:{turn}:{place}", "in", moment, moment, moment,
             partner, partner, point, row["address"], 2, "answered", row["subject"],
             row["preview"]]
        )  # fmt: skip
    buffer.seek(0)
    begin = time.perf_counter()
    cr._obj.copy_expert(
        f"COPY crm_interaction ({COLUMNS}) FROM STDIN (FORMAT csv)", buffer
    )
    cr.commit()
    return time.perf_counter() - begin


def _cpu(backend):
    """CPU seconds of this process and of its PostgreSQL backend, if that is local."""
    try:
        with open(f"/proc/{backend}/stat") as stream:
            ticks = sum(map(int, stream.read().rsplit(")", 1)[1].split()[11:13]))
    except OSError:
        ticks = 0
    return time.process_time(), ticks / os.sysconf("SC_CLK_TCK")


def measure(name, turns):
    """Runs inside Odoo's Python; prints the figures, True when the goal is met."""
    import odoo
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(
        ["-c", str(database.write_conf("bench")), "-d", name]
    )
    batches = ledger_data.Batches(1, 5_000_000)
    copies, ingests, answers = [], [], []
    with Registry(name).cursor() as cr:
        env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
        cr.execute("SELECT normalized, partner_id, id FROM crm_contact_point")
        identities = {
            value: (partner, point) for value, partner, point in cr.fetchall()
        }
        channel = env["crm.channel"]._id_of_code("call")
        backend = cr._cnx.info.backend_pid
        python = postgres = 0.0
        for turn in range(turns):
            rows = batches.make()
            copies.append(_copy(cr, rows, identities, channel, turn))
            begin, spent = time.perf_counter(), _cpu(backend)
            answers.append(env["crm.interaction"]._ingest(rows))
            cr.commit()
            ingests.append(time.perf_counter() - begin)
            now = _cpu(backend)
            python, postgres = python + now[0] - spent[0], postgres + now[1] - spent[1]
            env["crm.contact.point.seen"]._fold()
            cr.commit()
    size = batches.size
    copy, ingest = statistics.median(copies), statistics.median(ingests)
    good = sum(answer["created"] + answer["updated"] for answer in answers)
    bad = sum(len(answer["errors"]) for answer in answers)
    print(f"rows sent {turns * size:,}, taken {good:,}, bad {bad:,}")
    print(
        f"bare COPY  {size / copy:>9,.0f} rows/s (median of {turns} calls of {size:,})"
    )
    print(f"ingest     {size / ingest:>9,.0f} rows/s")
    print(f"ratio      {copy / ingest:>9.2f}  (goal: at least 0.40)")
    print(
        f"CPU of 10,000 rows: Python {python / turns * 10_000 / size:.2f} s, "
        f"PostgreSQL {postgres / turns * 10_000 / size:.2f} s"
    )
    assert good + bad == turns * size
    return copy / ingest >= 0.4


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="bench_ledger")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        raise SystemExit(0 if measure(args.database, args.turns) else 1)
    ledger_data.ensure_database(args.database, args.rows)
    command = [PYTHON, "-m", "bench.ingest", *sys.argv[1:], "--inside"]
    raise SystemExit(subprocess.run(command, env=python_env(), check=False).returncode)


if __name__ == "__main__":
    main()
