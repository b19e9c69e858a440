from datetime import timedelta

from odoo import api, fields, models

KEEP_DAYS = 30
GC_LIMIT = 50_000


class CrmInteractionDelivery(models.Model):
    """One call of an outside source: what came, what was taken, what was wrong."""

    _name = "crm.interaction.delivery"
    _description = "Contact Delivery"
    _order = "id DESC"
    _rec_name = "delivered_at"
    _log_access = False

    source_id = fields.Many2one(
        "crm.interaction.source",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    delivered_at = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now
    )
    row_count = fields.Integer(string="Rows", readonly=True)
    created_count = fields.Integer(string="New", readonly=True)
    updated_count = fields.Integer(
        string="Known", readonly=True, help="Rows whose key was in the ledger already."
    )
    unmatched_count = fields.Integer(
        string="Unknown People",
        readonly=True,
        help="Neither customer nor open lead was found.",
    )
    error_count = fields.Integer(string="Bad Rows", readonly=True)
    errors = fields.Text(
        string="First Bad Rows",
        readonly=True,
        help="Place in the call, field, what is wrong.",
    )

    @api.autovacuum
    def _gc_deliveries(self):
        """A month of log is enough to find a fault of the sender."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("delivered_at", "<", limit)], limit=GC_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_LIMIT
