"""Two people press one button in one moment: it happens once, and nobody fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def found():
    """``{work: what was found after two did it}``"""
    name = database.free_name("at_once")
    database.clone(database.ensure_installed(), name)
    try:
        command = [
            sys.executable,
            ROOT / "tests" / "at_once.py",
            os.environ["CRM_CONF"],
            name,
        ]
        done = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, check=False
        )
    finally:
        database.drop(name)
    assert not done.returncode, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_accounting_is_asked_once(found):
    assert found["ask_posting"] == 1


def test_the_warehouse_is_asked_once(found):
    assert found["ask_warehouse"] == 1


def test_a_double_submit_makes_one_row_and_one_lead(found):
    assert found["web_form"] == [1, 1]


def test_one_contact_from_two_senders_is_one_row(found):
    assert found["ingest"] == 1
