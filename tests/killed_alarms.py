"""Workers of the alarms, killed in the middle of their passes.

``python killed_alarms.py CONF DATABASE KILLS``. The parent loads the registry once and
forks two workers per round; both are killed after a random time. Between two rounds an
hour of the alarms' clock passes and new records come. At the end one round is left to
finish, and what the database then says is printed: one line of JSON.
"""

import json
import random
import time
from datetime import datetime, timedelta

from killed_common import kill_round, start

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

START = datetime(2026, 3, 2, 9)
RECORDS = 30
NEW = 3


def prepare(env, rounds):
    """A rule that tells of every promise each hour, by letter."""
    env["crm.alarm.rule"].search([]).active = False
    env["ir.config_parameter"].set_param("crm_relations.alarm_storm_per_hour", 10**6)
    env["mail.mail"].search([]).unlink()
    field = env["ir.model.fields"]._get("crm.promise", "create_date")
    rule = env["crm.alarm.rule"].create(
        {
            "name": "Killed",
            "model_id": env["ir.model"]._get_id("crm.promise"),
            "start_domain": "[('name', '=', 'killed')]",
            "date_field_id": field.id,
            "clock": "wall",
            "quiet_from": 0,
            "quiet_to": 0,
            "valid_from": False,
            "record_notice_max": 10**6,
            "step_ids": [
                (0, 0, {
                    "limit_minutes": 30, "channel": "mail", "repeat_minutes": 60,
                    "repeat_max": rounds + 10,
                })
            ],
        }
    )  # fmt: skip
    add_records(env, RECORDS, START)
    return rule.id


def add_records(env, number, now):
    partner = env["res.partner"].search([], limit=1)
    user = env.ref("base.user_admin")
    user.email = user.email or "admin@example.com"
    promises = env["crm.promise"].create(
        [
            {"name": "killed", "partner_id": partner.id, "user_id": user.id}
            for __ in range(number)
        ]
    )
    env.flush_all()
    env.cr.execute(
        "UPDATE crm_promise SET create_date = %s WHERE id = ANY(%s)",
        [now, promises.ids],
    )


def judge(env, rule_id, started):
    """What must hold, as numbers."""
    env.cr.execute(
        """
        SELECT count(*) FILTER (WHERE kind = 'notice'),
               count(*) FILTER (WHERE kind = 'notice' AND e.state <> 'sent'),
               (SELECT count(*) FROM mail_mail),
               (SELECT count(*) FROM crm_alarm WHERE rule_id = %(rule)s
                   AND state <> 'stopped'),
               (SELECT count(DISTINCT res_id) FROM crm_alarm WHERE rule_id = %(rule)s),
               (SELECT count(*) FROM crm_promise WHERE name = 'killed'),
               (SELECT count(*) FROM crm_alarm a WHERE rule_id = %(rule)s
                   AND a.repeat_no + 1 <> (SELECT count(*) FROM crm_alarm_event n
                       WHERE n.alarm_id = a.id AND n.kind = 'notice'))
          FROM crm_alarm_event e JOIN crm_alarm a ON a.id = e.alarm_id
         WHERE a.rule_id = %(rule)s
        """,
        {"rule": rule_id},
    )
    names = ("notices", "untold", "letters", "alarms", "records_alarmed", "records",
             "alarms_with_a_gap")  # fmt: skip
    found = dict(zip(names, env.cr.fetchone(), strict=True))
    return found | {"seconds": round(time.time() - started)}


def main(database, wanted):
    registry, chance, started = Registry(database), random.Random(19), time.time()
    kills, rounds, now = 0, 0, START
    with registry.cursor() as cr:
        rule_id = prepare(api.Environment(cr, SUPERUSER_ID, {}), wanted * 3)
    while kills < wanted and rounds < wanted * 3:
        rounds, now = rounds + 1, now + timedelta(hours=1)
        kills += kill_round(registry, "crm.alarm", now, chance.uniform(0.005, 0.35))
        with registry.cursor() as cr:
            add_records(api.Environment(cr, SUPERUSER_ID, {}), NEW, now)
    kill_round(registry, "crm.alarm", now + timedelta(hours=1), None)
    with registry.cursor() as cr:
        found = judge(api.Environment(cr, SUPERUSER_ID, {}), rule_id, started)
    print(json.dumps(found | {"kills": kills, "rounds": rounds}), flush=True)


if __name__ == "__main__":
    start(main)
