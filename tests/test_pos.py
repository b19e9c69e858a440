"""A shop's till beside the CRM: its sales are named on the reconciliation page."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def rows():
    """``{code of the row: amount}``"""
    name = database.free_name("till")
    database.clone(database.ensure_installed(), name)
    command = [sys.executable, ROOT / "tests" / "pos.py", os.environ["CRM_CONF"], name]
    try:
        done = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, check=False
        )
    finally:
        database.drop(name)
    assert not done.returncode, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_sales_without_an_invoice_are_the_tills(rows):
    assert rows["revenue_pos"] == 100
    assert rows["opens"] == 100, "the row opens the items it is made of"
    assert rows["documents"], "they are those of the session's entry"


def test_an_invoiced_sale_is_a_customers(rows):
    assert rows["revenue_customers"] == 70
    assert rows["revenue_ledger"] == 170


def test_nothing_is_left_unexplained(rows):
    assert rows["revenue_difference"] == 0
    assert rows["paid_difference"] == 0
    assert rows["difference"] == 0
