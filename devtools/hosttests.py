"""``make test-host``: the host's own tests without our modules, then with them."""

import subprocess
import xml.etree.ElementTree as ElementTree

from . import database, host, testing
from .paths import CACHE, PYTHON, ROOT
from .ui import Fail, python_env, say

MODULES = [
    "crm",
    "sale_crm",
    "sales_team",
    "loyalty",
    "sale_loyalty",
    "mass_mailing_crm",
    "utm",
    "link_tracker",
]


def run(modules=()):
    """Run the host's tests twice and compare; 1 when ours break one of them.

    :param modules: host modules whose tests run; empty means those of MODULES.
    """
    testing.ensure_all()
    modules = list(modules) or MODULES
    bare = _run("without", database.ensure_template(), modules)
    ours = _run("with", database.ensure_installed(), modules)
    return _compare(bare, ours)


def _run(label, template, modules):
    folders = [
        host.odoo_home() / "odoo" / "addons" / module / "tests" for module in modules
    ]
    folders = [folder for folder in folders if folder.exists()]
    if not folders:
        raise Fail(f"The host has no tests for {', '.join(modules)}.")
    name = database.free_name(f"host_{label}")
    database.clone(template, name)
    report = CACHE / "logs" / f"host_tests_{label}.xml"
    report.unlink(missing_ok=True)
    say(f"\nThe host's tests {label} our modules: {', '.join(modules)}")
    try:
        conf = database.write_conf(f"host_{label}", port=database.free_port())
        command = [
            PYTHON, "-m", "pytest", "-q", "--disable-warnings", "--odoo-http", f"--odoo-database={name}",
            f"--odoo-config={conf}", f"--junitxml={report}", "--tb=short",
            "-p", "no:cacheprovider", *folders,
        ]  # fmt: skip
        subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env=python_env(ODOO_RC=str(conf)),
            check=False,
        )
    finally:
        database.drop(name)
    if not report.exists():
        raise Fail(f"The host's tests {label} our modules did not run to their end.")
    return _outcomes(report)


def _outcomes(report):
    """``{test: passed}`` of a junit file; skipped tests are left out."""
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("skipped") is None:
            failed = case.find("failure") is not None or case.find("error") is not None
            outcomes[f"{case.get('classname')}.{case.get('name')}"] = not failed
    return outcomes


def _compare(bare, ours):
    broken = sorted(
        test for test, passed in ours.items() if not passed and bare.get(test, True)
    )
    missing = sorted(bare.keys() - ours.keys())
    already = sorted(test for test, passed in bare.items() if not passed)
    for title, tests in (
        ("fail on the bare host too", already),
        ("pass on the bare host and fail with our modules", broken),
        ("ran on the bare host only", missing),
    ):
        for test in tests:
            say(f"  {title}: {test}")
    say(
        f"Host's tests: {sum(bare.values())} of {len(bare)} passed without our modules, "
        f"{sum(ours.values())} of {len(ours)} with them; {len(broken)} broken by us."
    )
    say(f"{sum(ours.values())} passed, {len(broken)} failed")
    return 1 if broken or missing else 0
