"""Workers killed while they invite to a questionnaire: nobody is asked twice or never."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database

WORKER = Path(__file__).resolve().parent / "killed_surveys.py"


@pytest.fixture(scope="module")
def name():
    """A copy of the host with marketing in it, committed, dropped at the end."""
    name = database.free_name("kill")
    database.clone(database.ensure_installed(), name)
    yield name
    database.drop(name)


@pytest.mark.parametrize(
    ("kills", "people"), [(6, 12), pytest.param(100, 24, marks=pytest.mark.kill)]
)
def test_invitations_killed_in_their_batches(name, kills, people):
    """Two workers at once, killed over and over; some are asked by SMS, some refused."""
    done = subprocess.run(
        [sys.executable, WORKER, os.environ["CRM_CONF"], name, str(kills), str(people)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=600,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert found["kills"] >= kills * 3 // 4, "the workers were too fast to be killed"
    assert found["invited"] == found["rounds"] * people
    assert found["waiting"] == found["failed"] == 0
    assert found["refused"] == found["invited"] // 6
    assert found["by_sms"] == found["invited"] // 6 > 0
    assert found["letters"] == found["readers"] == found["by_email"]
    assert found["messages"] == found["listeners"] == found["by_sms"]
    sent = found["invited"] - found["refused"]
    assert found["by_email"] + found["by_sms"] == sent
    assert found["inputs"] == found["contacts"] == sent
