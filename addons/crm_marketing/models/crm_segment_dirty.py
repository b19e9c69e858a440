from odoo import fields, models


class CrmSegmentDirty(models.Model):
    """Partners of whom something changed that a segment asks about."""

    _name = "crm.segment.dirty"
    _inherit = "crm.dirty.mixin"
    _description = "Customer to Look at for Segments"
    _log_access = False
    _dirty_key = ("partner_id",)

    partner_id = fields.Integer(required=True, export_string_translation=False)
