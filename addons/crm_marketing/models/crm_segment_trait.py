from odoo import fields, models


class CrmSegmentTrait(models.Model):
    """One trait of a segment beside all other customers, as last worked out."""

    _name = "crm.segment.trait"
    _description = "Trait of a Segment"
    _order = "is_told DESC, rank, id"
    _rec_name = "value"
    _log_access = False

    segment_id = fields.Many2one(
        "crm.segment", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    trait = fields.Char(
        string="Code", required=True, readonly=True, export_string_translation=False
    )
    label = fields.Char(string="Trait", readonly=True)
    value = fields.Char(required=True, readonly=True)
    inside_count = fields.Integer(string="Members with it", readonly=True)
    outside_count = fields.Integer(string="Others with it", readonly=True)
    share_inside = fields.Float(string="Of the members", readonly=True)
    share_outside = fields.Float(string="Of all others", readonly=True)
    lift = fields.Float(
        string="Times as often",
        readonly=True,
        digits=(16, 2),
        aggregator=None,
        help="Share among the members over share among all others.",
    )
    low = fields.Float(
        string="at least", readonly=True, digits=(16, 2), aggregator=None
    )
    high = fields.Float(
        string="at most", readonly=True, digits=(16, 2), aggregator=None
    )
    is_told = fields.Boolean(
        readonly=True, help="Seen often enough not to be chance (95 %)."
    )
    rank = fields.Integer(readonly=True, export_string_translation=False)
