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
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from devtools import database
from devtools.paths import PREFIX, PYTHON
from devtools.ui import python_env

from . import ledger_data

GOAL = 11_570
SCRIPT = PREFIX / "usr" / "bin" / "odoo"  # workers need a real file to start again
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
    batches = ledger_data.Batches(number, 5_000_000, part=(number % 2, 2))
    bodies = [batches.body() for _call in range(calls)]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    time.sleep(max(0.0, begin - time.time()))
    bad = 0
    for body in bodies:
        url = f"http://127.0.0.1:{port}/json/2/crm.interaction/ingest"
        try:
            with urlopen(Request(url, body, headers), timeout=300) as answer:
                bad += answer.read().count(b'"index"')
        except HTTPError as error:  # it cannot travel between processes
            raise SystemExit(f"{error}: {error.read()[:2000]}") from None
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
        [str(PYTHON), str(SCRIPT), "-c", str(conf), "-d", name], env=python_env()
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
                samples = []  # megabytes of the larger worker
                while not all(job.done() for job in jobs):
                    time.sleep(1)
                    samples.append(max(memory(server).values()))
                results = [job.result() for job in jobs]
    finally:
        server.terminate()
        server.wait(30)
    rows = sum(result[0] for result in results)
    seconds = max(result[1] for result in results) - begin
    rate = rows / seconds
    half = len(samples) // 2
    before, after = max(samples[:half]), max(samples[half:])
    print(f"rows sent {rows:,} by two senders in {seconds:.1f} s, "
          f"bad {sum(result[2] for result in results):,}")  # fmt: skip
    print(f"{rate:,.0f} rows/s (goal: {GOAL:,})")
    print(
        f"larger worker: at most {before} MB in the first half, {after} in the second"
    )
    return rate >= GOAL and after <= before * 1.1


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
