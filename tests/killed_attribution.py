"""Workers of attribution, killed in the middle of their passes.

``python killed_attribution.py CONF DATABASE KILLS CUSTOMERS``. The parent loads the registry
once and forks two workers per round; both are killed after a random time. Between two rounds
every customer is seen once more, so that all of his invoices must be shared out anew. At the
end one round is left to finish, and what the database then says is printed: one line of
JSON; then everything is shared out from nothing, which must say the same.
"""

import json
import random
import time
from datetime import datetime, timedelta

from killed_common import kill_round, start

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

START = datetime(2026, 3, 2, 9)
NET = """
    SELECT move_id, model_id, date, interaction_id, origin, source_id, SUM(amount)
      FROM crm_attribution_line GROUP BY 1, 2, 3, 4, 5, 6 HAVING SUM(amount) <> 0
     ORDER BY 1, 2, 3, 4, 5, 6
"""


def prepare(env, number):
    """An invoice and a first touch for each customer; ten models."""
    env.company.crm_attribution_model_ids = env["crm.attribution.model"].search([])
    customers = env["res.partner"].create(
        [{"name": f"killed {place}"} for place in range(number)]
    )
    journal = env["account.journal"].search(
        [("type", "=", "sale"), ("company_id", "=", env.company.id)], limit=1
    )
    env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": customer.id,
                "journal_id": journal.id,
                "invoice_date": START.date() + timedelta(days=20),
                "invoice_line_ids": [
                    (0, 0, {"name": "killed", "price_unit": 100 + customer.id % 7,
                            "tax_ids": False})
                ],
            }
            for customer in customers
        ]
    ).action_post()  # fmt: skip
    see(env, customers, 0)
    return customers.ids


def see(env, customers, round_number):
    source = env["utm.source"].create({"name": f"killed {round_number}"})
    channel = env["crm.channel"].search([("code", "=", "site")])
    env["crm.interaction"].create(
        [
            {
                "channel_id": channel.id, "company_id": env.company.id,
                "external_key": f"killed:{round_number}:{customer.id}",
                "touch_kind": "visit", "is_automatic": True, "direction": "in",
                "started_at": START + timedelta(hours=round_number),
                "partner_id": customer.id, "source_id": source.id,
            }
            for customer in customers
        ]
    )  # fmt: skip


def judge(env):
    """(what must hold, as numbers; what each document's places have)"""
    lines = env["crm.attribution.line"]
    env.cr.execute(NET)
    net = env.cr.fetchall()
    env.cr.execute(
        "SELECT model_id, SUM(amount) FROM crm_attribution_line GROUP BY model_id"
    )
    sums = {float(amount) for _model, amount in env.cr.fetchall()}
    found = {
        "waiting": lines._count_waiting(),
        "wrong": len(lines._find_wrong()),
        "different_sums": len(sums),
        "places": len(net),
    }
    return found, net


def main(database, wanted, number):
    registry, chance, started = Registry(database), random.Random(19), time.time()
    kills, rounds, now = 0, 0, START + timedelta(days=30)
    model = "crm.attribution.line"
    with registry.cursor() as cr:
        customers = prepare(api.Environment(cr, SUPERUSER_ID, {}), number)
    while kills < wanted and rounds < wanted * 3:
        rounds += 1
        kills += kill_round(registry, model, now, chance.uniform(0.01, 0.4))
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            see(env, env["res.partner"].browse(customers), rounds)
    for _again in range(2):  # the other worker held the lock
        kill_round(registry, model, now, None)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        found, net = judge(env)
        cr.execute("DELETE FROM crm_attribution_line")
        env["crm.attribution.dirty"]._mark_company(env.companies.ids)
        while env[model]._pass(now):
            pass
        found["as_from_nothing"] = judge(env)[1] == net
    found.update(kills=kills, rounds=rounds, seconds=round(time.time() - started))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    start(main)
