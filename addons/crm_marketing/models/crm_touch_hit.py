from odoo import fields, models


class CrmTouchHit(models.Model):
    """One row per call of the script."""

    _name = "crm.touch.hit"
    _inherit = "crm.public.hit.mixin"
    _description = "Call of a Site's Script"
    _log_access = False

    site_id = fields.Many2one("crm.touch.site", required=True, ondelete="cascade")

    # _is_over_limit(): the last minute of an address, the last hour of a site
    _site_created_idx = models.Index("(site_id, created_at)")
