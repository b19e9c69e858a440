from odoo.addons.crm_relations.uninstall import clean_up

from . import models


def uninstall_hook(env):
    clean_up(env, "crm_relations_stock")
