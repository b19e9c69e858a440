"""Workers of the alarms killed inside their passes: no event lost, none doubled."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database

WORKER = Path(__file__).resolve().parent / "killed_alarms.py"


@pytest.fixture(scope="module")
def name():
    """A copy of the host with the hub in it, committed, dropped at the end."""
    name = database.free_name("kill")
    database.clone(database.ensure_installed(), name)
    yield name
    database.drop(name)


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.kill)])
def test_alarms_killed_in_their_passes(name, kills):
    """Two workers at once, killed over and over."""
    done = subprocess.run(
        [sys.executable, WORKER, os.environ["CRM_CONF"], name, str(kills)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=1200,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert found["kills"] >= kills * 3 // 4, "the workers were too fast to be killed"
    assert found["untold"] == 0, "a notice is lost"
    assert found["letters"] == found["notices"], "a notice was told twice, or never"
    assert found["alarms"] == found["records_alarmed"] == found["records"]
    assert found["alarms_with_a_gap"] == 0, "a decision is lost"
