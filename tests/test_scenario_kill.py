"""Workers of scenarios killed in the middle of sending: nobody is told twice or never."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database

WORKER = Path(__file__).resolve().parent / "killed_scenarios.py"


@pytest.fixture(scope="module")
def name():
    """A copy of the host with marketing in it, committed, dropped at the end."""
    name = database.free_name("kill")
    database.clone(database.ensure_installed(), name)
    yield name
    database.drop(name)


@pytest.mark.parametrize(
    ("kills", "people"), [(12, 60), pytest.param(100, 100, marks=pytest.mark.kill)]
)
def test_scenarios_killed_in_their_passes(name, kills, people):
    """Two workers at once, killed over and over.

    What it costs is the people, not the kills: some eight statements of each person's
    two letters, question and deal. A hundred kills bring two more people each.
    """
    done = subprocess.run(
        [sys.executable, WORKER, os.environ["CRM_CONF"], name, str(kills), str(people)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=600,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert found["kills"] >= kills * 3 // 4, "the workers were too fast to be killed"
    assert found["runs"] == found["due"], "a person was not started, or started twice"
    assert found["unfinished"] == found["not_done"] == 0
    assert found["done"] == 4 * found["due"]
    assert found["letters"] == found["traces"] == found["contacts"] == 2 * found["due"]
    assert found["deals"] == found["due"]
