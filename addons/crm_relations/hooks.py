from odoo import fields
from odoo.tools.misc import split_every


def post_init_hook(env):
    """Partners get their points, leads their visits of stages, customers their sums."""
    points = env["crm.contact.point"]
    for batch in split_every(5000, points._get_stale_partner_ids()):
        points._sync_partners(batch)
    env["crm.lead.stage.log"]._backfill()
    months = env["crm.customer.month"]
    months._first_fill(fields.Date.context_today(months))
