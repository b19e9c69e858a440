from odoo.addons.crm_relations.uninstall import clean_up

from . import controllers
from . import models
from . import report
from . import wizard


def uninstall_hook(env):
    _end_steps(env)
    clean_up(env, "crm_marketing_survey")


def _end_steps(env):
    """Scenarios that ask stop, and their steps become tasks: nobody knows the kind."""
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
    env.invalidate_all()
