from odoo import api, fields, models
from odoo.tools import SQL


def mark_of(column):
    """SQL aggregate that tells sets of ids apart; two of them are joined by ``#``."""
    return SQL(
        "COALESCE(bit_xor(hashint8extended(%s::bigint, 0)), 0)", SQL.identifier(column)
    )


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

    def init(self):
        """A million members take their numbers a hundred at a time."""
        self.env.cr.execute("ALTER SEQUENCE crm_segment_member_id_seq CACHE 100")

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
                WITH gone AS (
                    DELETE FROM crm_segment_member
                     WHERE left_at IS NULL AND partner_id = ANY(%(ids)s)
                       AND segment_id = ANY(ARRAY(SELECT id FROM crm_segment))
                    RETURNING segment_id, partner_id
                )
                UPDATE crm_segment segment
                   SET size = segment.size - less.size,
                       mark = (segment.mark::int8 # less.mark)::text
                  FROM (SELECT segment_id, count(*) AS size, %(mark)s AS mark
                          FROM gone GROUP BY segment_id) less
                 WHERE segment.id = less.segment_id
                """,
                ids=list(partner_ids),
                mark=mark_of("partner_id"),
            )
        )
        self.invalidate_model(flush=False)
        self.env["crm.segment"].invalidate_model(["size", "mark"], flush=False)

    @api.autovacuum
    def _gc_members(self):
        """Rows whose customer or segment was deleted in SQL, past the ORM; counted anew."""
        self.env.cr.execute(
            """
            DELETE FROM crm_segment_member member
             WHERE NOT EXISTS (SELECT FROM res_partner WHERE id = member.partner_id)
                OR NOT EXISTS (SELECT FROM crm_segment WHERE id = member.segment_id)
            """
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_segment segment SET size = kept.size, mark = kept.mark
                  FROM (SELECT segment.id, count(member.id) AS size, %s::text AS mark
                          FROM crm_segment segment
                          LEFT JOIN crm_segment_member member
                            ON member.segment_id = segment.id
                           AND member.left_at IS NULL
                         GROUP BY segment.id) kept
                 WHERE kept.id = segment.id
                   AND (COALESCE(segment.size, 0), COALESCE(segment.mark, '0'))
                       <> (kept.size, kept.mark)
                """,
                mark_of("partner_id"),
            )
        )
        self.env["crm.segment"].invalidate_model(["size", "mark"], flush=False)
