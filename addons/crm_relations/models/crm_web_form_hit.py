from datetime import timedelta

from odoo import api, fields, models


class CrmWebFormHit(models.Model):
    """One row per submission, for rate limits; addresses are kept as a hash, a day."""

    _name = "crm.web.form.hit"
    _description = "Web Form Submission"
    _order = "created_at desc, id desc"
    _log_access = False

    form_id = fields.Many2one("crm.web.form", required=True, ondelete="cascade")
    created_at = fields.Datetime(required=True)
    address_hash = fields.Char(
        help="Not the network address itself: a hash with this database's secret."
    )
    state = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("double", "Double"),
            ("wrong", "Wrong input"),
            ("robot", "Robot"),
        ],
        required=True,
    )

    # _is_over_limit(): the last minute of an address, the last hour of a form
    _form_created_idx = models.Index("(form_id, created_at)")

    @api.autovacuum
    def _gc_old_hits(self):
        limit = fields.Datetime.now() - timedelta(days=1)
        hits = self.search([("created_at", "<", limit)], limit=10_000)
        hits.unlink()
        return len(hits), len(hits) == 10_000
