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
    ("kills", "people", "longest"),
    [(12, 30, 0.5), pytest.param(24, 10_000, 12, marks=pytest.mark.kill)],
)
def test_scenarios_killed_in_their_passes(name, kills, people, longest):
    """Two workers at once, killed over and over.

    The large one is killed in the middle of ten thousand letters; it costs 20,000 letters
    and 10,000 questions. The small one has deals too.
    """
    done = subprocess.run(
        [sys.executable, WORKER, os.environ["CRM_CONF"], name,
         *map(str, (kills, people, longest))],
        stdout=subprocess.PIPE, text=True, check=True, timeout=1800,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    due, steps = found["due"], found["steps"]
    assert found["kills"] >= kills * 3 // 4, "the workers were too fast to be killed"
    assert found["runs"] == due >= people, "a person was not started, or started twice"
    assert found["unfinished"] == found["not_done"] == 0
    assert found["done"] == steps * due
    assert found["letters"] == found["traces"] == found["contacts"] == 2 * due
    assert found["different_letters"] == 2 * due, "somebody got a letter twice"
    assert found["deals"] == (due if steps == 4 else 0)
