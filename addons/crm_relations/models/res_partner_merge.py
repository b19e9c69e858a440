"""The merge contract: what of our tables moves when partners become one."""

from odoo import api, fields, models
from odoo.tools import SQL

DUPLICATE_LIMIT = 20  # an office number of hundreds is not a list to read


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_duplicate_ids = fields.Many2many(
        "res.partner",
        compute="_compute_crm_duplicate_ids",
        string="Possible Duplicates",
        help="Others who are known by the same number or address.",
    )

    @api.depends(
        "crm_contact_point_ids.normalized", "crm_contact_point_ids.state", "parent_id"
    )
    def _compute_crm_duplicate_ids(self):
        pairs = self._get_duplicate_pairs()
        others = self.browse({other for found in pairs.values() for other in found})
        readable = set(others._filtered_access("read").ids)
        for partner in self:
            found = pairs.get(partner._origin.id, [])
            partner.crm_duplicate_ids = [
                (6, 0, [other for other in found if other in readable])
            ]

    def _get_duplicate_pairs(self):
        """{partner id: [ids of others with a common point in use]}

        A person who gives the company's own number is no duplicate of it, nor of his
        colleagues.
        """
        ids = [partner._origin.id for partner in self if partner._origin.id]
        if not ids:
            return {}
        self.env["crm.contact.point"].flush_model()
        self.flush_model(["parent_id", "commercial_partner_id", "active"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT asked.id, (array_agg(DISTINCT twin.id))[:%(limit)s]
                  FROM res_partner asked
                  JOIN crm_contact_point mine
                    ON mine.partner_id = asked.id AND mine.state = 'ok'
                  JOIN LATERAL (
                       SELECT partner_id FROM crm_contact_point theirs
                        WHERE theirs.kind = mine.kind AND theirs.normalized = mine.normalized
                          AND theirs.partner_id <> mine.partner_id AND theirs.state = 'ok'
                        LIMIT %(limit)s) theirs ON TRUE
                  JOIN res_partner twin ON twin.id = theirs.partner_id AND twin.active
                 WHERE asked.id = ANY(%(ids)s)
                   AND NOT (twin.commercial_partner_id = asked.commercial_partner_id AND EXISTS (
                       SELECT FROM crm_contact_point office
                        WHERE office.partner_id = asked.commercial_partner_id
                          AND office.kind = mine.kind AND office.normalized = mine.normalized))
              GROUP BY asked.id
                """,
                limit=DUPLICATE_LIMIT,
                ids=ids,
            )
        )
        return dict(rows)

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Prepare our tables before the host turns every reference to the sources.

        Modules extend it with ``super()`` for each table whose unique key holds a
        partner or whose rows are computed from one; plain references move by
        themselves. Whoever calls it is already allowed to merge.
        """
        self.env.flush_all()
        self._crm_merge_points(source_ids, destination)
        self._crm_merge_interactions(source_ids, destination)
        self.env.invalidate_all()

    @api.model
    def _crm_merge_points(self, source_ids, destination):
        """Of equal points one stays: the destination's, else the oldest.

        It takes over what its twins knew, and the ledger's rows with it.
        """
        self.env.cr.execute(
            SQL(
                """
                WITH equal AS (
                    SELECT id, first_value(id) OVER ranked AS kept
                      FROM crm_contact_point
                     WHERE partner_id = ANY(%(all)s) AND normalized IS NOT NULL
                    WINDOW ranked AS (PARTITION BY kind, normalized
                                      ORDER BY (partner_id <> %(destination)s), id)
                ), twins AS (
                    SELECT id, kept FROM equal WHERE id <> kept
                ), known AS (
                    SELECT kept, max(last_seen_at) AS seen, min(verified_at) AS verified,
                           bool_or(state = 'ok') AS usable
                      FROM twins JOIN crm_contact_point USING (id)
                  GROUP BY kept
                ), enriched AS (
                    UPDATE crm_contact_point point
                       SET last_seen_at = GREATEST(point.last_seen_at, known.seen),
                           verified_at = LEAST(point.verified_at, known.verified),
                           state = CASE WHEN known.usable THEN 'ok' ELSE point.state END
                      FROM known WHERE point.id = known.kept
                ), ledger AS (
                    UPDATE crm_interaction row SET contact_point_id = twins.kept
                      FROM twins WHERE row.contact_point_id = twins.id
                )
                DELETE FROM crm_contact_point WHERE id IN (SELECT id FROM twins)
                """,
                all=[*source_ids, destination.id],
                destination=destination.id,
            )
        )
        # the sources' cards are gone: their numbers stay usable beside the card's own
        self.env.cr.execute(
            """
            UPDATE crm_contact_point SET is_primary = FALSE, card_value = NULL
             WHERE partner_id = ANY(%s)
            """,
            [list(source_ids)],
        )

    @api.model
    def _crm_merge_interactions(self, source_ids, destination):
        """The customer of a row is the commercial partner of whoever it now belongs to."""
        customer = destination.commercial_partner_id.id
        if customer in source_ids:
            customer = destination.id
        self.env.cr.execute(
            """
            UPDATE crm_interaction SET customer_id = %s
             WHERE (partner_id = ANY(%s) OR customer_id = ANY(%s))
               AND customer_id IS DISTINCT FROM %s
            """,
            [customer, list(source_ids), list(source_ids), customer],
        )
        self.env.cr.execute(
            """
            UPDATE crm_interaction SET res_id = %s
             WHERE res_model = 'res.partner' AND res_id = ANY(%s)
            """,
            [destination.id, list(source_ids)],
        )

    def action_merge_these_two(self):
        """Open *Merge these two* with this customer as the one that stays."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Merge these two"),
            "res_model": "crm.partner.merge",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_destination_id": self.id,
                "default_source_id": self.crm_duplicate_ids[:1].id,
            },
        }
