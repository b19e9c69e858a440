from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_segment_ids = fields.Many2many(
        "crm.segment",
        string="Segments",
        compute="_compute_crm_segment_ids",
        search="_search_crm_segment_ids",
        groups="mass_mailing.group_mass_mailing_user,sales_team.group_sale_salesman",
        help="Segments of the companies in use that the customer belongs to now.",
    )

    @api.model
    def _crm_readable_segments(self):
        """Of the companies in use: no others are told."""
        return self.env["crm.segment"].search([("active", "=", True)])

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_crm_segment_ids(self):
        segments = self._crm_readable_segments()
        found = {}
        if segments:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT partner_id, array_agg(segment_id) FROM crm_segment_member
                     WHERE segment_id = ANY(%s) AND partner_id = ANY(%s)
                       AND left_at IS NULL
                     GROUP BY partner_id
                    """,
                    segments.ids,
                    [key for key in self._origin.ids if key],
                )
            )
            found = dict(rows)
        for partner in self:
            ids = set(found.get(partner._origin.id, ()))
            partner.crm_segment_ids = segments.filtered(
                lambda row, ids=ids: row.id in ids
            )

    @api.model
    def _search_crm_segment_ids(self, operator, value):
        """Every filter of the host: by id, by name, set or not set."""
        segments = self.env["crm.segment"]
        if operator in ("any", "any!"):
            domain = value if isinstance(value, Domain) else Domain(value)
        elif operator == "in":
            ids = [key for key in value if isinstance(key, int) and key]
            names = [key for key in value if isinstance(key, str)]
            domain = Domain("id", "in", ids)
            if names:
                domain |= Domain.OR(Domain("display_name", "=", name) for name in names)
        elif operator in ("ilike", "like", "=ilike", "=like"):
            domain = Domain("display_name", operator, value)
        else:
            return NotImplemented
        chosen = segments.search(domain).ids
        found = self._crm_member_domain(chosen)
        if operator == "in" and False in value:
            found |= ~self._crm_member_domain(self._crm_readable_segments().ids)
        return found

    @api.model
    def _crm_member_domain(self, segment_ids):
        def to_sql(_model, alias, _query):
            return SQL(
                "%s IN (SELECT partner_id FROM crm_segment_member "
                "WHERE segment_id = ANY(%s) AND left_at IS NULL)",
                SQL.identifier(alias, "id"),
                segment_ids,
            )

        return Domain.custom(to_sql=to_sql)

    def _read_group_groupby(self, alias, groupby_spec, query):
        """The host groups by stored relations only; this one is a table too."""
        if groupby_spec != "crm_segment_ids":
            return super()._read_group_groupby(alias, groupby_spec, query)
        self._check_field_access(self._fields["crm_segment_ids"], "read")
        member = query.make_alias(alias, "crm_segment")
        query.add_join(
            "LEFT JOIN",
            member,
            "crm_segment_member",
            SQL(
                "%s = %s AND %s IS NULL AND %s = ANY(%s)",
                SQL.identifier(alias, "id"),
                SQL.identifier(member, "partner_id"),
                SQL.identifier(member, "left_at"),
                SQL.identifier(member, "segment_id"),
                self._crm_readable_segments().ids,
            ),
        )
        return SQL.identifier(member, "segment_id")

    # ------------------------------------------------------------ going and merging

    def unlink(self):
        ids = self.ids
        result = super().unlink()
        if ids and self.env["crm.segment"]._get_watched_fields() is not None:
            self.env["crm.segment.member"]._forget(ids)
        return result

    def _erase_interactions(self):
        """Whoever is forgotten belongs to no segment and to no list of a file."""
        if self.ids:
            self.env["crm.segment.member"]._forget(self.ids)
            self.env.cr.execute(
                SQL(
                    "DELETE FROM crm_segment_block_partner_rel WHERE partner_id = ANY(%s)",
                    self.ids,
                )
            )
        return super()._erase_interactions()

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Rows of the one who goes are deleted; the one who stays is looked at anew.

        He keeps the days on which he came: a merge is no entry into a segment.
        """
        result = super()._crm_merge_partners(source_ids, destination)
        self.env["crm.segment.member"]._forget(source_ids)
        self.env["crm.segment"]._mark(
            [*source_ids, destination.id, destination.commercial_partner_id.id]
        )
        return result


class CrmPartnerMergeLog(models.Model):
    _inherit = "crm.partner.merge.log"

    def action_undo(self):
        result = super().action_undo()
        both = self.source_id | self.destination_id
        self.env["crm.segment"]._mark((both | both.commercial_partner_id).ids)
        return result
