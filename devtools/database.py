"""Databases: a cached template of the host, clones of it, and Odoo's configuration."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess

from . import host, postgres
from .paths import ADDONS, CACHE, DATA_DIR, FILESTORE, LOGS, PYTHON, ROOT
from .ui import Fail, python_env, run, step

# The host's apps that our modules and their tests stand on; all in one template.
HOST_MODULES = [
    "crm",
    "sale_crm",
    "sale_management",
    "account",
    "contacts",
    "calendar",
    "phone_validation",
    "utm",
    "sale_stock",
    "stock_account",
    "sale_margin",
    "im_livechat",
    "crm_livechat",
    "sms",
    "crm_sms",
    "mass_mailing",
    "mass_mailing_crm",
    "mass_mailing_sale",
    "link_tracker",
    "loyalty",
    "sale_loyalty",
    "survey",
    "survey_crm",
    "event",
    "spreadsheet_dashboard",
    "delivery",
    "rpc",
]
LANGUAGES = "en_US,uk_UA,ru_RU"


def our_modules():
    """Names of the addons of this project."""
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


def write_conf(name, *, port=None, **options):
    """Write an Odoo configuration file and return its path.

    :param options: further keys of the ``[options]`` section.
    """
    conf = {
        **postgres.settings(),
        "addons_path": host.addons_path(),
        "data_dir": DATA_DIR,
        "pg_path": postgres.bindir(),
        "list_db": "False",
        "without_demo": "True",
        "unaccent": "True",
        "http_interface": "127.0.0.1",
        "screenshots": CACHE / "screenshots",
        "limit_time_cpu": 3600,
        "limit_time_real": 7200,
        **options,
    }
    if port:
        conf["http_port"] = port
    if "admin_passwd" not in conf:
        conf["admin_passwd"] = secrets.token_hex(16)
    folder = CACHE / "conf"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.conf"
    lines = [f"{key} = {value}" for key, value in conf.items() if value != ""]
    path.write_text("[options]\n" + "\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


def exists(name):
    return (
        postgres.psql(f"select 1 from pg_database where datname = '{name}'")[1] == "1"
    )


def names(pattern):
    """Databases whose name is LIKE ``pattern``."""
    text = postgres.psql(
        f"select datname from pg_database where datname like '{pattern}'"
    )[1]
    return text.split()


def drop(name):
    """Remove a database and its filestore."""
    postgres.psql(f"alter database {name} is_template false")
    code, text = postgres.psql(f"drop database if exists {name} with (force)")
    if code:
        raise Fail(f"Could not drop the database {name}: {text}")
    shutil.rmtree(FILESTORE / name, ignore_errors=True)


def rename(name, new):
    """Rename a database together with its filestore."""
    code, text = postgres.psql(f"alter database {name} rename to {new}")
    if code:
        raise Fail(f"Could not rename the database {name}: {text}")
    if (FILESTORE / name).exists():
        (FILESTORE / name).rename(FILESTORE / new)


def clone(template, name):
    """Copy a template database and its filestore (hard links: about a second)."""
    drop(name)
    code, text = postgres.psql(f"create database {name} template {template}")
    if code:
        raise Fail(f"Could not clone {template}: {text}")
    source = FILESTORE / template
    if source.exists():
        subprocess.run(["cp", "-al", source, FILESTORE / name], check=True)


def odoo(*arguments, what, log, conf):
    """Run Odoo once with ``arguments`` (it stops after init)."""
    run(
        [PYTHON, "-m", "odoo", *arguments, "-c", conf, "--stop-after-init"],
        what=what,
        log=log,
        env=python_env(),
    )


def _create(name):
    # C.UTF-8 compares bytes but knows Cyrillic upper and lower case
    code, text = postgres.psql(
        f"create database {name} encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8' template template0"
    )
    if code:
        raise Fail(f"Could not create the database {name}: {text}")
    for extension in ("pg_trgm", "unaccent"):
        postgres.psql(f"create extension if not exists {extension}", database=name)
    # as Odoo itself does: an index needs an immutable function
    postgres.psql("alter function unaccent(text) immutable", database=name)


def template_name(modules=None):
    """Key: version of the host, its module list, pins, languages."""
    modules = modules or HOST_MODULES
    pins = (ROOT / "requirements-host.txt").read_text()
    key = json.dumps([host.version(), sorted(modules), pins, LANGUAGES, 3])
    return "tpl_" + hashlib.sha256(key.encode()).hexdigest()[:12]


@contextlib.contextmanager
def _alone(name):
    """Whoever wants the same template waits for who builds it, and finds it done."""
    folder = CACHE / "templates"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure_template():
    """Build the template of the host when it is absent; returns its name."""
    name = template_name()
    with _alone(name):
        if not ((CACHE / "templates" / name).exists() and exists(name)):
            _build_template(name)
    return name


def _build_template(name):
    building = f"{name}_building"
    with step("template database of the host, three languages (2 min, once)"):
        drop(building)
        drop(name)
        _create(building)
        conf = write_conf("template")
        log = LOGS / "template.log"
        log.unlink(missing_ok=True)
        odoo(
            "-d", building, "-i", ",".join(HOST_MODULES), f"--load-language={LANGUAGES}",
            what="build the template database", log=log, conf=conf,
        )  # fmt: skip
        script = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()\n"
        _shell(building, conf, script, log)
        rename(building, name)
        postgres.psql(f"alter database {name} is_template true")
        (CACHE / "templates" / name).touch()


def _shell(name, conf, script, log):
    path = CACHE / "conf" / f"script_{name}.py"
    path.write_text(script)
    with open(path) as stdin:
        run(
            [PYTHON, "-m", "odoo", "shell", "-c", conf, "-d", name, "--no-http"],
            what=f"run a script in {name}", log=log, env=python_env(), stdin=stdin,
        )  # fmt: skip


def free_name(prefix):
    """A database name of this process, so that two runs do not meet."""
    return f"{prefix}_{os.getpid()}"


def free_port():
    """A TCP port nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def clone_key():
    """Six letters for this clone of the project, so that two of them never meet."""
    return hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]


def addons_digest(module=""):
    """Changes when any file of our addons does (tests aside: they install nothing)."""
    digest = hashlib.sha256()
    for path in sorted((ADDONS / module).rglob("*")):
        parts = path.relative_to(ADDONS).parts
        if path.is_file() and path.suffix != ".pyc" and "tests" not in parts:
            digest.update(f"{'/'.join(parts)}".encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


def ensure_installed():
    """A template with all our modules installed, keyed by their content; its name."""
    base = ensure_template()
    name = f"ours_{clone_key()}_{base[4:10]}_{addons_digest()}"
    with _alone(f"ours_{clone_key()}"):
        if not (exists(name) and (CACHE / "templates" / name).exists()):
            _build_installed(base, name)
    return name


def _build_installed(base, name):
    for old in names(f"ours\\_{clone_key()}\\_%"):
        if not old.endswith("_building"):
            drop(old)
    building = f"{name}_building"
    with step(f"our modules into a copy of the template: {', '.join(our_modules())}"):
        clone(base, building)
        log = LOGS / f"install_{clone_key()}.log"
        log.unlink(missing_ok=True)
        conf = write_conf(f"install_{clone_key()}")
        odoo(
            "-d",
            building,
            "-i",
            ",".join(our_modules()),
            what="install our modules",
            log=log,
            conf=conf,
        )
        # a browser test gives up before a cold bundle is built on a busy machine
        script = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()\n"
        _shell(building, conf, script, log)
        rename(building, name)
        (CACHE / "templates" / name).touch()
