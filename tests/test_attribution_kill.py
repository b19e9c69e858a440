"""Workers of attribution killed in the middle: nothing is credited twice or never."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database

WORKER = Path(__file__).resolve().parent / "killed_attribution.py"


@pytest.fixture(scope="module")
def name():
    """A copy of the host with marketing in it, committed, dropped at the end."""
    name = database.free_name("kill")
    database.clone(database.ensure_installed(), name)
    yield name
    database.drop(name)


@pytest.mark.parametrize(
    ("kills", "customers"),
    [(6, 40), pytest.param(60, 200, marks=pytest.mark.kill)],
)
def test_attribution_killed_in_its_passes(name, kills, customers):
    """Two workers at once, killed over and over."""
    done = subprocess.run(
        [sys.executable, WORKER, os.environ["CRM_CONF"], name, str(kills), str(customers)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=1200,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert found["kills"] >= kills * 3 // 4, "the workers were too fast to be killed"
    assert found["waiting"] == found["wrong"] == 0
    assert found["different_sums"] == 1, "every model shares out the same revenue"
    assert found["places"]
    assert found["as_from_nothing"]
