from odoo import fields, models


class CrmSegmentLikeness(models.Model):
    """A customer who does not belong to a segment, and how like its members he is."""

    _name = "crm.segment.likeness"
    _description = "Look-alike of a Segment"
    _order = "score DESC, id"
    _rec_name = "partner_id"
    _log_access = False

    segment_id = fields.Many2one(
        "crm.segment", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    score = fields.Float(
        string="Likeness (%)",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="As the host's scoring of leads works it out: how probable a customer with "
        "these traits is a member.",
    )
    city = fields.Char(related="partner_id.city")
