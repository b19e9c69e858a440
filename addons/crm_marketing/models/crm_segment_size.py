from odoo import fields, models


class CrmSegmentSize(models.Model):
    """A segment's size on the days on which it changed."""

    _name = "crm.segment.size"
    _description = "Segment's Size"
    _order = "date DESC, id DESC"
    _rec_name = "date"
    _log_access = False

    segment_id = fields.Many2one(
        "crm.segment", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    date = fields.Date(required=True, readonly=True)
    size = fields.Integer(
        readonly=True, aggregator="max", help="At the end of the day."
    )
    entered_count = fields.Integer(string="Came", readonly=True)
    left_count = fields.Integer(string="Left", readonly=True)

    _segment_date_uniq = models.Constraint(
        "UNIQUE(segment_id, date)", "This day is counted already."
    )
