from datetime import timedelta

from odoo import api, fields, models

MOST_ROWS = 10_000  # deleted at once


class CrmPublicHitMixin(models.AbstractModel):
    """One row per call of a door, for its limits; addresses are kept as a hash, a day."""

    _name = "crm.public.hit.mixin"
    _description = "Call of a Door Open to Other Sites"
    _order = "created_at desc, id desc"
    _log_access = False

    created_at = fields.Datetime(required=True)
    address_hash = fields.Char(
        help="Not the network address itself: a hash with this database's secret."
    )

    @api.autovacuum
    def _gc_old_hits(self):
        if self._abstract:  # the host asks every model that has the method
            return 0, 0
        limit = fields.Datetime.now() - timedelta(days=1)
        hits = self.search([("created_at", "<", limit)], limit=MOST_ROWS)
        hits.unlink()
        return len(hits), len(hits) == MOST_ROWS
