"""What the tests of killed processes have in common."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def killed_database():
    """A copy of the host with our modules in it, committed, dropped at the end."""
    name = database.free_name("kill")
    database.clone(database.ensure_installed(), name)
    yield name
    database.drop(name)


@pytest.fixture
def run_killed(killed_database):
    """``run_killed("alarms", 20)`` runs killed_alarms.py, which kills its own children.

    :return: what the database said at the end, ``{name: number}``
    """

    def run(what, kills, *numbers, timeout=1200):
        command = [sys.executable, HERE / f"killed_{what}.py", os.environ["CRM_CONF"],
                   killed_database, kills, *numbers]  # fmt: skip
        done = subprocess.run(
            [str(part) for part in command],
            stdout=subprocess.PIPE, text=True, check=True, timeout=timeout,
        )  # fmt: skip
        found = json.loads(done.stdout.splitlines()[-1])
        print(found)
        enough = found["kills"] >= kills * 3 // 4
        assert enough, "the workers were too fast to be killed"
        return found

    return run
