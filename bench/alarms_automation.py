"""python3 -m bench.alarms_automation: the host's automation rules and our alarms alike.

20,000 leads are overdue by their deadline; the person responsible gets an activity on
each. Both engines do it in one database, one after the other, in one run: the host's
``base_automation`` by a timed rule, ours by a rule with one step (its alarms, event rows,
steps and texts with it).
"""

import os
import time
from datetime import datetime

from . import inside
from .alarms import timed

DATABASE = "bench_automation"
LEADS = int(os.environ.get("CRM_AUTOMATION_LEADS", "20000"))
NOW = datetime(2026, 3, 2, 3)  # a Monday, before work
LATER = datetime(2026, 3, 3, 12)  # the deadline's next day, long after the limit
OVERDUE = "[('date_deadline', '=', '2026-03-01')]"


def fill(env):
    """Leads of ten people, and the host's module beside ours."""
    users = env["res.users"].create(
        [
            {
                "name": f"Person {number}",
                "login": f"bench_{number}",
                "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
            }
            for number in range(10)
        ]
    )
    stage = env["crm.stage"].search([], limit=1)
    env.flush_all()
    env.cr.execute(
        """
        INSERT INTO crm_lead (name, type, active, company_id, user_id, stage_id, priority,
                              date_deadline, qualification_state, create_uid, write_uid,
                              create_date, write_date)
             SELECT 'Lead ' || n, 'opportunity', true, %s, u.id, %s, '0', '2026-03-01', 'open',
                    1, 1, '2026-02-01', '2026-02-01'
               FROM generate_series(1, %s) n
               JOIN unnest(%s::int4[]) WITH ORDINALITY u(id, place)
                 ON u.place = n %% 10 + 1
        """,
        [env.company.id, stage.id, LEADS, users.ids],
    )
    env.cr.commit()
    env.cr.execute("ANALYZE crm_lead")
    module = env["ir.module.module"].search([("name", "=", "base_automation")])
    module.button_immediate_install()


def measure(env):
    """Prints both figures; the activities are counted."""
    env["crm.alarm.rule"].search([]).active = False
    env["ir.config_parameter"].set_param("crm_relations.alarm_storm_per_hour", 10**6)
    env.cr.commit()
    _clean(env)
    timed(f"base_automation, {LEADS:,} records, an activity each", env, _host(env))
    assert _count(env) == LEADS, "base_automation did not do its work"
    _clean(env)
    timed(f"alarms, {LEADS:,} records, an activity each", env, _ours(env))
    assert _count(env) == LEADS, "the alarms did not do their work"


def _host(env):
    model = env["ir.model"]._get("crm.lead")
    automation = env["base.automation"].create(
        {
            "name": "Bench",
            "model_id": model.id,
            "trigger": "on_time",
            "trg_date_id": env["ir.model.fields"]._get("crm.lead", "date_deadline").id,
            "trg_date_range": 1,
            "trg_date_range_type": "hour",
            "filter_domain": OVERDUE,
        }
    )
    automation.action_server_ids = [
        (0, 0, {
            "name": "Bench", "model_id": model.id, "state": "next_activity",
            "activity_type_id": env.ref("mail.mail_activity_data_todo").id,
            "activity_summary": "Overdue", "activity_user_type": "generic",
            "activity_user_field_name": "user_id",
        })
    ]  # fmt: skip
    env.cr.commit()

    def work():
        automation._cron_process_time_based_actions()
        automation.active = False

    return work


def _ours(env):
    rule = env["crm.alarm.rule"].create(
        {
            "name": "Bench",
            "model_id": env["ir.model"]._get_id("crm.lead"),
            "start_domain": OVERDUE,
            "date_field_id": env["ir.model.fields"]
            ._get("crm.lead", "date_deadline")
            .id,
            "valid_from": False,
            "progress_in": False,
            "step_ids": [(0, 0, {"limit_minutes": 60, "channel": "activity"})],
        }
    )
    env.cr.commit()

    def work():
        begin = time.time()
        for moment in (NOW, LATER):
            while env["crm.alarm"]._run(moment):
                env.cr.commit()
                env.invalidate_all()
        print(f"  of it opening and deciding: {time.time() - begin:.2f} s")
        told = 0
        while told < LEADS:
            told += env["crm.alarm.event"]._tell(LATER)
            env.cr.commit()
            env.invalidate_all()
        rule.active = False

    return work


def _clean(env):
    env.cr.execute("DELETE FROM mail_activity WHERE res_model = 'crm.lead'")
    env.cr.commit()
    env.invalidate_all()


def _count(env):
    return env["mail.activity"].search_count([("res_model", "=", "crm.lead")])


def main():
    inside.ensure(DATABASE, fill)
    inside.run(DATABASE, measure)


if __name__ == "__main__":
    main()
