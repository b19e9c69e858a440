"""python3 -m bench.ingest_http: two outside senders over JSON-2, as in life.

Starts Odoo with two workers, makes a source with a key for each sender, sends calls of
10,000 rows (half known, one in twenty bad) and watches the memory of the workers.
Goal: 11,570 rows a second, ten times Genesys's 100 million contacts a day.
"""

import argparse
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from urllib.error import URLError
from urllib.request import Request, urlopen

from devtools import database
from devtools.paths import PYTHON
from devtools.ui import python_env

from . import ledger_data

GOAL = 11_570
KEY_SCRIPT = """
source = env["crm.interaction.source"].create({{"name": "Bench {number}"}})
print("KEY=" + source.action_new_key()["context"]["default_key"])
env.cr.commit()
"""


def make_key(name, conf, number):
    """A key of a new source in the database ``name``."""
    command = [PYTHON, "-m", "odoo", "shell", "-c", conf, "-d", name, "--no-http"]
    done = subprocess.run(
        [str(part) for part in command], env=python_env(), text=True, check=True,
        input=KEY_SCRIPT.format(number=number), capture_output=True,
    )  # fmt: skip
    return done.stdout.split("KEY=")[1].split()[0]


def send(number, port, key, calls, begin):
    """One sender: ``calls`` bodies made beforehand; (rows, seconds, errors)."""
    batches = ledger_data.Batches(number, 5_000_000)
    bodies = [batches.body() for _call in range(calls)]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    time.sleep(max(0.0, begin - time.time()))
    bad = 0
    for body in bodies:
        url = f"http://127.0.0.1:{port}/json/2/crm.interaction/ingest"
        with urlopen(Request(url, body, headers), timeout=120) as answer:
            bad += answer.read().count(b'"index"')
    return calls * batches.size, time.time(), bad


def memory(server):
    """Resident megabytes of the HTTP workers, by process."""
    import psutil

    children = psutil.Process(server.pid).children()
    sizes = {child.pid: child.memory_info().rss >> 20 for child in children}
    return dict(sorted(sizes.items(), key=lambda item: -item[1])[:2])


def _wait(port):
    for _try in range(120):
        try:
            urlopen(f"http://127.0.0.1:{port}/web/health", timeout=2).read()
            return
        except (URLError, OSError):
            time.sleep(0.5)
    raise SystemExit("Odoo did not start")


def measure(name, port, calls):
    """Runs inside Odoo's Python; prints the figures, True when the goal is met."""
    conf = database.write_conf(
        "bench_http", port=port, workers=2, max_cron_threads=0, log_level="warn",
        limit_request=65536, limit_time_cpu=600, limit_time_real=1200,
    )  # fmt: skip
    keys = [make_key(name, conf, number) for number in (1, 2)]
    server = subprocess.Popen(
        [str(PYTHON), "-m", "odoo", "-c", str(conf), "-d", name], env=python_env()
    )
    try:
        _wait(port)
        with ProcessPoolExecutor(2) as pool:
            for rounds in (3, calls):  # the first warms the workers
                begin = time.time() + 2 + rounds * 0.3
                jobs = [
                    pool.submit(send, number + 10 * rounds, port, key, rounds, begin)
                    for number, key in enumerate(keys)
                ]
                if rounds == calls:
                    time.sleep(max(0.0, begin - time.time()))
                    before = memory(server)
                results = [job.result() for job in jobs]
        after = memory(server)
    finally:
        server.terminate()
        server.wait(30)
    rows = sum(result[0] for result in results)
    seconds = max(result[1] for result in results) - begin
    rate = rows / seconds
    growth = max(after.values()) - max(before.values())
    print(f"rows sent {rows:,} by two senders in {seconds:.1f} s, "
          f"bad {sum(result[2] for result in results):,}")  # fmt: skip
    print(f"{rate:,.0f} rows/s (goal: {GOAL:,})")
    print(f"workers' memory in MB: {before} before, {after} after, growth {growth}")
    return rate >= GOAL and growth <= 30


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="bench_ledger")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--port", type=int, default=8120)
    parser.add_argument("--calls", type=int, default=40, help="of each sender")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        raise SystemExit(0 if measure(args.database, args.port, args.calls) else 1)
    ledger_data.ensure_database(args.database, args.rows)
    command = [PYTHON, "-m", "bench.ingest_http", *sys.argv[1:], "--inside"]
    raise SystemExit(subprocess.run(command, env=python_env(), check=False).returncode)


if __name__ == "__main__":
    main()
