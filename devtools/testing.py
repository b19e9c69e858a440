"""``make test`` and its longer sisters: a fresh clone, then pytest with pytest-odoo."""

import os
import shlex
import subprocess

from . import database, host, postgres
from .paths import ADDONS, CACHE, DATA_DIR, PYTHON, ROOT
from .ui import python_env, say

# the long files first: who is done early then has small ones left to take
DEFAULT_PATHS = ("tests", "addons")
MOST_WORKERS = 4  # each has a database, an Odoo and at times a browser


def ensure_all(browser=True):
    host.ensure()
    postgres.ensure()
    if browser:
        host.ensure_browser()


def test(paths=(), options=(), marker="", browser=True):
    """Clone the installed template, run pytest in it, drop the clone; pytest's exit code.

    :param paths: test paths relative to the project; empty means everything.
    :param marker: pytest ``-m`` expression; empty leaves the long tests out.
    """
    say("Tests: setting up what is missing")
    ensure_all(browser)
    template = database.ensure_installed()
    name = database.free_name("test")
    # a part, or what kills and measures, runs in one process and has the machine
    count = 1 if paths or marker else min(os.cpu_count() or 1, MOST_WORKERS)
    names = [f"{name}_gw{number}" for number in range(count)] if count > 1 else [name]
    try:
        for each in names:
            database.clone(template, each)
        say(f"Tests: running in {', '.join(names)}")
        return pytest(name, paths, [*_share(count), *options], marker)
    finally:
        for each in names:
            database.drop(each)


def _share(count):
    """pytest-xdist's options: file by file to ``count`` processes (see conftest.py)."""
    if count == 1:
        return []
    return ["-n", count, "--dist", "loadfile", "--no-loadscope-reorder"]


def pytest(name, paths=(), options=(), marker=""):
    """Run pytest against an existing database; returns its exit code."""
    conf = database.write_conf(f"test_{name}", port=database.free_port(), dev_mode="")
    paths = paths or [path for path in DEFAULT_PATHS if (ROOT / path).exists()]
    command = [
        PYTHON, "-m", "pytest", "--odoo-http", f"--odoo-database={name}", f"--odoo-config={conf}",
        "-m", marker or "not real and not kill and not bench and not host", *options, *paths,
    ]  # fmt: skip
    env = python_env(
        CRM_TEST_TEMPLATE=database.template_name(),
        CRM_ROOT=str(ROOT),
        CRM_CONF=str(conf),
        CRM_CACHE=str(CACHE),
        ODOO_RC=str(conf),
    )
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, env=env, check=False
    ).returncode


def dev_db(name, modules):
    """Clone the host's template as ``name`` and install ``modules`` (default: all ours)."""
    ensure_all(browser=False)
    database.clone(database.ensure_template(), name)
    update(name, modules or database.our_modules(), flag="-i")


def update(name, modules, flag="-u"):
    """Install (-i) or update (-u) ``modules`` in ``name``, with Odoo's log on the screen."""
    conf = database.write_conf(f"dev_{name}")
    command = [
        PYTHON, "-m", "odoo", "-d", name, flag, ",".join(modules), "-c", conf,
        "--stop-after-init", "--no-http", "--log-level=warn",
    ]  # fmt: skip
    done = subprocess.run(
        [str(part) for part in command], env=python_env(), check=False
    )
    say(
        f"{name}: {flag} {','.join(modules)} → {'ok' if not done.returncode else 'FAILED'}"
    )
    return done.returncode


def split_options(text):
    return shlex.split(text or os.environ.get("PYTEST", ""))


__all__ = [
    "ADDONS",
    "DATA_DIR",
    "dev_db",
    "ensure_all",
    "pytest",
    "split_options",
    "test",
    "update",
]
