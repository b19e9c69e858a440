"""Segments at a million customers: refreshed, filled for the first time, ten changes.

Goals of one run: an unchanged refresh ≤ 2 × its bare SELECT; a first fill ≤ 2 × ``CREATE
TABLE AS`` and a unique index; ten changed customers ≤ 1 % of a full fill. The bare SELECT
is counted on the server (``SELECT count(*) FROM (…)``), which is the harder one to follow.
The fill is compared twice: with a table of nothing but ids, and with one of the columns and
indexes that members have (who, where, since when, until when).
``CRM_SEGMENT_CUSTOMERS`` says how many customers (default 1,000,000).
"""

import os
from datetime import datetime
from time import perf_counter

from odoo.tools import SQL

from devtools.ui import main_guard

from . import inside

CUSTOMERS = int(os.environ.get("CRM_SEGMENT_CUSTOMERS", "1000000"))
NAME = os.environ.get("CRM_SEGMENT_DATABASE", f"bench_segments_{CUSTOMERS // 1000}k")
NOW = datetime(2026, 3, 2, 9, 0)
ROUNDS = 5

# Customers of a hundred cities; one invoice each, and a second for every third.
PEOPLE = """
SET session_replication_role = replica;
INSERT INTO res_partner (id, commercial_partner_id, name, complete_name, active,
                         autopost_bills, type, is_company, partner_share, city)
SELECT id, id, 'Segment ' || n, 'Segment ' || n, true, 'ask', 'contact', n % 5 = 0, true,
       'City ' || n % 100
  FROM (SELECT n, nextval('res_partner_id_seq') AS id
          FROM generate_series(1, {customers}) n) new;
INSERT INTO account_move (journal_id, company_id, currency_id, move_type, state, date,
        invoice_date, partner_id, commercial_partner_id, amount_untaxed_signed,
        invoice_currency_rate, auto_post, name)
SELECT journal.id, 1, company.currency_id, 'out_invoice', 'posted',
       '2025-03-02'::date + (n % 360)::int, '2025-03-02'::date + (n % 360)::int,
       partner.id, partner.id, 100, 1, 'no', 'SEG/' || n || '/' || times
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM res_partner
         WHERE name LIKE 'Segment %') partner
 CROSS JOIN LATERAL generate_series(1, CASE WHEN n % 3 = 0 THEN 2 ELSE 1 END) AS times
  JOIN res_company company ON company.id = 1
  JOIN account_journal journal ON journal.company_id = 1 AND journal.type = 'sale';
SET session_replication_role = origin;
"""

SEGMENTS = {
    "everybody": [],
    "a city of a hundred, or a company": [{"kind": "region", "places": "City 7"}],
    "bought twice in a year": [{"kind": "bought", "days": 365, "times": 2}],
}


def fill(env):
    env.cr.execute(PEOPLE.replace("{customers}", str(CUSTOMERS)))
    env.cr.commit()
    env.cr._cnx.set_session(autocommit=True)
    env.cr.execute("VACUUM ANALYZE")
    env.cr._cnx.set_session(autocommit=False)


def measure(env):
    env.cr.execute("SET work_mem = '256MB'")
    print(f"{CUSTOMERS:,} customers, load {os.getloadavg()[0]:.1f}")
    for name, blocks in SEGMENTS.items():
        segment = env["crm.segment"].create(
            {
                "name": name,
                "domain": "[('name', '!=', False)]",
                "block_ids": [(0, 0, block) for block in blocks],
                "budget_seconds": 600,
            }
        )
        env.cr.commit()
        _measure_one(env, segment)
        segment.unlink()
        env.cr.execute("DELETE FROM crm_segment_member")
        env.cr.commit()


