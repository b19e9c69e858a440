"""Workers of repeat sales killed in the middle: no need without its deal, none with two."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database

WORKER = Path(__file__).resolve().parent / "killed_repeat.py"


@pytest.fixture(scope="module")
def name():
    """A copy of the host with marketing in it, committed, dropped at the end."""
    name = database.free_name("kill")
    database.clone(database.ensure_installed(), name)
    yield name
    database.drop(name)


@pytest.mark.parametrize(
    ("kills", "people"), [(12, 60), pytest.param(100, 500, marks=pytest.mark.kill)]
)
def test_repeat_sales_killed_in_their_passes(name, kills, people):
    """Two workers at once, killed over and over."""
    done = subprocess.run(
        [sys.executable, WORKER, os.environ["CRM_CONF"], name, str(kills), str(people)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=1200,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert found["kills"] >= kills * 3 // 4, "the workers were too fast to be killed"
    assert found["needs"] == found["due"], "somebody was not found, or found twice"
    assert found["held"] + found["opened"] == found["due"]
    assert found["deals"] == found["deals_of_needs"] == found["opened"]
    assert found["tasks"] == found["to_call"] == found["opened"]
