"""``python3 -m devtools COMMAND``: what the Makefile calls."""

import argparse
import subprocess
import sys

from . import database, lint, postgres, testing
from .paths import PYTHON, ROOT
from .ui import main_guard, python_env


def _parser():
    parser = argparse.ArgumentParser(prog="devtools")
    commands = parser.add_subparsers(dest="command", required=True)
    test = commands.add_parser(
        "test", help="set up, then run pytest in a fresh database"
    )
    test.add_argument("paths", nargs="*")
    test.add_argument("-m", dest="marker", default="", help="pytest marker expression")
    test.add_argument("-o", dest="options", default="", help="more pytest options")
    test.add_argument("--no-browser", action="store_true")
    pytest = commands.add_parser("pytest", help="run pytest in an existing database")
    pytest.add_argument("database")
    pytest.add_argument("paths", nargs="*")
    pytest.add_argument("-m", dest="marker", default="")
    pytest.add_argument("-o", dest="options", default="")
    create = commands.add_parser(
        "dev-db", help="clone the template and install modules"
    )
    create.add_argument("database")
    create.add_argument("modules", nargs="*")
    update = commands.add_parser("update", help="update modules in a database")
    update.add_argument("database")
    update.add_argument("modules", nargs="+")
    shell = commands.add_parser("shell", help="Odoo shell in a database")
    shell.add_argument("database")
    serve = commands.add_parser("serve", help="serve an existing database")
    serve.add_argument("database")
    serve.add_argument("port", type=int)
    psql = commands.add_parser("psql", help="psql in a database")
    psql.add_argument("database")
    psql.add_argument("sql", nargs="?")
    run = commands.add_parser("run", help="set up and serve with demo data")
    run.add_argument("--port", default="8069")
    run.add_argument("--database", default="crm")
    run.add_argument(
        "--fresh", action="store_true", help="throw the demo database away first"
    )
    hosttests = commands.add_parser(
        "test-host", help="the host's tests without and with ours"
    )
    hosttests.add_argument("modules", nargs="*")
    lints = commands.add_parser("lint", help="every check of .pre-commit-config.yaml")
    lints.add_argument("files", nargs="*")
    rewrite = commands.add_parser(
        "format", help="rewrite what ruff, prettier, eslint can"
    )
    rewrite.add_argument("files", nargs="*")
    tool = commands.add_parser("tool", help="one lint tool, as the hooks call it")
    tool.add_argument("name")
    tool.add_argument("arguments", nargs=argparse.REMAINDER)
    i18n = commands.add_parser("i18n", help="export terms, merge uk.po and ru.po")
    i18n.add_argument("modules", nargs="*")
    bench = commands.add_parser(
        "bench", help="every measurement of bench/, or those named"
    )
    bench.add_argument("names", nargs="*")
    retail = commands.add_parser("load-retail", help="Online Retail as posted invoices")
    retail.add_argument("database")
    retail.add_argument("--month")
    retail.add_argument(
        "--orders", help="a month or day that is sold by orders, or none"
    )
    shots = commands.add_parser("screenshots", help="pictures of a running server")
    shots.add_argument("url")
    shots.add_argument("database")
    commands.add_parser("stop", help="stop the embedded PostgreSQL")
    return parser


def _test(args):
    return testing.test(
        args.paths,
        testing.split_options(args.options),
        args.marker,
        not args.no_browser,
    )


def _pytest(args):
    testing.ensure_all(browser=False)
    return testing.pytest(
        args.database, args.paths, testing.split_options(args.options), args.marker
    )


def _shell(args):
    testing.ensure_all(browser=False)
    conf = database.write_conf(f"shell_{args.database}")
    command = [
        str(PYTHON),
        "-m",
        "odoo",
        "shell",
        "-c",
        str(conf),
        "-d",
        args.database,
        "--no-http",
    ]
    return subprocess.run(command, env=python_env(), cwd=ROOT, check=False).returncode


def _serve(args):
    testing.ensure_all(browser=False)
    conf = database.write_conf(f"serve_{args.database}", port=args.port)
    command = [str(PYTHON), "-m", "odoo", "-c", str(conf), "-d", args.database]
    return subprocess.run(command, env=python_env(), cwd=ROOT, check=False).returncode


def _psql(args):
    postgres.ensure()
    command = [f"{postgres.bindir()}/psql", "-X", "-d", args.database]
    command += ["-c", args.sql] if args.sql else []
    return subprocess.run(command, env=postgres.env(), check=False).returncode


def _run(args):
    from . import running

    return running.run(args.port, args.database, args.fresh)


def _test_host(args):
    from . import hosttests

    return hosttests.run(args.modules)


def _i18n(args):
    from . import translations

    return translations.export(args.modules)


def _bench(args):
    from . import measuring

    return measuring.bench(args.names)


def _load_retail(args):
    from . import measuring

    return measuring.load_retail(args.database, args.month, args.orders)


def _screenshots(args):
    command = [PYTHON, "-m", "devtools.screenshots", args.url, args.database]
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, check=False
    ).returncode


COMMANDS = {
    "screenshots": _screenshots,
    "bench": _bench,
    "load-retail": _load_retail,
    "i18n": _i18n,
    "lint": lambda args: lint.lint(args.files),
    "format": lambda args: lint.rewrite(args.files),
    "tool": lambda args: lint.tool(args.name, args.arguments),
    "test-host": _test_host,
    "test": _test,
    "pytest": _pytest,
    "dev-db": lambda args: testing.dev_db(args.database, args.modules),
    "update": lambda args: testing.update(args.database, args.modules),
    "shell": _shell,
    "serve": _serve,
    "psql": _psql,
    "run": _run,
    "stop": lambda args: postgres.stop(),
}

if __name__ == "__main__":
    arguments = _parser().parse_args(sys.argv[1:])
    main_guard(lambda: COMMANDS[arguments.command](arguments))
