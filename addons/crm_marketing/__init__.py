from odoo.addons.crm_relations.uninstall import clean_up

from . import controllers
from . import models
from . import report
from . import wizard


def post_init_hook(env):
    """What was there before us: credits of invoices, who was won by which, points."""
    companies = env["res.company"].search([])
    # the write queues every invoice of theirs
    companies.crm_attribution_model_ids = companies._default_crm_attribution_models()
    env["crm.customer.acquisition"]._follow()
    env["crm.loyalty.entry"]._open_balances()


def uninstall_hook(env):
    _leave_the_plan(env)
    env["crm.loyalty.entry"]._drop_guard()
    clean_up(env, "crm_marketing")


def _leave_the_plan(env):
    """Accounts with bookings stay the books', and with them the plan; else both go."""
    budgets = env["crm.campaign.budget"]
    budgets.search([])._remove_empty_accounts()
    plan = budgets._get_plan()
    if plan and env["account.analytic.account"].with_context(
        active_test=False
    ).search_count([("plan_id", "child_of", plan.id)], limit=1):
        env["ir.model.data"].search(
            [("model", "=", plan._name), ("res_id", "=", plan.id)]
        ).unlink()
