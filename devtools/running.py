"""``make run``: the demo company in a database of its own, served until Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import database, host, postgres, testing
from .paths import CACHE, LOGS, PYTHON, ROOT
from .ui import Fail, python_env, say, step

# Who may log in to the demo company: (login, role). The password is the login.
# The users come from the demo data of the module that brings their group.
DEMO_LOGINS = (
    ("sales", "salesperson"),
    ("head", "head of sales"),
    ("owner", "owner"),
    ("agent", "call-centre agent"),
    ("supervisor", "call-centre supervisor"),
    ("marketer", "marketer"),
    ("accountant", "accountant"),
    ("stock", "stock keeper"),
    ("analyst", "analyst"),
    ("admin", "administrator"),
)
START_SECONDS = 180


def run(port, name="crm", fresh=False):
    """Set up what is missing, serve the demo database, stop on Ctrl-C.

    :param port: TCP port on localhost.
    :param name: the database.
    :param fresh: build the database anew.
    """
    port = _checked_port(port)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    server_was_up = None
    try:
        say("Setting up what is missing (the first time takes some minutes)")
        host.ensure()
        server_was_up = postgres.answers()
        testing.ensure_all(browser=False)
        host.suggest_pdf()
        name = _own_name(name)
        ensure_database(name, fresh)
        return _serve(name, port)
    finally:
        if server_was_up is False:
            _stop_postgres()


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


def _checked_port(port):
    try:
        number = int(port)
    except ValueError:
        raise Fail(f"PORT={port} is not a number.") from None
    if not 0 < number < 65536:
        raise Fail(f"PORT={port} is not a port: 1 to 65535.")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", number))
        except PermissionError:
            raise Fail(f"Port {number} is for root only: make run PORT=8069") from None
        except OSError:
            raise Fail(
                f"Port {number} is taken by another program: stop that one, or choose "
                f"another port: make run PORT={number + 1}"
            ) from None
    return number


# ---- the database -----------------------------------------------------------


def _marker(name):
    return CACHE / "demo" / f"{name}.json"


def _read_marker(name):
    path = _marker(name)
    return json.loads(path.read_text()) if path.exists() else {}


def forget(name):
    """What ``make run`` remembers about a database goes with it."""
    _marker(name).unlink(missing_ok=True)


def _own_name(name):
    """``name``, or one beside it when another clone of the project owns that."""
    owner = _read_marker(name).get("root")
    if owner in (None, str(ROOT)) or not os.path.exists(owner):
        return name
    own = f"{name}_{database.clone_key()}"
    say(f"  the database {name} belongs to {owner}: this clone uses {own}")
    return own


def ensure_database(name, fresh=False):
    """The demo database, with the modules as they are on disk now."""
    wanted = {
        module: database.addons_digest(module) for module in database.our_modules()
    }
    marker = _read_marker(name)
    if fresh or not marker or not database.exists(name):
        _build(name)
    elif marker["host"] != host.version():
        _update(name, "-u", ["base"], "the host has changed: all modules")
    else:
        installed = marker["modules"]
        new = [module for module in wanted if module not in installed]
        changed = [
            module for module in wanted if wanted[module] != installed.get(module)
        ]
        changed = [module for module in changed if module not in new]
        if changed:
            _update(name, "-u", changed, f"changed modules: {', '.join(changed)}")
        if new:
            _update(name, "-i", new, f"new modules: {', '.join(new)}")
    _marker(name).parent.mkdir(exist_ok=True)
    state = {"root": str(ROOT), "host": host.version(), "modules": wanted}
    _marker(name).write_text(json.dumps(state, indent=1))


def _build(name):
    template = database.ensure_template()
    building = f"{name}_building"
    _marker(name).unlink(missing_ok=True)
    database.clone(template, building)
    # Demo data of a module loads only where its dependencies have theirs. The host's
    # (furniture shops, other people's deals) would drown the story of our company.
    postgres.psql(
        "update ir_module_module set demo = true where state = 'installed'", building
    )
    modules = database.our_modules()
    _update(building, "-i", modules, f"demo company: {', '.join(modules)}")
    failed = postgres.psql(
        "select string_agg(name, ', ') from ir_module_module where state = 'installed' "
        f"and not demo and name in ({','.join(repr(module) for module in modules)})",
        building,
    )[1]
    if failed:
        log = LOGS / f"setup_{building}.log"
        raise Fail(f"The demo data of {failed} did not load: see {log}")
    # the host's chat robot greets everybody, on a phone over the whole screen
    postgres.psql("update res_users set odoobot_state = 'disabled'", building)
    database.drop(name)
    database.rename(building, name)


def _update(name, flag, modules, title):
    log = LOGS / f"setup_{name}.log"
    log.unlink(missing_ok=True)
    conf = database.write_conf(f"run_{name}", without_demo="False")
    with step(title):
        database.odoo(
            "-d", name, flag, ",".join(modules), "--with-demo", "--no-http",
            what=f"set up the database {name} (`make run FRESH=1` builds it anew)",
            log=log, conf=conf,
        )  # fmt: skip


# ---- the server -------------------------------------------------------------


def _serve(name, port):
    log = LOGS / f"run_{name}.log"
    log.unlink(missing_ok=True)
    conf = database.write_conf(
        f"run_{name}",
        port=port,
        db_name=name,
        dbfilter=f"^{name}$",
        without_demo="False",
    )
    command = [
        str(PYTHON),
        "-m",
        "odoo",
        "-c",
        str(conf),
        "-d",
        name,
        f"--logfile={log}",
    ]
    with open(log, "ab") as out:
        # a session of its own: Ctrl-C reaches us alone, and we end it in order
        odoo = subprocess.Popen(
            command,
            env=python_env(),
            cwd=ROOT,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        with step("Odoo"):
            _wait_for(odoo, port, log)
        _print_welcome(name, port, log)
        try:
            code = odoo.wait()
        except KeyboardInterrupt:
            say("\n  stopping")
            return 0
        raise Fail(f"Odoo stopped by itself (exit code {code}): see {log}")
    finally:
        _end(odoo)


def _wait_for(odoo, port, log):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if odoo.poll() is not None:
            break
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/web/login", timeout=60
            ):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    tail = "\n".join(f"    {line}" for line in log.read_text().splitlines()[-8:])
    raise Fail(f"Odoo does not answer on port {port} (details in {log}):\n{tail}")


def _print_welcome(name, port, log):
    logins = postgres.psql("select login from res_users where active", name)[1].split()
    say(f"\n  http://localhost:{port}    (database {name}, log {log})\n")
    say("  login        password     role")
    for login, role in DEMO_LOGINS:
        if login in logins:
            say(f"  {login:<12} {login:<12} {role}")
    say("\n  Ctrl-C stops it.")


def _end(odoo):
    if odoo.poll() is not None:
        return
    odoo.terminate()
    try:
        odoo.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(odoo.pid, signal.SIGKILL)
        odoo.wait()
    say("  stopped Odoo")


def _stop_postgres():
    others = postgres.psql(
        "select count(*) from pg_stat_activity "
        "where backend_type = 'client backend' and pid <> pg_backend_pid()"
    )[1]
    if others not in ("", "0"):
        say("  PostgreSQL stays up: another program uses it (`make stop` ends it)")
        return
    postgres.stop()
    say("  stopped PostgreSQL")
