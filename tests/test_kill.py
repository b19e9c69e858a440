"""Processes killed in the middle of their work: nothing is lost, nothing is done twice."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from devtools import database, postgres

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
BATCHES = 40
KILLS = 6
POINTS = 150_000
pytestmark = pytest.mark.kill


@pytest.fixture(scope="module")
def name():
    """A copy of the host with the hub in it, committed, dropped at the end."""
    name = database.free_name("kill")
    database.clone(database.ensure_installed(), name)
    yield name
    database.drop(name)


class Worker:
    """One run of killed.py; ``committed`` is what it said before it died."""

    def __init__(self, name, work, number=1, first=0):
        command = [sys.executable, ROOT / "tests" / "killed.py", os.environ["CRM_CONF"]]
        command += [name, work, number, first]
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, text=True
        )
        self.committed = first - 1
        assert self.process.stdout.readline() == "ready\n"
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.committed = int(line.split()[1])

    def end(self, seconds=None):
        """Let it finish, or kill -9 it after ``seconds``; True when it was killed."""
        if seconds is not None:
            time.sleep(seconds)
            self.process.send_signal(signal.SIGKILL)
        code = self.process.wait(timeout=300)
        self._reader.join()
        assert code in (0, -signal.SIGKILL)
        return code != 0


def _sql(name, query):
    code, text = postgres.psql(query, name)
    assert not code, text
    return text


def _ledger(name):
    """(rows, different keys, answered rows)"""
    text = _sql(
        name,
        "SELECT count(*), count(DISTINCT external_key), count(answered_at)"
        " FROM crm_interaction WHERE external_key LIKE 'kill:%'",
    )
    return tuple(int(part) for part in text.split("|"))


def test_ingest_killed_and_repeated(name):
    import killed

    chance = random.Random(19)
    first, kills = 0, 0
    while kills < KILLS and first < BATCHES:
        worker = Worker(name, "ingest", BATCHES, first)
        kills += worker.end(chance.uniform(0.02, 0.6))
        first = worker.committed + 1
        rows, different, _answered = _ledger(name)
        assert rows == different, "a contact is there twice"
        # the batch of the kill is there whole or not at all
        assert rows in (killed.keys(first), killed.keys(first + 1))
    assert kills >= KILLS // 2, "the worker was too fast to be killed"
    Worker(name, "ingest", BATCHES, first).end()
    rows, different, answered = _ledger(name)
    assert rows == different == killed.keys(BATCHES)
    assert answered == (BATCHES - 1) * killed.SIZE // 2, "a late answer is lost"


def test_a_pass_killed_over_its_queue(name):
    _sql(
        name,
        f"""
        INSERT INTO res_partner (name, active, autopost_bills)
             VALUES ('Kill', true, 'ask');
        INSERT INTO crm_contact_point (partner_id, kind, value, normalized, origin, state)
             SELECT (SELECT max(id) FROM res_partner), 'phone', n::text, 'kill:' || n,
                    'ingest', 'ok'
               FROM generate_series(1, {POINTS}) n;
        INSERT INTO crm_contact_point_seen (point_id, seen_at)
             SELECT id, '2026-03-03' FROM crm_contact_point WHERE normalized LIKE 'kill:%';
        """,
    )
    chance, kills = random.Random(7), 0
    for _round in range(KILLS):
        kills += Worker(name, "fold").end(chance.uniform(0.05, 0.8))
        waiting, moved = _queue(name)
        assert (waiting, moved) in ((POINTS, 0), (0, POINTS)), "half a pass was kept"
        if moved:
            break
    assert kills, "the pass was too fast to be killed"
    Worker(name, "fold").end()
    assert _queue(name) == (0, POINTS)


def _queue(name):
    """(points waiting in the queue, points moved forward)"""
    text = _sql(
        name,
        "SELECT (SELECT count(*) FROM crm_contact_point_seen),"
        " count(*) FILTER (WHERE last_seen_at = '2026-03-03')"
        " FROM crm_contact_point WHERE normalized LIKE 'kill:%'",
    )
    return tuple(int(part) for part in text.split("|"))
