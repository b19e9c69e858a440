from datetime import timedelta

from odoo import api, fields, models


class CrmTouchHit(models.Model):
    """One row per call of the script, for rate limits; kept a day."""

    _name = "crm.touch.hit"
    _description = "Call of a Site's Script"
    _order = "created_at desc, id desc"
    _log_access = False

    site_id = fields.Many2one("crm.touch.site", required=True, ondelete="cascade")
    created_at = fields.Datetime(required=True)
    address_hash = fields.Char(
        help="Not the network address itself: a hash with this database's secret."
    )

    # the last minute of an address, the last hour of a site
    _site_created_idx = models.Index("(site_id, created_at)")

    @api.autovacuum
    def _gc_old_hits(self):
        limit = fields.Datetime.now() - timedelta(days=1)
        hits = self.search([("created_at", "<", limit)], limit=10_000)
        hits.unlink()
        return len(hits), len(hits) == 10_000
