"""Workers of scenarios, killed in the middle of their passes.

``python killed_scenarios.py CONF DATABASE KILLS PEOPLE``. The parent loads the registry once
and forks two workers per round; both are killed after a random time. Between two rounds a
day passes and things of other people become due. At the end one round is left to finish,
and what the database then says is printed: one line of JSON.
"""

import json
import random
import sys
import time
from datetime import datetime, timedelta

from killed_common import kill_round

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

START = datetime(2026, 3, 2, 9)


def prepare(env, people):
    """A letter, the next day a question, then a second letter and a deal."""
    env["crm.scenario"].search([("state", "=", "running")]).action_stop()
    env["mail.mail"].search([]).unlink()
    purpose = env["crm.contact.purpose"].create(
        {
            "name": "Killed",
            "code": "killed",
            "basis": "always",
            "has_quiet_hours": False,
        }
    )
    letter = {"kind": "mail", "subject": "{name}", "body": "<p>{thing}</p>"}
    scenario = env["crm.scenario"].create(
        {
            "name": "Killed",
            "trigger": "asset_service",
            "purpose_id": purpose.id,
            "goal": "none",
            "late_days": 500,
            "step_ids": [
                (0, 0, {**letter, "sequence": 1}),
                (0, 0, {"kind": "check", "question": "opened", "wait_days": 1,
                        "sequence": 2}),
                (0, 0, {**letter, "sequence": 3}),
                (0, 0, {"kind": "deal", "text": "{name}", "sequence": 4}),
            ],
        }
    )  # fmt: skip
    scenario._start_from(START)
    add_people(env, people, START + timedelta(days=1))
    return scenario.id


def add_people(env, number, day):
    kind = env["crm.customer.asset.type"].search([], limit=1)
    partners = env["res.partner"].create(
        [
            {"name": f"P{day:%j}-{n}", "email": f"p{day:%j}.{n}@example.com"}
            for n in range(number)
        ]
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
           (SELECT count(*) FROM crm_scenario_run WHERE scenario_id = %(id)s) AS runs,
           (SELECT count(*) FROM crm_scenario_run WHERE scenario_id = %(id)s
               AND state <> 'done') AS unfinished,
           (SELECT count(*) FROM crm_scenario_event WHERE scenario_id = %(id)s
               AND state = 'sent') AS done,
           (SELECT count(*) FROM crm_scenario_event WHERE scenario_id = %(id)s
               AND state <> 'sent') AS not_done,
           (SELECT count(*) FROM mail_mail WHERE mailing_id IS NOT NULL)
               AS letters,
           (SELECT count(*) FROM mailing_trace trace
               JOIN crm_scenario_event event ON event.trace_id = trace.id
              WHERE event.scenario_id = %(id)s) AS traces,
           (SELECT count(*) FROM crm_interaction contact
               JOIN crm_contact_purpose purpose ON purpose.id = contact.purpose_id
              WHERE purpose.code = 'killed') AS contacts,
           (SELECT count(*) FROM crm_lead WHERE name LIKE 'Killed: %%') AS deals
"""


def judge(env, scenario_id, started):
    """What must hold, as numbers."""
    env.cr.execute(JUDGE, {"id": scenario_id})
    names = [column.name for column in env.cr.description]
    found = dict(zip(names, env.cr.fetchone(), strict=True))
    return found | {"seconds": round(time.time() - started)}


def main(database, wanted, people):
    registry, chance, started = Registry(database), random.Random(19), time.time()
    kills, rounds, now = 0, 0, START + timedelta(days=1, hours=6)
    with registry.cursor() as cr:
        scenario_id = prepare(api.Environment(cr, SUPERUSER_ID, {}), people)
    while kills < wanted and rounds < wanted * 3:
        rounds += 1
        kills += kill_round(registry, "crm.scenario", now, chance.uniform(0.02, 0.5))
        now += timedelta(days=1)
        with registry.cursor() as cr:
            day = now.replace(hour=0)
            # some more each day; the number of people decides how long it takes
            env = api.Environment(cr, SUPERUSER_ID, {})
            add_people(env, max(people // 50, 2), day)
    for days in (0, 2, 4):
        kill_round(registry, "crm.scenario", now + timedelta(days=days), None)
    with registry.cursor() as cr:
        found = judge(api.Environment(cr, SUPERUSER_ID, {}), scenario_id, started)
    print(json.dumps(found | {"kills": kills, "rounds": rounds}), flush=True)


if __name__ == "__main__":
    config.parse_config(
        ["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=error"],
        setup_logging=True,
    )
    odoo.modules.module.initialize_sys_path()
    main(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
