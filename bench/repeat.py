"""Repeat sales over a large ledger: a product rule and a segment rule.

200,000 customers with 3,000,000 lines: five purchases each, of three lines: three invoiced
straight, one ordered and invoiced, one ordered alone. Every customer has an interval of his
own, 20 to 89 days, and his last purchase so long ago that about one in six is due today.
A hundred salespeople. All figures are seconds of processor time: the machine may be busy.
Goals of one run: the rhythms of all, filled for the first time, ≤ 2 × the bare SELECT of the
purchases they are read from; the rhythms of 1,000 changed customers ≤ 5 % of the first fills
of all rules. ``CRM_REPEAT_CUSTOMERS`` says how many customers.
"""

import os
from datetime import datetime

from odoo.tools import SQL

from devtools.ui import main_guard

from . import inside

CUSTOMERS = int(os.environ.get("CRM_REPEAT_CUSTOMERS", "200000"))
NAME = os.environ.get("CRM_REPEAT_DATABASE", f"bench_repeat_{CUSTOMERS // 1000}k")
NOW = datetime(2026, 3, 2, 9, 0)  # a Monday
FILLS = []  # seconds of the first fill of each rule

# Without triggers. n: 1, 2, … of the customers; p: of the products.
GOODS = """
INSERT INTO product_category (name, complete_name, parent_path)
SELECT 'Repeat ' || n, 'Repeat ' || n, '' FROM generate_series(0, 9) n;
UPDATE product_category SET parent_path = id || '/' WHERE complete_name LIKE 'Repeat %';
INSERT INTO product_template (name, categ_id, uom_id, type, service_tracking, active,
                              sale_ok, tracking)
SELECT jsonb_build_object('en_US', 'Repeat ' || n), category.id, unit.id, 'consu', 'no',
       true, true, 'none'
  FROM generate_series(0, 99) n
  JOIN product_category category ON category.complete_name = 'Repeat ' || n % 10
 CROSS JOIN (SELECT min(id) AS id FROM uom_uom WHERE factor = 1) unit;
INSERT INTO product_product (product_tmpl_id, active)
SELECT id, true FROM product_template WHERE name->>'en_US' LIKE 'Repeat %';
CREATE TABLE bench_goods AS
SELECT product.id, template.uom_id,
       substr(template.name->>'en_US', 8)::int AS p
  FROM product_product product JOIN product_template template
    ON template.id = product.product_tmpl_id
 WHERE template.name->>'en_US' LIKE 'Repeat %';
"""
SELLERS = """
INSERT INTO res_partner (name, complete_name, active, autopost_bills, type, is_company,
                         partner_share, company_id)
SELECT 'Seller ' || n, 'Seller ' || n, true, 'ask', 'contact', false, false, 1
  FROM generate_series(0, 99) n;
UPDATE res_partner SET commercial_partner_id = id WHERE name LIKE 'Seller %';
INSERT INTO res_users (login, active, company_id, partner_id, notification_type, share)
SELECT name, true, 1, id, 'email', false FROM res_partner WHERE name LIKE 'Seller %';
INSERT INTO res_company_users_rel (cid, user_id)
SELECT 1, id FROM res_users WHERE login LIKE 'Seller %';
"""
PEOPLE = """
INSERT INTO res_partner (id, commercial_partner_id, name, complete_name, active,
        autopost_bills, type, is_company, partner_share, city, user_id)
SELECT new.id, new.id, 'Repeat ' || n, 'Repeat ' || n, true, 'ask', 'contact', n % 5 = 0, true,
       'City ' || n % 10, seller.id
  FROM (SELECT n, nextval('res_partner_id_seq') AS id
          FROM generate_series(1, {customers}) n) new
  JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM res_users
         WHERE login LIKE 'Seller %') seller ON seller.place = n % 100;
CREATE TABLE bench_buy AS
SELECT id AS customer_id, n, times,
       '2026-03-02'::date - ((n * 7919) % (every + every / 2))::int
           - every * (5 - times) - (n * times) % 4 AS day
  FROM (SELECT id, substr(name, 8)::int AS n, 20 + substr(name, 8)::int % 70 AS every
          FROM res_partner WHERE name LIKE 'Repeat %') person
 CROSS JOIN generate_series(1, 5) AS times;
"""
ORDERS = """
INSERT INTO sale_order (id, company_id, partner_id, partner_invoice_id,
        partner_shipping_id, name, date_order, picking_policy, state, warehouse_id)
SELECT nextval('sale_order_id_seq'), 1, customer_id, customer_id, customer_id,
       'REPEAT/' || n || '/' || times, day + interval '9 hours', 'direct', 'sale', depot.id
  FROM bench_buy CROSS JOIN (SELECT min(id) AS id FROM stock_warehouse) depot
 WHERE times >= 4;
INSERT INTO sale_order_line (order_id, company_id, product_id, product_uom_id, name,
        product_uom_qty, price_unit, price_subtotal, customer_lead, sequence)
SELECT sale.id, 1, goods.id, goods.uom_id, 'Goods', 1 + part, 10, 10 * (1 + part), 0, part
  FROM bench_buy buy
  JOIN sale_order sale ON sale.name = 'REPEAT/' || buy.n || '/' || buy.times
 CROSS JOIN generate_series(0, 2) AS part
  JOIN bench_goods goods ON goods.p = (buy.n % 25 + part * 33) % 100;
"""
INVOICES = """
INSERT INTO account_move (journal_id, company_id, currency_id, move_type, state, date,
        invoice_date, partner_id, commercial_partner_id, amount_untaxed_signed,
        invoice_currency_rate, auto_post, name, payment_state)
SELECT journal.id, 1, company.currency_id, 'out_invoice', 'posted', day, day, customer_id,
       customer_id, 60, 1, 'no', 'REPEAT/' || n || '/' || times, 'paid'
  FROM bench_buy
  JOIN res_company company ON company.id = 1
  JOIN account_journal journal ON journal.company_id = 1 AND journal.type = 'sale'
 WHERE times <= 4;
INSERT INTO account_move_line (move_id, company_id, currency_id, journal_id, account_id,
        date, parent_state, display_type, partner_id, product_id, product_uom_id, quantity,
        price_unit, price_subtotal, balance, sequence)
SELECT move.id, 1, move.currency_id, move.journal_id, income.id, move.date, 'posted',
       'product', move.partner_id, goods.id, goods.uom_id, 1 + part, 10, 10 * (1 + part),
       -10 * (1 + part), part
  FROM bench_buy buy
  JOIN account_move move ON move.name = 'REPEAT/' || buy.n || '/' || buy.times
 CROSS JOIN generate_series(0, 2) AS part
  JOIN bench_goods goods ON goods.p = (buy.n % 25 + part * 33) % 100
 CROSS JOIN (SELECT min(id) AS id FROM account_account
              WHERE account_type = 'income') income;
INSERT INTO sale_order_line_invoice_rel (order_line_id, invoice_line_id)
SELECT sold.id, line.id
  FROM sale_order sale
  JOIN sale_order_line sold ON sold.order_id = sale.id
  JOIN account_move move ON move.name = sale.name
  JOIN account_move_line line ON line.move_id = move.id AND line.sequence = sold.sequence
 WHERE sale.name LIKE 'REPEAT/%/4';
"""