def _measure_one(env, segment):
    select = segment._get_query(NOW).select("id")
    plain, whole, first = [], [], []
    for _round in range(3):
        plain.append(_timed(lambda: _plain(env, select)))
        env.cr.rollback()
        whole.append(_timed(lambda: _whole(env, segment, select)))
        env.cr.rollback()
        _vacuum(env)  # what the round before has undone
        first.append(_timed(lambda: segment._refresh(NOW)))
        env.cr.rollback()
    segment._refresh(NOW)
    env.cr.commit()
    _vacuum(env)
    bare = min(_timed(lambda: _count(env, select)) for _round in range(ROUNDS))
    again = min(_timed(lambda: segment._refresh(NOW)) for _round in range(ROUNDS))
    ten = min(_timed_changes(env, segment, number) for number in range(ROUNDS))
    print(
        f"{segment.name}: {segment.size:,} members\n"
        f"  bare SELECT {bare:.2f} s, unchanged refresh {again:.2f} s, "
        f"{again / bare:.2f} × (goal 2)\n"
        f"  CREATE TABLE AS and index {min(plain):.2f} s, first fill {min(first):.2f} s, "
        f"{min(first) / min(plain):.2f} × (goal 2)\n"
        f"  the same columns and indexes {min(whole):.2f} s, "
        f"{min(first) / min(whole):.2f} ×\n"
        f"  ten changes {ten * 1000:.0f} ms, {100 * ten / min(first):.2f} % of a full "
        f"fill (goal 1 %), {100 * ten / again:.2f} % of a refresh that changes nothing",
        flush=True,
    )


def _timed_changes(env, segment, number):
    """Ten customers move, and the queue is worked; undone afterwards."""
    env.cr.execute(
        "SELECT array_agg(id) FROM (SELECT id FROM res_partner WHERE name LIKE 'Segment %%'"
        " ORDER BY md5(name || %s) LIMIT 10) few",
        [str(number)],
    )
    (ids,) = env.cr.fetchone()
    env.cr.execute(
        "UPDATE res_partner SET city = 'City 7', active = NOT active WHERE id = ANY(%s)",
        [ids],
    )
    env["crm.segment.dirty"]._mark([(key,) for key in ids])
    seconds = _timed(lambda: segment._follow(NOW))
    env.cr.rollback()
    env.invalidate_all()
    return seconds


def _plain(env, select):
    env.cr.execute("DROP TABLE IF EXISTS bench_plain")
    env.cr.execute(SQL("CREATE TABLE bench_plain AS %s", select))
    env.cr.execute("CREATE UNIQUE INDEX ON bench_plain (id)")


def _whole(env, segment, select):
    env.cr.execute("DROP TABLE IF EXISTS bench_plain")
    env.cr.execute(
        SQL(
            """
            CREATE TABLE bench_plain AS
            SELECT (row_number() OVER ())::int AS id, %s AS segment_id, id AS partner_id,
                   1 AS company_id, %s::timestamp AS entered_at, NULL::timestamp AS left_at
              FROM (%s) found
            """,
            segment.id,
            NOW,
            select,
        )
    )
    env.cr.execute("ALTER TABLE bench_plain ADD PRIMARY KEY (id)")
    env.cr.execute(
        "CREATE UNIQUE INDEX ON bench_plain (segment_id, partner_id) WHERE left_at IS NULL"
    )
    env.cr.execute("CREATE INDEX ON bench_plain (partner_id) WHERE left_at IS NOT NULL")


def _count(env, select):
    env.cr.execute(SQL("SELECT count(*) FROM (%s) found", select))


def _vacuum(env):
    """As autovacuum leaves it a minute later."""
    env.cr._cnx.set_session(autocommit=True)
    env.cr.execute("VACUUM ANALYZE crm_segment_member")
    env.cr._cnx.set_session(autocommit=False)


def _timed(work):
    started = perf_counter()
    work()
    return perf_counter() - started


def main():
    inside.ensure(NAME, fill)
    inside.run(NAME, measure)


if __name__ == "__main__":
    main_guard(main)
