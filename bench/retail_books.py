"""python -m bench.retail_books CONF DATABASE FILE: the retail data in the ledger by SQL.

Every document of the file becomes a posted invoice or credit note with its items, written
by bulk inserts (no business logic: ``bench.load_retail`` does that), in a transaction that
is rolled back. What the customers' months and figures make of it is printed as JSON:
``{"clean": {…}, "full": {…}}``. Cost of goods is not in the file: profit is revenue.
"""

import io
import json
import sys
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

from . import retail

TODAY = date(2011, 12, 20)
BOOKS = """
INSERT INTO res_partner (name, ref, active, autopost_bills, type, is_company)
SELECT DISTINCT 'Retail ' || customer, customer, true, 'ask', 'contact', false FROM retail;
UPDATE res_partner SET commercial_partner_id = id
 WHERE commercial_partner_id IS NULL AND name LIKE 'Retail %';
INSERT INTO account_move (journal_id, company_id, currency_id, move_type, state, date,
        invoice_date, partner_id, commercial_partner_id, amount_untaxed, amount_total,
        invoice_currency_rate, auto_post, name, ref)
SELECT journal.id, company.id, company.currency_id,
       CASE WHEN doc.amount < 0 THEN 'out_refund' ELSE 'out_invoice' END, 'posted',
       doc.day, doc.day, partner.id, partner.id, abs(doc.amount), abs(doc.amount), 1, 'no',
       'RETAIL/' || doc.number, doc.number
  FROM (SELECT number, min(customer) AS customer, min(day) AS day, sum(amount) AS amount
          FROM retail GROUP BY number) doc
  JOIN res_partner partner ON partner.ref = doc.customer AND partner.name LIKE 'Retail %'
  JOIN res_company company ON company.id = 1
  JOIN LATERAL (SELECT id FROM account_journal WHERE company_id = company.id
                   AND type = 'sale' ORDER BY id LIMIT 1) journal ON true;
INSERT INTO account_move_line (move_id, company_id, currency_id, journal_id, account_id,
        date, parent_state, display_type, partner_id, quantity, price_unit, discount, debit,
        credit, balance, amount_currency, amount_residual, reconciled)
SELECT move.id, move.company_id, move.currency_id, move.journal_id, account.id, move.date,
       'posted', part.kind, move.partner_id, 1, abs(part.amount), 0,
       greatest(part.balance, 0), greatest(-part.balance, 0), part.balance, part.balance,
       0, true
  FROM account_move move
  JOIN (SELECT number, 'product' AS kind, 'income' AS account, amount, -amount AS balance
          FROM retail
         UNION ALL
        SELECT number, 'payment_term', 'asset_receivable', sum(amount), sum(amount)
          FROM retail GROUP BY number) part ON part.number = move.ref
  JOIN LATERAL (SELECT id FROM account_account WHERE account_type = part.account
                 ORDER BY id LIMIT 1) account ON true
 WHERE move.name LIKE 'RETAIL/%';
"""


def put(env, lines):
    """``lines``: [(document, customer, day, exact amount)]; cents as an invoice rounds."""
    text = io.StringIO()
    for number, customer, day, amount in lines:
        cents = amount.quantize(retail.CENT, ROUND_HALF_UP)
        text.write(f"{number}\t{customer}\t{day}\t{cents}\n")
    text.seek(0)
    env.cr.execute(
        "CREATE TEMPORARY TABLE retail (number varchar, customer varchar, day date, "
        "amount numeric) ON COMMIT DROP"
    )
    # the cursor of psycopg2 itself: the host's has no COPY
    env.cr._obj.copy_expert("COPY retail FROM STDIN", text)
    env.cr.execute("ANALYZE retail")
    env.cr.execute(BOOKS)


def read(invoices, clean):
    """Lines of known customers, all or the clean ones."""
    return [
        (number, row["CustomerID"], row["InvoiceDate"][:10], retail.total([row]))
        for number, rows in invoices.items()
        for row in rows
        if row["CustomerID"] and (not clean or retail.is_clean(row))
    ]


def look(env):
    """What the months and the figures say of these customers."""
    # the addons' path is known only by now
    from odoo.addons.crm_relations.tools.customer_class import (
        rank,
        top_share,
    )

    env["crm.customer.month"]._fill()
    env["crm.customer.metric"]._refresh(TODAY)
    env.cr.execute(
        "SELECT metric.customer_id, metric.revenue_ever FROM crm_customer_metric metric "
        "JOIN res_partner partner ON partner.id = metric.customer_id "
        "WHERE partner.name LIKE 'Retail %'"
    )
    sums = dict(env.cr.fetchall())
    env.cr.execute(
        "SELECT sum(revenue), sum(credit_note_count) FROM crm_customer_month"
    )
    revenue, notes = env.cr.fetchone()
    return {
        "customers": len(sums),
        "revenue": f"{revenue:.2f}",
        "credit notes": int(notes),
        "not positive": sum(amount <= 0 for amount in sums.values()),
        "classes": Counter(rank(sums).values()),
        "top": str(round(top_share(sums.values()) * 100, 2)),
    }


def main(name, path):
    invoices, result = retail.read(path), {}
    with Registry(name).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        for kind in ("clean", "full"):
            put(env, read(invoices, kind == "clean"))
            result[kind] = look(env)
            cr.rollback()
            env.clear()
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    config.parse_config(
        ["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=error"],
        setup_logging=True,
    )
    odoo.modules.module.initialize_sys_path()
    main(sys.argv[2], sys.argv[3])
