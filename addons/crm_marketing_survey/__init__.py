from odoo.addons.crm_relations.uninstall import clean_up

from . import controllers
from . import models
from . import report
from . import wizard


def uninstall_hook(env):
    _end_steps(env)
    clean_up(env, "crm_marketing_survey")


def _end_steps(env):
    """Scenarios that ask or wait for talks stop: nobody knows the words any more."""
    env.cr.execute(
        """
        WITH steps AS (
            UPDATE crm_scenario_step SET kind = 'task' WHERE kind = 'survey'
         RETURNING scenario_id
        )
        UPDATE crm_scenario SET state = 'stopped'
         WHERE state = 'running' AND id IN (SELECT scenario_id FROM steps)
        """
    )
    env.cr.execute(
        """
        UPDATE crm_scenario SET trigger = 'birthday',
               state = CASE state WHEN 'running' THEN 'stopped' ELSE state END
         WHERE trigger = 'talk'
        """
    )
    env.registry.clear_cache()
    env.invalidate_all()
