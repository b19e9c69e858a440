"""Customers' months: the first fill against the plainest SQL, and 1,000 changed invoices.

Goal: first fill ≤ 1.5 × ``CREATE TABLE AS … GROUP BY`` plus its unique index, of the same
run; after 1,000 changed invoices ≤ 1 % of it. ``CRM_MONEY_LINES`` says how many invoice
lines (default 1,000,000; the goal is set at 10,000,000 lines of 1,000,000 customers).
"""

import os
from datetime import date
from time import perf_counter

from odoo.tools import SQL

from devtools.ui import main_guard

from . import inside

LINES = int(os.environ.get("CRM_MONEY_LINES", "1000000"))
CUSTOMERS = LINES // 10
TODAY = date(2026, 3, 20)

# Invoices of two product lines and a receivable line, over 24 months; no triggers and no
# indexes while they go in, as a bulk loader would do it.
BOOKS = """
SET session_replication_role = replica;
INSERT INTO res_partner (name, active, autopost_bills, type, is_company)
SELECT 'Money ' || n, true, 'ask', 'contact', false FROM generate_series(1, {customers}) n;
UPDATE res_partner SET commercial_partner_id = id WHERE name LIKE 'Money %%';
INSERT INTO account_move (journal_id, company_id, currency_id, move_type, state, date,
        invoice_date, partner_id, commercial_partner_id, amount_untaxed, amount_total,
        invoice_currency_rate, auto_post, name)
SELECT journal.id, company.id, company.currency_id,
       CASE WHEN n %% 12 = 0 THEN 'out_refund' ELSE 'out_invoice' END, 'posted',
       '2024-03-01'::date + (n %% 730)::int, '2024-03-01'::date + (n %% 730)::int,
       partner.id, partner.id, 30, 30, 1, 'no', 'MONEY/' || n
  FROM generate_series(1, {invoices}) n
  JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM res_partner
         WHERE name LIKE 'Money %%') partner ON partner.place = n %% {customers}
 CROSS JOIN res_company company
  JOIN account_journal journal ON journal.company_id = company.id AND journal.type = 'sale'
 WHERE company.id = 1;
INSERT INTO account_move_line (move_id, company_id, currency_id, journal_id, account_id, date,
        parent_state, display_type, partner_id, quantity, price_unit, discount, debit, credit,
        balance, amount_currency, amount_residual, reconciled)
SELECT move.id, move.company_id, move.currency_id, move.journal_id,
       CASE WHEN part.n < 3 THEN income.id ELSE receivable.id END, move.date, 'posted',
       CASE WHEN part.n < 3 THEN 'product' ELSE 'payment_term' END, move.partner_id, 1,
       10 * part.n, 0, 0, 0, side.sign * CASE WHEN part.n < 3 THEN -10 * part.n ELSE 30 END,
       0, 0, true
  FROM account_move move
 CROSS JOIN generate_series(1, 3) AS part(n)
 CROSS JOIN LATERAL (SELECT CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END
                         AS sign) side
 CROSS JOIN (SELECT id FROM account_account WHERE account_type = 'income'
              ORDER BY id LIMIT 1) income
 CROSS JOIN (SELECT id FROM account_account WHERE account_type = 'asset_receivable'
              ORDER BY id LIMIT 1) receivable
 WHERE move.name LIKE 'MONEY/%%';
INSERT INTO crm_invoice_cost (line_id, company_id, amount, source)
SELECT line.id, line.company_id, -line.balance * 0.6, 'product' FROM account_move_line line
  JOIN account_move move ON move.id = line.move_id AND move.name LIKE 'MONEY/%%'
 WHERE line.display_type = 'product';
SET session_replication_role = origin;
"""


# Without their indexes the tables fill in minutes; uniqueness and keys stay as they are.
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
 WHERE indrelid IN ('account_move'::regclass, 'account_move_line'::regclass,
                    'res_partner'::regclass, 'crm_invoice_cost'::regclass)
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def fill(env):
    text = BOOKS.format(customers=CUSTOMERS, invoices=LINES // 2).replace("%%", "%")
    env.cr.execute(INDEXES)
    indexes = env.cr.fetchall()
    for name, _definition in indexes:
        env.cr.execute(f"DROP INDEX {name}")
    env.cr.execute(text)
    env.cr.execute("SET LOCAL maintenance_work_mem = '1GB'")
    for _name, definition in indexes:
        env.cr.execute(definition)
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()


def measure(env):
    months = env["crm.customer.month"]
    env.cr.execute("SET LOCAL work_mem = '256MB'")
    plain, ours = [], []
    for _round in range(2):
        plain.append(_timed(lambda: _plain(env, months)))
        env.cr.execute("TRUNCATE crm_customer_month")
        ours.append(_timed(months._fill))
    env.cr.execute("SELECT count(*) FROM crm_customer_month")
    print(
        f"{LINES:,} invoice lines, {CUSTOMERS:,} customers, {env.cr.fetchone()[0]:,} rows"
    )
    print(f"CREATE TABLE AS + unique index: {min(plain):.1f} s")
    print(f"first fill: {min(ours):.1f} s, {min(ours) / min(plain):.2f} × (goal 1.50)")
    env.cr.execute(
        "INSERT INTO crm_customer_dirty (customer_id, company_id, month) "
        "SELECT commercial_partner_id, company_id, date_trunc('month', date)::date "
        "FROM account_move WHERE name LIKE 'MONEY/%' ORDER BY md5(name) LIMIT 1000"
    )
    keys = env["crm.customer.dirty"]._take()
    seconds = _timed(lambda: months._recompute(keys))
    print(
        f"after 1,000 changed invoices: {seconds:.2f} s, "
        f"{100 * seconds / min(plain):.1f} % of the plain build (goal 1 %)"
    )
    env.cr.rollback()


def _plain(env, months):
    env.cr.execute("DROP TABLE IF EXISTS bench_plain")
    env.cr.execute(SQL("CREATE TABLE bench_plain AS %s", months._month_select()))
    env.cr.execute(
        "CREATE UNIQUE INDEX ON bench_plain (customer_id, company_id, month)"
    )


def _timed(work):
    started = perf_counter()
    work()
    return perf_counter() - started


def main():
    name = f"bench_money_{LINES // 1000}k"
    inside.ensure(name, fill)
    inside.run(name, measure)


if __name__ == "__main__":
    main_guard(main)
