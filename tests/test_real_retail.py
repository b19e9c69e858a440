"""Classes of real customers: UCI Online Retail, figures to the customer."""

import importlib.util
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from bench import retail  # noqa: E402
from devtools import database  # noqa: E402
from devtools.ui import python_env  # noqa: E402

SHARED = Path(os.environ.get("CRM_SHARED") or ROOT.parent / "shared")
DATA = SHARED / "data" / "online-retail" / "online_retail.csv.gz"
TOOL = ROOT / "addons" / "crm_relations" / "tools" / "customer_class.py"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.exists(), reason="the retail data is not here"),
]


def _tool():
    """The arithmetic alone, without Odoo."""
    spec = importlib.util.spec_from_file_location("customer_class", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sums():
    """({customer: revenue} of the clean load, of the full load, credit notes)"""
    clean, full, notes = defaultdict(Decimal), defaultdict(Decimal), set()
    for number, rows in retail.read(DATA).items():
        for row in rows:
            if not row["CustomerID"]:
                continue
            customer = int(row["CustomerID"])
            full[customer] += retail.total([row])
            if number.startswith("C"):
                notes.add(number)
            if retail.is_clean(row):
                clean[customer] += retail.total([row])
    return clean, full, notes


def test_clean_load(sums):
    clean, _full, _notes = sums
    tool = _tool()
    assert len(clean) == 4338
    assert Counter(tool.rank(clean).values()) == {"A": 1133, "B": 1469, "C": 1736}
    assert round(tool.top_share(clean.values()) * 100, 2) == Decimal("74.62")


def test_full_load(sums):
    _clean, full, notes = sums
    tool = _tool()
    assert (len(full), len(notes)) == (4372, 3654)
    assert round(sum(full.values()), 2) == Decimal("8300065.81")
    assert sum(amount <= 0 for amount in full.values()) == 55
    assert Counter(tool.rank(full).values()) == {"A": 1178, "B": 1456, "C": 1683}
    assert round(tool.top_share(full.values()) * 100, 2) == Decimal("73.82")


@pytest.fixture(scope="module")
def booked():
    """What customers' months and figures say when the file is in the ledger."""
    name = database.free_name("books")
    database.clone(database.ensure_installed(), name)
    conf = database.write_conf(f"books_{name}", dev_mode="")
    command = [sys.executable, "-m", "bench.retail_books", conf, name, DATA]
    try:
        done = subprocess.run(
            [str(part) for part in command], cwd=ROOT, env=python_env(),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        database.drop(name)
    assert not done.returncode, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_clean_load_through_the_ledger(booked):
    assert booked["clean"] == {
        "customers": 4338,
        "revenue": "8911407.90",
        "credit notes": 0,
        "not positive": 0,
        "classes": {"A": 1133, "B": 1469, "C": 1736},
        "top": "74.62",
    }


def test_full_load_through_the_ledger(booked):
    assert booked["full"] == {
        "customers": 4372,
        "revenue": "8300065.81",
        "credit notes": 3654,
        "not positive": 55,
        "classes": {"A": 1178, "B": 1456, "C": 1683},
        "top": "73.82",
    }
