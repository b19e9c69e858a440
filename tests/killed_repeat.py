"""Workers of repeat sales, killed in the middle of their passes.

``python killed_repeat.py CONF DATABASE KILLS PEOPLE``: as killed_scenarios.py does.
"""

import json
import random
import time
from datetime import datetime, timedelta

from killed_common import kill_round, start

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

START = datetime(2026, 3, 2, 9)


def prepare(env, people):
    """A rule about dates of things; every deal there is room for."""
    env["crm.repeat.rule"].search([("state", "=", "running")]).action_stop()
    team = env["crm.team"].create({"name": "Killed"})
    funnel = env["crm.funnel"].create(
        {"name": "Killed", "kind": "repeat_sale", "team_ids": [(6, 0, team.ids)]}
    )
    funnel.action_make_stages()
    rule = env["crm.repeat.rule"].create(
        {
            "name": "Killed",
            "what": "service",
            "basis": "asset",
            "funnel_id": funnel.id,
            "capacity": 100_000,
            "control_percent": 20,
            # somebody who works here: deals of nobody have no task
            "user_id": env.ref("base.user_admin").id,
        }
    )
    rule._start_from(START.date())
    add_people(env, people, START + timedelta(days=8))
    return rule.id


def add_people(env, number, day):
    kind = env["crm.customer.asset.type"].search([], limit=1)
    partners = env["res.partner"].create(
        [{"name": f"R{day:%j}-{place}"} for place in range(number)]
    )
    env["crm.customer.asset"].create(
        [
            {
                "name": "killed", "type_id": kind.id, "partner_id": partner.id,
                "next_service_date": day.date(),
            }
            for partner in partners
        ]
    )  # fmt: skip


JUDGE = """
    SELECT (SELECT count(*) FROM crm_customer_asset WHERE name = 'killed') AS due,
           count(*) AS needs, count(*) FILTER (WHERE state = 'held') AS held,
           count(*) FILTER (WHERE state = 'opened') AS opened,
           count(DISTINCT lead_id) AS deals_of_needs,
           (SELECT count(*) FROM crm_lead WHERE name ILIKE 'service: R%%') AS deals,
           (SELECT count(*) FROM mail_activity task
              JOIN crm_repeat_need own ON own.lead_id = task.res_id
             WHERE task.res_model = 'crm.lead' AND own.rule_id = %(id)s) AS tasks,
           count(*) FILTER (WHERE user_id IS NOT NULL AND state = 'opened') AS to_call
      FROM crm_repeat_need WHERE rule_id = %(id)s
"""


def judge(env, rule_id, started):
    """What must hold, as numbers."""
    env.cr.execute(JUDGE, {"id": rule_id})
    names = [column.name for column in env.cr.description]
    found = dict(zip(names, env.cr.fetchone(), strict=True))
    return found | {"seconds": round(time.time() - started)}


def main(database, wanted, people):
    registry, chance, started = Registry(database), random.Random(19), time.time()
    kills, rounds, now = 0, 0, START + timedelta(days=1)
    with registry.cursor() as cr:
        rule_id = prepare(api.Environment(cr, SUPERUSER_ID, {}), people)
    while kills < wanted and rounds < wanted * 3:
        rounds += 1
        kills += kill_round(registry, "crm.repeat.rule", now, chance.uniform(0.02, 0.5))
        now += timedelta(days=1)
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            add_people(env, people // 10, now + timedelta(days=7))
    for days in (0, 1):
        kill_round(registry, "crm.repeat.rule", now + timedelta(days=days), None)
    with registry.cursor() as cr:
        found = judge(api.Environment(cr, SUPERUSER_ID, {}), rule_id, started)
    print(json.dumps(found | {"kills": kills, "rounds": rounds}), flush=True)


if __name__ == "__main__":
    start(main)