# Without their indexes the tables fill in minutes; uniqueness and keys stay as they are.
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
 WHERE indrelid IN ('account_move'::regclass, 'account_move_line'::regclass,
                    'res_partner'::regclass, 'sale_order'::regclass,
                    'sale_order_line'::regclass)
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def fill(env):
    env.cr.execute(INDEXES)
    indexes = env.cr.fetchall()
    for name, _definition in indexes:
        env.cr.execute(f"DROP INDEX {name}")
    env.cr.execute("SET session_replication_role = replica")
    for text in (GOODS, SELLERS, PEOPLE, ORDERS, INVOICES):
        for statement in text.replace("{customers}", str(CUSTOMERS)).split(";\n"):
            if statement:
                env.cr.execute(statement)
                env.cr.execute("ANALYZE")  # the next one joins what is new
    env.cr.execute("SET session_replication_role = origin")
    env.cr.execute("SET LOCAL maintenance_work_mem = '1GB'")
    for _name, definition in indexes:
        env.cr.execute(definition)
    env.cr.commit()
    _vacuum(env)


def measure(env):
    # one backend does it all: its processor time is the whole of it
    env.cr.execute("SET max_parallel_workers_per_gather = 0")
    team = env["crm.team"].create({"name": "Repeat", "company_id": 1})
    env["crm.funnel"].create(
        {
            "name": "Again",
            "kind": "repeat_sale",
            "company_id": 1,
            "team_ids": [(6, 0, team.ids)],
        }
    ).action_make_stages()
    env.cr.execute(
        "SELECT count(*) FROM account_move_line WHERE product_id IS NOT NULL"
    )
    (invoiced,) = env.cr.fetchone()
    env.cr.execute("SELECT count(*) FROM sale_order_line")
    (ordered,) = env.cr.fetchone()
    print(
        f"{CUSTOMERS:,} customers, {invoiced:,} invoice lines, {ordered:,} order lines, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    for rule in (_product_rule(env), _segment_rule(env)):
        _measure_rule(env, rule)
    _measure_passes(env)


def _product_rule(env):
    """Fifteen of the hundred products: six customers in ten have bought one of them."""
    env.cr.execute(
        "SELECT array_agg(product.product_tmpl_id) FROM bench_goods goods "
        "JOIN product_product product ON product.id = goods.id WHERE goods.p < 15"
    )
    (ids,) = env.cr.fetchone()
    return _rule(env, name="Products", what="goods", product_tmpl_ids=[(6, 0, ids)])


def _segment_rule(env):
    """Whatever those of two cities in ten buy."""
    segment = env["crm.segment"].create(
        {
            "name": "Two cities",
            "match": "any",
            "block_ids": [
                (0, 0, {"kind": "region", "places": "City 7"}),
                (0, 0, {"kind": "region", "places": "City 3"}),
            ],
            "budget_seconds": 600,
        }
    )
    segment._refresh(NOW)
    return _rule(env, name="Segment", what="anything", segment_id=segment.id)


def _rule(env, **values):
    return env["crm.repeat.rule"].create(
        {"user_id": env.ref("base.user_admin").id, "capacity": 5, **values}
    )


def _measure_rule(env, rule):
    bare = _timed(env, lambda: _count(env, rule._purchases_sql()))
    select = _timed(env, lambda: _count(env, rule._rhythm_sql()))
    rule._start_from(NOW.date(), is_backlog=True)
    env.cr.commit()
    first = _timed(env, lambda: _fill(env))
    again = _timed(env, lambda: env["crm.repeat.rhythm"]._refresh(rule))
    env.cr.commit()
    FILLS.append(first)
    number = env["crm.repeat.rhythm"].search_count([("rule_id", "=", rule.id)])
    print(
        f"{rule.name}: {number:,} rhythms; bare SELECT of purchases {bare:.1f} s, of "
        f"rhythms {select:.1f} s\n  first fill {first:.1f} s, {first / bare:.2f} × "
        f"purchases (goal 2); reckoned anew, nothing changed {again:.1f} s",
        flush=True,
    )


def _measure_passes(env):
    rules = env["crm.repeat.rule"].with_context(tracking_disable=True)
    _vacuum(env)
    found = _whole(env, _look(rules))
    print(
        f"first look, {_needs(env):,} needs found: {found[0]:.1f} s, {found[1]} statements"
    )
    env.cr.commit()
    _vacuum(env)
    turns = _whole(env, lambda: rules._open_some(NOW), limit=4)
    print(f"four pieces of 50 deals: {turns[0]:.1f} s, {turns[1]} statements")
    env.cr.commit()
    _age(env)
    for number in (0, 100, 1000):
        _buy(env, number)
        bought = _whole(env, lambda: rules._note_buyers(NOW))
        looked = _whole(env, _look(rules))
        turn = _whole(env, lambda: rules._open_some(NOW), limit=1)
        print(
            f"{number:,} changed customers: rhythms {bought[0]:.2f} s in {bought[1]} "
            f"statements, look {looked[0]:.2f} s in {looked[1]}, turn {turn[0]:.2f} s; "
            f"rhythms and look {(bought[0] + looked[0]) / (sum(FILLS) + found[0]):.1%} of "
            f"the first fills and search",
            flush=True,
        )
        env.cr.rollback()
        env.invalidate_all()


def _fill(env):
    """Piece by piece, as the pass does."""
    while env["crm.repeat.rule"]._fill_some(NOW):
        env.cr.commit()


def _look(rules):
    """The pass's look: what has ended once, then those who are due by pieces."""
    pieces = iter([rules._look_around])
    return lambda: next(pieces, rules._find_due)(NOW)


def _age(env):
    """Five closed needs of every customer: what years leave behind."""
    env.cr.execute(
        """
        INSERT INTO crm_repeat_need (rule_id, company_id, customer_id, partner_id, need_key,
               occurrence, purchase_count, interval_days, spread_days, last_on, due_on,
               closes_on, created_at, decided_at, ended_at, is_control, state, reason_code)
        SELECT rule.id, 1, customer_id, customer_id, 'old', 'since:' || day, 5, 30, 2, day,
               day + 30, day + 60, day, CASE WHEN state.name <> 'bought' THEN day END, day,
               state.name = 'held', state.name, NULL
          FROM bench_buy
          JOIN LATERAL (SELECT (ARRAY['lost', 'held', 'won', 'bought', 'dropped'])[times]
                            AS name) state ON TRUE
         CROSS JOIN (SELECT min(id) AS id FROM crm_repeat_rule) rule
        """
    )
    env.cr.commit()
    _vacuum(env)


def _buy(env, number):
    """So many customers buy today; undone afterwards."""
    env.cr.execute(
        """
        WITH chosen AS (
            SELECT * FROM bench_buy WHERE times = 1 ORDER BY md5(n::text) LIMIT %s
        ), moves AS (
            INSERT INTO account_move (journal_id, company_id, currency_id, move_type, state,
                   date, invoice_date, partner_id, commercial_partner_id,
                   invoice_currency_rate, auto_post, name, payment_state)
            SELECT move.journal_id, 1, move.currency_id, 'out_invoice', 'posted', %s, %s,
                   customer_id, customer_id, 1, 'no', 'REPEAT/' || n || '/new', 'not_paid'
              FROM chosen JOIN account_move move ON move.name = 'REPEAT/' || n || '/1'
            RETURNING id, partner_id, split_part(name, '/', 2) AS n
        ), lines AS (
            INSERT INTO account_move_line (move_id, company_id, currency_id, journal_id,
                   account_id, date, parent_state, display_type, partner_id, product_id,
                   product_uom_id, quantity, price_unit, price_subtotal, balance)
            SELECT moves.id, 1, line.currency_id, line.journal_id, line.account_id, %s,
                   'posted', 'product', moves.partner_id, line.product_id,
                   line.product_uom_id, line.quantity, 10, line.price_subtotal, line.balance
              FROM moves JOIN account_move old ON old.name = 'REPEAT/' || moves.n || '/1'
              JOIN account_move_line line ON line.move_id = old.id
        )
        SELECT partner_id FROM moves
        """,
        [number, NOW.date(), NOW.date(), NOW.date()],
    )
    env["crm.repeat.dirty"]._mark([(key, 1) for [key] in env.cr.fetchall()])


def _needs(env):
    return env["crm.repeat.need"].search_count([])


def _whole(env, work, limit=1000):
    """(processor seconds, statements) of a piece of work repeated until nothing is left to do."""
    before, started = env.cr.sql_log_count, inside.cpu_seconds(env)
    for _piece in range(limit):
        if not work():
            break
        env.flush_all()
    return inside.cpu_seconds(env) - started, env.cr.sql_log_count - before


def _count(env, select):
    env.cr.execute(SQL("SELECT count(*) FROM (%s) found", select))


def _vacuum(env):
    """As autovacuum leaves it a minute later."""
    env.cr.commit()
    env.cr._cnx.set_session(autocommit=True)
    env.cr.execute("VACUUM ANALYZE")
    env.cr._cnx.set_session(autocommit=False)


def _timed(env, work):
    """Processor seconds of this process and its backend."""
    started = inside.cpu_seconds(env)
    work()
    return inside.cpu_seconds(env) - started


def main():
    inside.ensure(NAME, fill)
    inside.run(NAME, measure)


if __name__ == "__main__":
    main_guard(main)
