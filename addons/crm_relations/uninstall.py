"""What our modules take back when they are uninstalled.

The host removes tables, columns, views and records with an external id. What it
leaves behind is handled here: leads standing on our stages, activities of our types,
property definitions, and parameters set at run time. Every module's ``uninstall_hook``
calls :func:`clean_up` with its own name.
"""

import logging

from odoo.tools import SQL

_logger = logging.getLogger(__name__)


def uninstall_hook(env):
    env["crm.attribute.index"]._forget_all()
    clean_up(env, "crm_relations")


def clean_up(env, module):
    """Remove what ``module`` made in the host's tables.

    Our conventions make it findable: a stage and an activity type have an external id of
    the module, a property's name starts with ``<module>_``, a parameter's key with
    ``<module>.``.
    """
    _leave_our_stages(env, module)
    _remove_activities(env, module)
    _remove_properties(env, f"{module}_")
    _remove_parameters(env, f"{module}.")
    env.invalidate_all()


def _owned(env, model, module):
    """Records of ``model`` that have an external id of ``module``."""
    data = env["ir.model.data"].search([("module", "=", module), ("model", "=", model)])
    return (
        env[model]
        .with_context(active_test=False)
        .browse(data.mapped("res_id"))
        .exists()
    )


# ---- stages -----------------------------------------------------------------


def _leave_our_stages(env, module):
    """Send leads from our stages to the nearest stage that stays."""
    stages = _owned(env, "crm.stage", module)
    if not stages:
        return
    staying = env["crm.stage"].search([("id", "not in", stages.ids)])
    leads = env["crm.lead"].with_context(active_test=False, tracking_disable=True)
    groups = leads._read_group(
        [("stage_id", "in", stages.ids)], ["stage_id", "team_id"], ["id:recordset"]
    )
    for stage, team, group in groups:
        target = nearest_stage(stage, team, staying)
        if not target:
            _keep_stage(env, stage)
            continue
        # a lost or archived lead stays what it is: only the stage changes
        env.flush_all()
        env.cr.execute(
            SQL(
                "UPDATE crm_lead SET stage_id = %s WHERE id IN %s",
                target.id,
                tuple(group.ids),
            )
        )
    env.invalidate_all()


def nearest_stage(stage, team, staying):
    """The stage of ``staying`` that a lead of ``team`` on ``stage`` goes to, or none.

    A won stage goes to a won one and an open one to an open one, whatever the distance:
    otherwise a deal would be won or lost by an uninstall.
    """
    usable = staying.filtered(
        lambda other: other.is_won == stage.is_won
        and (not other.team_ids or team in other.team_ids)
    )
    return usable.sorted(
        lambda other: (abs(other.sequence - stage.sequence), other.sequence, other.id)
    )[:1]


def _keep_stage(env, stage):
    """Let a stage survive as the company's own when no host stage can take its leads."""
    _logger.warning("Stage %s stays: no other stage can take its leads", stage.name)
    env["ir.model.data"].search(
        [("model", "=", "crm.stage"), ("res_id", "=", stage.id)]
    ).unlink()


# ---- activities, parameters -------------------------------------------------


def _remove_activities(env, module):
    """Activities of our types (the types themselves then go with their external id),
    and activities on our own models, done ones too."""
    types = _owned(env, "mail.activity.type", module)
    models = _owned(env, "ir.model", module).mapped("model")
    activities = env["mail.activity"].with_context(active_test=False)
    activities.search(
        ["|", ("activity_type_id", "in", types.ids), ("res_model", "in", models)]
    ).unlink()


def _remove_parameters(env, prefix):
    env["ir.config_parameter"].search([("key", "=like", f"{prefix}%")]).unlink()


# ---- properties -------------------------------------------------------------


def _remove_properties(env, prefix):
    """Our properties out of every definition, and their values out of the records."""
    for model in env.registry.values():
        if model._abstract or not model._auto:
            continue
        for field in model._fields.values():
            if not field.store:
                continue
            if field.type == "properties_definition":
                _strip_definitions(env, model._table, field.name, prefix)
            elif field.type == "properties":
                _strip_values(env, model._table, field.name, prefix)


def _strip_definitions(env, table, column, prefix):
    table, column = SQL.identifier(table), SQL.identifier(column)
    env.cr.execute(
        SQL(
            """
            UPDATE %(table)s
               SET %(column)s = (
                   SELECT jsonb_agg(item ORDER BY position)
                     FROM jsonb_array_elements(%(column)s)
                          WITH ORDINALITY AS items(item, position)
                    WHERE NOT starts_with(item ->> 'name', %(prefix)s)
               )
             WHERE jsonb_typeof(%(column)s) = 'array'
               AND EXISTS (
                   SELECT FROM jsonb_array_elements(%(column)s) AS item
                    WHERE starts_with(item ->> 'name', %(prefix)s)
               )
            """,
            table=table,
            column=column,
            prefix=prefix,
        )
    )


def _strip_values(env, table, column, prefix):
    table, column = SQL.identifier(table), SQL.identifier(column)
    env.cr.execute(
        SQL(
            """
            UPDATE %(table)s
               SET %(column)s = %(column)s - ARRAY(
                   SELECT key FROM jsonb_object_keys(%(column)s) AS key
                    WHERE starts_with(key, %(prefix)s)
               )
             WHERE jsonb_typeof(%(column)s) = 'object'
               AND EXISTS (
                   SELECT FROM jsonb_object_keys(%(column)s) AS key
                    WHERE starts_with(key, %(prefix)s)
               )
            """,
            table=table,
            column=column,
            prefix=prefix,
        )
    )
