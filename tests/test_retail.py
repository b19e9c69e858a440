"""One real month of Online Retail in the books, killed on its way and taken up again."""

import os
import re
import signal
import subprocess

import pytest

from devtools import database, postgres
from devtools.measuring import RETAIL
from devtools.paths import PYTHON, ROOT
from devtools.ui import python_env

MONTH = "2011-02"  # 1,393 documents, 27,707 lines
DAY = "2011-02-01"  # its clean invoices come out of delivered orders
SECONDS = 2 * 4 * 60  # processor time of two processes in four minutes
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not RETAIL.exists(),
        reason=f"{RETAIL} is not there (CRM_SHARED names the folder)",
    ),
]


@pytest.fixture(scope="module")
def name():
    name = database.free_name("retail")
    database.clone(database.ensure_installed(), name)
    yield name
    database.drop(name)


def _start(name):
    conf = database.write_conf(f"retail_{name}", dev_mode="")
    command = [PYTHON, "-W", "ignore", "-m", "bench.load_retail", name, RETAIL]
    command += ["--month", MONTH, "--orders", DAY]
    return subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, env=python_env(ODOO_RC=str(conf)),
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def _sql(name, query):
    code, text = postgres.psql(query, name)
    assert not code, text
    return text.strip()


def _spent(line):
    """Processor seconds of a progress line."""
    return float(re.search(r"([\d.]+) s of processor", line)[1])


def test_a_month_killed_and_taken_up(name):
    first = _start(name)
    spent = 0
    for line in first.stdout:
        if line.split()[0].isdigit():  # the first rate that is printed
            spent = _spent(line)
            break
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    first.stdout.close()
    before = int(
        _sql(name, "SELECT count(*) FROM account_move WHERE ref LIKE 'RETAIL/%'")
    )
    assert 0 < before < 1393, "it was not killed on its way"

    second = _start(name)
    text, _none = second.communicate()
    print(text)  # both columns of the comparison
    assert second.returncode == 0, text
    last = next(line for line in text.splitlines() if "with 2 processes" in line)
    assert int(last.split()[0]) == 1393 - before, "documents were made twice"
    assert spent + _spent(last) <= SECONDS

    draft = "SELECT count(*) FROM account_move WHERE ref LIKE 'RETAIL/%' AND state <> 'posted'"
    assert _sql(name, draft) == "0"
    orders = (
        "SELECT count(*), count(*) FILTER (WHERE invoice_status = 'invoiced'),"
        " count(*) FILTER (WHERE delivery_status = 'full') FROM sale_order"
        " WHERE client_order_ref LIKE 'RETAIL/%'"
    )
    counts = _sql(name, orders).split("|")
    assert int(counts[0]) > 30
    assert len(set(counts)) == 1, "an order was not delivered or invoiced"


def test_lines_are_as_the_host_makes_them(name):
    """Every line's own amounts agree with its balance, and no line is left over."""
    different = """
        SELECT count(*) FROM account_move_line line
          JOIN account_move move ON move.id = line.move_id
         WHERE move.ref LIKE 'RETAIL/%' AND line.display_type = 'product'
           AND (abs(line.price_subtotal) <> abs(line.balance)
                OR line.price_total <> line.price_subtotal
                OR line.debit - line.credit <> line.balance)"""
    assert _sql(name, different) == "0"
    unbalanced = """
        SELECT count(*) FROM (
            SELECT move_id FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
             WHERE move.ref LIKE 'RETAIL/%'
             GROUP BY move_id
            HAVING sum(balance) <> 0
                OR count(*) FILTER (WHERE display_type = 'payment_term') <> 1) moves"""
    assert _sql(name, unbalanced) == "0"
