"""Workers of scenarios, killed in the middle of their passes.

``python killed_scenarios.py CONF DATABASE KILLS PEOPLE LONGEST``. The parent loads the
registry once and forks two workers per round; both are killed after a random time of at
most LONGEST seconds. Between two rounds hours pass and things of other people become due.
At the end the passes are left to finish, and what the database then says is printed: one
line of JSON.
"""

import json
import random
import time
from datetime import datetime, timedelta

from killed_common import kill_round, start

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

START = datetime(2026, 3, 2, 9)
MANY = 1000  # with so many people no deals: what makes them slow is the host's


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
    steps = [
        letter,
        {"kind": "check", "question": "opened", "wait_days": 1},
        letter,
        {"kind": "deal", "text": "{name}"},
    ]
    scenario = env["crm.scenario"].create(
        {
            "name": "Killed",
            "trigger": "asset_service",
            "purpose_id": purpose.id,
            "goal": "none",
            "late_days": 500,
            "step_ids": [
                (0, 0, {**step, "sequence": number})
                for number, step in enumerate(steps[: 3 if people >= MANY else 4])
            ],
        }
    )
    scenario._start_from(START)
    add_people(env, people, START + timedelta(days=1))
    return scenario.id


def add_people(env, number, day):
    """People with an address and a thing that is due that day, by two statements."""
    kind = env["crm.customer.asset.type"].search([], limit=1)
    env.cr.execute(
        """
        WITH people AS (
            INSERT INTO res_partner (name, complete_name, email, email_normalized, active,
                        partner_share, is_company, type, autopost_bills, create_date)
            SELECT person, person, person || '@example.com', person || '@example.com', TRUE,
                   TRUE, FALSE, 'contact', 'ask', now()
              FROM (SELECT 'p' || n || '.' || txid_current() AS person
                      FROM generate_series(1, %s) n) named
            RETURNING id
        )
        INSERT INTO crm_customer_asset (name, type_id, partner_id, customer_id, company_id,
                                        next_service_date, active)
             SELECT 'killed', %s, id, id, %s, %s, TRUE FROM people
        """,
        [number, kind.id, env.company.id, day.date()],
    )
    env.cr.execute(
        "UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL"
    )
    env.invalidate_all()


JUDGE = """
    SELECT (SELECT count(*) FROM crm_customer_asset WHERE name = 'killed') AS due,
           (SELECT count(*) FROM crm_scenario_run WHERE scenario_id = %(id)s) AS runs,
           (SELECT count(*) FROM crm_scenario_run WHERE scenario_id = %(id)s
               AND state <> 'done') AS unfinished,
           (SELECT count(*) FROM crm_scenario_step WHERE scenario_id = %(id)s) AS steps,
           (SELECT count(*) FROM crm_scenario_event WHERE scenario_id = %(id)s
               AND state = 'sent') AS done,
           (SELECT count(*) FROM crm_scenario_event WHERE scenario_id = %(id)s
               AND state <> 'sent') AS not_done,
           (SELECT count(*) FROM mail_mail WHERE mailing_id IS NOT NULL)
               AS letters,
           (SELECT count(DISTINCT (person.res_partner_id, mail.mailing_id))
              FROM mail_mail mail
              JOIN mail_mail_res_partner_rel person ON person.mail_mail_id = mail.id
             WHERE mail.mailing_id IS NOT NULL) AS different_letters,
           (SELECT count(*) FROM mailing_trace trace
               JOIN crm_scenario_event event ON event.trace_id = trace.id
              WHERE event.scenario_id = %(id)s) AS traces,
           (SELECT count(*) FROM crm_interaction contact
               JOIN crm_contact_purpose purpose ON purpose.id = contact.purpose_id
              WHERE purpose.code = 'killed') AS contacts,
           (SELECT count(*) FROM crm_lead WHERE name LIKE 'Killed: %%') AS deals
"""


def judge(env, scenario_id):
    """What must hold, as numbers."""
    env.cr.execute(JUDGE, {"id": scenario_id})
    names = [column.name for column in env.cr.description]
    return dict(zip(names, env.cr.fetchone(), strict=True))


def is_in_the_middle(env, scenario_id):
    """Whether some letters are written and others wait."""
    env.cr.execute(
        "SELECT count(DISTINCT state) = 2 FROM crm_scenario_event "
        "WHERE scenario_id = %s AND kind = 'mail'",
        [scenario_id],
    )
    return env.cr.fetchone()[0]


def main(database, wanted, people, longest):
    registry, chance, started = Registry(database), random.Random(19), time.time()
    kills, middle, rounds, now = 0, 0, 0, START + timedelta(days=1, hours=6)
    with registry.cursor() as cr:
        scenario_id = prepare(api.Environment(cr, SUPERUSER_ID, {}), people)
    while kills < wanted and rounds < wanted * 3:
        rounds += 1
        killed = kill_round(
            registry, "crm.scenario", now, chance.uniform(0.02, longest)
        )
        now += timedelta(hours=8)
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            kills += killed
            middle += killed and is_in_the_middle(env, scenario_id)
            # a few more each round; the number of people decides how long it takes
            add_people(env, 2, now)
    passes = time.time()
    for days in (0, 2, 4):
        kill_round(registry, "crm.scenario", now + timedelta(days=days), None)
    with registry.cursor() as cr:
        found = judge(api.Environment(cr, SUPERUSER_ID, {}), scenario_id)
    found |= {"kills": kills, "rounds": rounds, "in_the_middle": middle}
    found |= {
        "seconds": round(time.time() - started),
        "seconds_after_the_kills": round(time.time() - passes),
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    start(main)
