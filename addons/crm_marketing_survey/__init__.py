from odoo.addons.crm_relations.uninstall import clean_up

from . import models
from . import report
from . import wizard


def uninstall_hook(env):
    clean_up(env, "crm_marketing_survey")
