from odoo import api, fields, models
from odoo.tools import SQL


class PlainMany2one(fields.Many2one):
    """A reference without a foreign key.

    A segment may have a million members; checking each of them against res_partner
    would take several times as long as finding them. ``res.partner.unlink`` and the
    merge contract do what the key would; ``_gc_members`` what was done past them.
    """

    def update_db_foreign_key(self, model, column):
        return


class CrmSegmentMember(models.Model):
    """Who was in which segment, from when to when. Rows are never rewritten but closed."""

    _name = "crm.segment.member"
    _description = "Segment's Member"
    _order = "entered_at DESC, id DESC"
    _rec_name = "partner_id"
    _log_access = False

    segment_id = PlainMany2one("crm.segment", required=True, readonly=True)
    partner_id = PlainMany2one(
        "res.partner", string="Member", required=True, readonly=True
    )
    company_id = PlainMany2one("res.company", required=True, readonly=True)
    entered_at = fields.Datetime(string="Came", required=True, readonly=True)
    left_at = fields.Datetime(string="Left", readonly=True, help="Empty: is in it.")

    # who is in a segment: refresh, filters of customers, mailings
    _open_uniq = models.UniqueIndex(
        "(segment_id, partner_id) WHERE left_at IS NULL",
        "This customer is in the segment already.",
    )
    # unlink and merge of a partner: what he was in before
    _partner_left_idx = models.Index("(partner_id) WHERE left_at IS NOT NULL")

    @api.model
    def _forget(self, partner_ids):
        """Delete these partners' rows, of now and of before."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_segment_member
                 WHERE left_at IS NOT NULL AND partner_id = ANY(%(ids)s)
                """,
                ids=list(partner_ids),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_segment_member
                 WHERE left_at IS NULL AND partner_id = ANY(%(ids)s)
                   AND segment_id = ANY(ARRAY(SELECT id FROM crm_segment))
                """,
                ids=list(partner_ids),
            )
        )
        self.invalidate_model(flush=False)

    @api.autovacuum
    def _gc_members(self):
        """Rows whose customer or segment was deleted in SQL, past the ORM."""
        self.env.cr.execute(
            """
            DELETE FROM crm_segment_member member
             WHERE NOT EXISTS (SELECT FROM res_partner WHERE id = member.partner_id)
                OR NOT EXISTS (SELECT FROM crm_segment WHERE id = member.segment_id)
            """
        )
