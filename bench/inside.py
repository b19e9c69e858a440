"""A database for measuring, and code run inside it as Odoo would run it."""

import contextlib
import os
import subprocess
import sys
import time
from statistics import median, quantiles

from devtools import database, testing
from devtools.paths import CACHE, PYTHON, ROOT
from devtools.ui import Fail, python_env, step


def ensure(name, fill):
    """Clone our installed template as ``name`` and fill it once by ``fill(env)``."""
    testing.ensure_all(browser=False)
    digest, marker = database.addons_digest(), CACHE / "templates" / name
    if database.exists(name):
        if not marker.exists() or marker.read_text() != digest:
            # our code has moved on since
            if testing.update(name, ["crm_relations"]):
                raise Fail(f"{name} could not be updated: drop it and start again.")
            marker.write_text(digest)
        return
    template = database.ensure_installed()
    building = f"{name}_building"
    database.clone(template, building)
    with step(f"fill {name}"):
        run(building, fill)
    database.postgres.psql(f"alter database {building} rename to {name}")
    (database.FILESTORE / building).rename(database.FILESTORE / name)
    marker.write_text(digest)


def run(name, function):
    """Run ``function(env)`` of a bench module in an Odoo shell of the database."""
    conf = database.write_conf(f"bench_{name}", dev_mode="")
    module = function.__module__
    if module == "__main__":  # started by python3 -m: its real name
        module = sys.modules["__main__"].__spec__.name
    script = (
        f"from {module} import {function.__name__} as measure\n"
        "measure(env)\nprint('bench' + ' finished', flush=True)\n"
    )
    done = subprocess.run(
        [PYTHON, "-m", "odoo", "shell", "-c", conf, "-d", name, "--no-http", "--log-level=warn"],
        input=script, text=True, env=python_env(), cwd=ROOT, check=False, stdout=subprocess.PIPE,
    )  # fmt: skip
    print(done.stdout.replace("bench finished\n", ""), end="", flush=True)
    if "bench finished" not in done.stdout:
        raise Fail(f"The measurement {module} did not finish.")


def cpu_seconds(env):
    """Processor time that this process and its PostgreSQL backend have used so far.

    The backend's is read from /proc; another machine's server counts as zero.
    """
    pid = env.cr._cnx.info.backend_pid
    used = time.process_time()
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(") ")[2].split()
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def report(title, seconds):
    """Print and return (median, p95, p99) of a list of seconds, in milliseconds.

    The first decile says what the same would cost on an idle machine.
    """
    cuts = quantiles(seconds, n=100, method="inclusive")
    figures = median(seconds) * 1000, cuts[94] * 1000, cuts[98] * 1000
    print(
        f"{title:<46} n={len(seconds):<6} p10 {cuts[9] * 1000:8.3f} ms   median {figures[0]:8.3f} ms   "
        f"p95 {figures[1]:8.3f} ms   p99 {figures[2]:8.3f} ms",
        flush=True,
    )
    return figures
