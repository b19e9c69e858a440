"""A database with millions of contacts, and the rows that outside systems send to it."""

import json
import random
import time
from datetime import datetime, timedelta

from devtools import database, postgres, testing

CUSTOMERS = 200_000
START = datetime(2025, 1, 1)

PEOPLE = """
INSERT INTO res_partner (name, active, type, is_company, partner_share, color,
                         commercial_partner_id, phone, phone_sanitized, user_id,
                         autopost_bills, create_uid, write_uid, create_date,
                         write_date)
SELECT 'Customer ' || n, true, 'contact', false, true, 0, NULL,
       '+38050' || lpad(n::text, 7, '0'), '+38050' || lpad(n::text, 7, '0'), 2,
       'ask', 1, 1, now(), now()
  FROM generate_series(1, {customers}) n;
UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL;
UPDATE res_users SET sale_team_id = NULL WHERE id = 2;
INSERT INTO crm_contact_point (partner_id, kind, value, normalized, is_primary, origin, state)
SELECT id, 'phone', phone, phone_sanitized, true, 'partner', 'ok'
  FROM res_partner WHERE name LIKE 'Customer %'
    ON CONFLICT DO NOTHING;
"""
# the ledger without its indexes and triggers, then the indexes: minutes, not an hour
ROWS = """
SET session_replication_role = replica;
INSERT INTO crm_interaction (company_id, channel_id, external_key, direction, started_at,
        answered_at, partner_id, customer_id, contact_point_id, raw_address, owner_id,
        user_id, outcome, subject, preview)
SELECT 1, channel.id, 'old:' || n, CASE WHEN n % 3 = 0 THEN 'out' ELSE 'in' END,
       '2025-01-01'::timestamp + n * interval '9 seconds',
       CASE WHEN n % 4 > 0 THEN '2025-01-01'::timestamp + n * interval '9 seconds'
                                + (n % 90) * interval '1 second' END,
       point.partner_id, point.partner_id, point.id, point.normalized, 2, 2, 'answered',
       'Call ' || n, 'Asked for the price of winter tyres, wants an offer by e-mail'
  FROM generate_series({first}, {last}) n
  JOIN crm_channel channel ON channel.code = 'call'
  JOIN (SELECT id, partner_id, normalized, row_number() OVER (ORDER BY id) - 1 AS place
          FROM crm_contact_point WHERE normalized LIKE '+38050%') point
    ON point.place = n % {customers};
"""


def _sql(name, text):
    code, answer = postgres.psql(text, database=name)
    if code:
        raise SystemExit(f"{text[:200]}\n{answer}")
    return answer


def ensure_database(name, rows):
    """A database of that name whose ledger holds at least ``rows`` contacts."""
    testing.ensure_all(browser=False)
    if not database.exists(name):
        testing.dev_db(name, ["crm_relations"])
    have = int(_sql(name, "SELECT count(*) FROM crm_interaction"))
    if have >= rows:
        return
    begin = time.time()
    if not int(
        _sql(name, "SELECT count(*) FROM res_partner WHERE name LIKE 'Customer %'")
    ):
        _sql(name, PEOPLE.format(customers=CUSTOMERS))
    fill_ledger(name, [ROWS.format(first=have + 1, last=rows, customers=CUSTOMERS)])
    _sql(name, "VACUUM ANALYZE res_partner")
    _sql(name, "VACUUM ANALYZE crm_contact_point")
    print(
        f"{name}: {rows:,} contacts of {CUSTOMERS:,} customers in {time.time() - begin:.0f} s"
    )


def fill_ledger(name, statements):
    """Run inserts into the ledger without its indexes, then make the indexes again."""
    where = "tablename = 'crm_interaction' AND indexname NOT LIKE '%pkey'"
    query = f"SELECT indexdef FROM pg_indexes WHERE {where}"
    unique = "crm_interaction_external_key_uniq"
    indexes = [line for line in _sql(name, query).splitlines() if unique not in line]
    names = _sql(name, f"SELECT indexname FROM pg_indexes WHERE {where}").split()
    _sql(name, f"ALTER TABLE crm_interaction DROP CONSTRAINT {unique}")
    for index in names:
        if index != unique:
            _sql(name, f"DROP INDEX {index}")
    for statement in statements:
        _sql(name, statement)
    key = "company_id, channel_id, external_key"
    _sql(name, f"ALTER TABLE crm_interaction ADD CONSTRAINT {unique} UNIQUE ({key})")
    for index in indexes:
        _sql(name, index)
    _sql(name, "VACUUM ANALYZE crm_interaction")


class Batches:
    """Calls of an outside system: half of the rows are known, one in twenty is bad.

    As a telephone exchange sends them: new contacts happen now, a known one is among
    the latest (its call has been answered, or has ended); customers are drawn evenly.
    """

    RECENT = 200_000

    BAD = (
        {"direction": "sideways"},
        {"started_at": "soon"},
        {"ended_at": "2001-01-01T00:00:00Z"},
        {"channel": "fax"},
        {"subject": 5},
    )

    def __init__(self, seed, known, size=10_000, part=(0, 1)):
        """``part``: (which, of how many) senders; each repeats contacts of its own."""
        self.which, self.senders = part
        self.random, self.known, self.size = random.Random(seed), known, size
        self.prefix, self.count = f"{seed}:{int(time.time())}", 0

    def make(self):
        """Rows of one call, in the order a telephone exchange would send them."""
        return [self._row(place) for place in range(self.size)]

    def _row(self, place):
        if place % 2:
            number = self.random.randrange(self.known - self.RECENT, self.known)
            number += self.which - number % self.senders
            key, moment = f"old:{number}", START + timedelta(seconds=9 * number)
        else:
            self.count += 1
            number = self.random.randrange(CUSTOMERS)
            key = f"{self.prefix}:{self.count}"
            moment = START + timedelta(seconds=9 * self.known + self.count // 50)
        row = {
            "channel": "call",
            "external_key": key,
            "direction": "in",
            "started_at": moment.isoformat() + "Z",
            "answered_at": (moment + timedelta(seconds=100)).isoformat() + "Z",
            "ended_at": (moment + timedelta(seconds=300)).isoformat() + "Z",
            "address": f"+38050{1 + number % CUSTOMERS:07}",
            "outcome": "answered",
            "subject": "Call through the queue",
            "preview": "Asked for the price of winter tyres, wants an offer by e-mail",
        }
        if place % 20 == 0:
            row.update(self.random.choice(self.BAD))
        return row

    def body(self):
        """The same as JSON for HTTP."""
        return json.dumps({"rows": self.make()}).encode()
