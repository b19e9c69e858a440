"""What a person sees while he puts a segment together."""

from psycopg2.errors import QueryCanceled

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .crm_segment_block import MEANING

SAMPLES = 10
PREVIEW_SECONDS = 5


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    preview_count = fields.Integer(string="Now", compute="_compute_preview")
    preview_note = fields.Char(compute="_compute_preview")
    sample_ids = fields.Many2many(
        "res.partner", string="For example", compute="_compute_preview"
    )

    @api.depends(
        "domain",
        "match",
        "scope",
        "company_id",
        *(f"block_ids.{name}" for name in MEANING),
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_preview(self):
        """Count and ten samples of what is on the screen, with the reader's own rights."""
        for segment in self:
            count, ids, note = segment._try_look()
            segment.preview_count = count
            segment.sample_ids = self.env["res.partner"].browse(ids)
            segment.preview_note = note

    def _try_look(self):
        """(how many, ids of samples, why not)"""
        self.env.flush_all()
        try:
            with self._limited(PREVIEW_SECONDS):
                return *self._look(), False
        except QueryCanceled:
            note = self.env._(
                "Too many to count while you wait; save and refresh instead."
            )
        except (ValueError, TypeError, SyntaxError, KeyError, AccessError) as error:
            note = str(error)
        return 0, [], note

    def _look(self):
        """(how many, ids of the first ten) as the conditions stand now"""
        partners = self.env["res.partner"].with_user(self.env.user)
        query = self._get_query(fields.Datetime.now(), partners=partners)
        ((count,),) = self.env.execute_query(query.select("COUNT(*)"))
        query.order = "res_partner.complete_name, res_partner.id"
        query.limit = SAMPLES
        rows = self.env.execute_query(query.select("id"))
        return count, [partner_id for (partner_id,) in rows]
