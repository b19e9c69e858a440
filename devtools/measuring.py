"""``make bench`` and ``make load-retail``: programs of bench/ with the host around them."""

import subprocess
import sys

from . import database, testing
from .paths import PYTHON, ROOT, SHARED
from .ui import Fail, python_env, say

RETAIL = SHARED / "data" / "online-retail" / "online_retail.csv.gz"
# bench/*.py with a main() of their own; the others are what they share
SHARED_PARTS = {
    "__init__",
    "identities",
    "inside",
    "ledger_data",
    "load_retail",
    "retail",
    "retail_books",
    "retail_check",
    "retail_orders",
}


def names():
    """Every measurement there is."""
    return sorted(
        path.stem
        for path in (ROOT / "bench").glob("*.py")
        if path.stem not in SHARED_PARTS
    )


def bench(wanted=()):
    """Run measurements one after the other; 1 when one misses its goal or breaks."""
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        raise Fail(
            f"No measurement is called {', '.join(unknown)}: {', '.join(names())}."
        )
    testing.ensure_all(browser=False)
    failed = []
    for name in wanted or names():
        say(f"\n== {name}")
        # under the host's Python: it has psycopg2 and requests
        command = [str(PYTHON), "-m", f"bench.{name}"]
        if subprocess.run(command, cwd=ROOT, env=python_env(), check=False).returncode:
            failed.append(name)
    say(f"\nMissed or broken: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def load_retail(name, month=None, orders=None):
    """Load the data set into database ``name`` (made when absent); safe to repeat."""
    if not RETAIL.exists():
        raise Fail(
            f"There is no {RETAIL}: CRM_SHARED= names the folder that holds data/."
        )
    testing.ensure_all(browser=False)
    if not database.exists(name):
        database.clone(database.ensure_installed(), name)
    conf = database.write_conf(f"retail_{name}", dev_mode="")
    command = [PYTHON, "-W", "ignore", "-m", "bench.load_retail", name, RETAIL]
    command += ["--month", month] if month else []
    command += ["--orders", orders] if orders else []
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=python_env(ODOO_RC=str(conf)),
        check=False,
        stdout=sys.stdout,
    ).returncode
