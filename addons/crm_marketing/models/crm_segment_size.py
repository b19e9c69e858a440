import json

from odoo import api, fields, models
from odoo.tools import format_date

from .crm_segment import READS_SEGMENTS

PICTURE_DAYS = 60


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


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    size_graph = fields.Text(
        compute="_compute_size_graph",
        groups=READS_SEGMENTS,
        export_string_translation=False,
        help="Sizes of the last days on which it changed, as the host's line picture.",
    )

    @api.depends("size_ids.size")
    def _compute_size_graph(self):
        for segment in self:
            days = segment.size_ids[:PICTURE_DAYS].sorted("date")
            if len(days) < 2:
                segment.size_graph = False
                continue
            label = self.env._("Members")
            values = [
                {"x": format_date(self.env, day.date), "y": day.size, "name": label}
                for day in days
            ]
            segment.size_graph = json.dumps(
                [{"values": values, "key": label, "title": "", "is_sample_data": False}]
            )
