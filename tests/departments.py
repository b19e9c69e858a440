"""What the tests of the departments run beside themselves: a second Odoo process.

``python departments.py CONF DATABASE STEP…`` runs the steps in one process and prints
the snapshots as JSON. Steps: ``install:MODULE``, ``uninstall:MODULE``, ``traces:MODULE``
(what a module in use leaves in the host's tables), ``snapshot``, ``leads``,
``activities``, ``installed``.
"""

import json
import sys

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

OWN_PROPERTY = "own_note"  # made by the company: stays when a module goes

# {name: query}: everything that a module could leave behind. Texts only: ids differ.
SNAPSHOT = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, is_generated,
               column_default
          FROM information_schema.columns WHERE table_schema = 'public'""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = 'public'",
    # rule_group_rel: ir.rule and res.groups of the host declare it differently, and
    # whichever was set up last wins
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace
           AND conname <> 'rule_group_rel_group_id_fkey'""",
    "triggers": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
    " WHERE NOT tgisinternal",
    "functions": """
        SELECT p.proname, md5(p.prosrc) FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (
               SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
    "sequences": "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'",
    "relations": "SELECT relname, relkind::text FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')",
    "extensions": "SELECT extname FROM pg_extension",
    "external ids": """
        SELECT model, module, name FROM ir_model_data
         WHERE module NOT LIKE '\\_\\_%%'
           AND (module <> 'base' OR name NOT LIKE 'module\\_%%')""",
    "models": "SELECT model FROM ir_model",
    "fields": "SELECT model, name, ttype FROM ir_model_fields",
    "views": """
        SELECT v.model, v.name, v.type, v.active, v.mode, v.priority,
               md5(v.arch_db::text) FROM ir_ui_view v""",
    "actions": "SELECT type, name->>'en_US' FROM ir_actions",
    "menus": "SELECT name->>'en_US', active FROM ir_ui_menu",
    "rules": "SELECT name, domain_force FROM ir_rule",
    "rights": "SELECT name FROM ir_model_access",
    "groups": "SELECT name->>'en_US' FROM res_groups",
    "implied groups": """
        SELECT g.name->>'en_US', h.name->>'en_US' FROM res_groups_implied_rel r
          JOIN res_groups g ON g.id = r.gid JOIN res_groups h ON h.id = r.hid""",
    "crons": "SELECT cron_name FROM ir_cron",
    "parameters": "SELECT key FROM ir_config_parameter"
    " WHERE key NOT LIKE 'database.%%' AND key NOT LIKE 'base.%%'",
    "activity types": "SELECT name->>'en_US' FROM mail_activity_type",
    "mail templates": "SELECT name->>'en_US' FROM mail_template",
    "stages": "SELECT name->>'en_US', sequence, is_won, fold FROM crm_stage",
    "users": "SELECT login, active FROM res_users",
}


def definitions(cr):
    """Every property definition: [(table, id, name, type)]; not the company's own."""
    cr.execute(
        "SELECT model, name FROM ir_model_fields"
        " WHERE ttype = 'properties_definition' AND store"
    )
    found = []
    for model, column in cr.fetchall():
        table = model.replace(".", "_")
        cr.execute(
            f"SELECT id, item->>'name', item->>'type' FROM {table},"
            f" jsonb_array_elements({column}) item WHERE {column} IS NOT NULL"
        )
        found += [(table, *row) for row in cr.fetchall() if row[1] != OWN_PROPERTY]
    return found


def snapshot(env):
    result = {}
    for name, query in SNAPSHOT.items():
        env.cr.execute(query)
        result[name] = sorted(json.dumps(row, default=str) for row in env.cr.fetchall())
    result["properties"] = sorted(json.dumps(row) for row in definitions(env.cr))
    return result


def traces(env, module):
    """Use the module as a company does: a lead on its stage, a property, and so on."""

    def named(record, name):
        env["ir.model.data"].create(
            {
                "module": module,
                "name": name,
                "model": record._name,
                "res_id": record.id,
                "noupdate": True,
            }
        )
        return record

    stages = env["crm.stage"]
    middle = named(stages.create({"name": "Test drive", "sequence": 2}), "t_stage")
    paid = named(
        stages.create({"name": "Paid", "sequence": 99, "is_won": True}), "t_paid"
    )
    team = env["crm.team"].create({"name": f"Team of {module}"})
    team.lead_properties_definition = [
        {"name": OWN_PROPERTY, "string": "Note", "type": "char"},
        {"name": f"{module}_colour", "string": "Colour", "type": "char"},
    ]
    values = {"team_id": team.id, "type": "opportunity"}
    lead = env["crm.lead"].create(
        {"name": f"{module} open", "stage_id": middle.id, **values}
    )
    lead.lead_properties = {OWN_PROPERTY: "keep", f"{module}_colour": "red"}
    env["crm.lead"].create({"name": f"{module} won", "stage_id": paid.id, **values})
    lost = env["crm.lead"].create(
        {"name": f"{module} lost", "stage_id": middle.id, **values}
    )
    lost.action_set_lost()
    kind = named(env["mail.activity.type"].create({"name": f"Do {module}"}), "t_type")
    lead.activity_schedule(activity_type_id=kind.id, user_id=SUPERUSER_ID)
    lead.activity_schedule("mail.mail_activity_data_call", user_id=SUPERUSER_ID)
    partner = env["res.partner"].create({"name": f"Customer of {module}"})
    partner.activity_schedule("mail.mail_activity_data_todo", user_id=SUPERUSER_ID)
    env["ir.config_parameter"].set_param(f"{module}.limit", "5")


def leads(env):
    """[(name, stage, won or lost, properties)] of the leads that ``traces`` made."""
    env.cr.execute(
        "SELECT l.name, s.name->>'en_US', l.won_status, l.lead_properties"
        "  FROM crm_lead l JOIN crm_stage s ON s.id = l.stage_id"
        " WHERE l.name LIKE 'crm\\_%%' ORDER BY l.name"
    )
    return env.cr.fetchall()


def activities(env):
    """[(model, name of the record, type)] of the activities that are there."""
    env.cr.execute(
        "SELECT a.res_model, a.res_name, t.name->>'en_US' FROM mail_activity a"
        "  LEFT JOIN mail_activity_type t ON t.id = a.activity_type_id ORDER BY a.id"
    )
    return env.cr.fetchall()


def change(env, module, method):
    env["ir.module.module"].update_list()
    getattr(env["ir.module.module"].search([("name", "=", module)]), method)()


def run(database, steps):
    results = []
    for step in steps:
        name, _colon, module = step.partition(":")
        with Registry(database).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            if name == "install":
                change(env, module, "button_immediate_install")
            elif name == "uninstall":
                change(env, module, "button_immediate_uninstall")
            elif name == "traces":
                traces(env, module)
            elif name == "leads":
                results.append(leads(env))
            elif name == "activities":
                results.append(activities(env))
            elif name == "installed":
                cr.execute(
                    "SELECT name FROM ir_module_module WHERE state = 'installed'"
                )
                results.append(sorted(row[0] for row in cr.fetchall()))
            else:
                results.append(snapshot(env))
    return results


if __name__ == "__main__":
    config.parse_config(
        ["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=error"],
        setup_logging=True,
    )
    odoo.modules.module.initialize_sys_path()
    print(json.dumps(run(sys.argv[2], sys.argv[3:])))
