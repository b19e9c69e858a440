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

from devtools import postgres

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
BATCHES = 40
KILLS = 6
POINTS = 150_000
pytestmark = pytest.mark.kill


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


def test_ingest_killed_and_repeated(killed_database):
    name = killed_database
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


def test_a_pass_killed_over_its_queue(killed_database):
    name = killed_database
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


MONEY = """
INSERT INTO res_partner (name, active, autopost_bills) SELECT 'Kill ' || n, true, 'ask'
  FROM generate_series(1, {customers}) n;
UPDATE res_partner SET commercial_partner_id = id WHERE name LIKE 'Kill %';
INSERT INTO account_move (journal_id, company_id, currency_id, move_type, state, date,
        invoice_date, partner_id, commercial_partner_id, amount_untaxed, amount_total,
        invoice_currency_rate, auto_post, name)
SELECT journal.id, company.id, company.currency_id, 'out_invoice', 'posted', '2026-02-03',
       '2026-02-03', partner.id, partner.id, 10, 10, 1, 'no', 'KILL/' || partner.id
  FROM res_partner partner, res_company company
  JOIN account_journal journal ON journal.company_id = company.id AND journal.type = 'sale'
 WHERE partner.name LIKE 'Kill %' AND company.id = 1;
INSERT INTO account_move_line (move_id, company_id, currency_id, journal_id, account_id, date,
        parent_state, display_type, partner_id, quantity, price_unit, discount, debit, credit,
        balance, amount_currency, amount_residual, reconciled)
SELECT move.id, move.company_id, move.currency_id, move.journal_id, (
           SELECT id FROM account_account WHERE account_type = 'income' ORDER BY id LIMIT 1),
       move.date, 'posted', 'product', move.partner_id, 1, 10, 0, 0, 10, -10, -10, 0, false
  FROM account_move move WHERE move.name LIKE 'KILL/%';
INSERT INTO crm_customer_dirty (customer_id, company_id, month)
SELECT commercial_partner_id, company_id, '2026-02-01' FROM account_move
 WHERE name LIKE 'KILL/%';
"""
CUSTOMERS = 60_000


def test_sums_killed_over_their_queue(killed_database):
    name = killed_database
    _sql(name, MONEY.format(customers=CUSTOMERS))
    chance, kills = random.Random(5), 0
    for _round in range(KILLS):
        kills += Worker(name, "money").end(chance.uniform(0.2, 2.5))
        waiting, rows, revenue = _money(name)
        assert (waiting, rows, revenue) in (
            (CUSTOMERS, 0, 0),
            (0, CUSTOMERS, 10 * CUSTOMERS),
        ), "half a pass was kept"
        if rows:
            break
    assert kills, "the pass was too fast to be killed"
    Worker(name, "money").end()
    assert _money(name) == (0, CUSTOMERS, 10 * CUSTOMERS)


def _money(name):
    """(keys waiting, customers' months, their revenue)"""
    text = _sql(
        name,
        "SELECT (SELECT count(*) FROM crm_customer_dirty),"
        " count(*), COALESCE(sum(revenue), 0)::int FROM crm_customer_month",
    )
    return tuple(int(part) for part in text.split("|"))
