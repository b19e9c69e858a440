from odoo.addons.crm_relations.uninstall import clean_up

from . import controllers
from . import models
from . import report


def uninstall_hook(env):
    clean_up(env, "crm_marketing")
