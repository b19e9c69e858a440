"""Programs of the host for members of segments only."""

from odoo import api, fields, models, tools
from odoo.tools import SQL

RELATION = "crm_segment_loyalty_program_rel"


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    crm_segment_ids = fields.Many2many(
        "crm.segment",
        relation=RELATION,
        column1="program_id",
        column2="segment_id",
        string="Only for Segments",
        # accountants open programs, and read no segments
        groups="mass_mailing.group_mass_mailing_user,sales_team.group_sale_salesman",
        help="Only their members earn and use it, as long as they belong to one of them. "
        "Points of whoever leaves stay on his card until he is back. Empty: everybody.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        programs = super().create(vals_list)
        # sudo: whoever makes a program need not read segments
        if programs.sudo().crm_segment_ids:
            self.env.registry.clear_cache()
        return programs

    def write(self, vals):
        result = super().write(vals)
        if "crm_segment_ids" in vals:
            self.env.registry.clear_cache()
        return result

    @api.model
    @tools.ormcache()
    def _crm_has_segments(self):
        """Whether any program is for segments only."""
        query = SQL("SELECT FROM %s LIMIT 1", SQL.identifier(RELATION))
        return bool(self.env.execute_query(query))

    @api.model
    def _crm_get_closed_ids(self, partner, company):
        """Programs that are for segments of which ``partner`` is no member.

        What his company belongs to counts for him; a segment that is archived is nobody's.
        """
        if not self._crm_has_segments():
            return []
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT rel.program_id
                  FROM %(relation)s rel
                  LEFT JOIN crm_segment segment
                    ON segment.id = rel.segment_id AND segment.active
                   AND segment.company_id = ANY(%(companies)s)
                  LEFT JOIN crm_segment_member member
                    ON member.segment_id = segment.id AND member.left_at IS NULL
                   AND member.partner_id = ANY(%(partners)s)
                 GROUP BY rel.program_id HAVING COUNT(member.id) = 0
                """,
                relation=SQL.identifier(RELATION),
                companies=(company | company.parent_id).ids,
                partners=(partner | partner.commercial_partner_id).ids,
            )
        )
        return [program_id for (program_id,) in rows]


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_program_domain(self):
        return self._crm_only_open("id", super()._get_program_domain())

    def _get_trigger_domain(self):
        return self._crm_only_open("program_id", super()._get_trigger_domain())

    def _crm_only_open(self, field_name, domain):
        # sudo: a customer of the shop need not read who belongs to what
        partner_sudo = self.partner_id.sudo()
        closed = self.env["loyalty.program"]._crm_get_closed_ids(
            partner_sudo, self.company_id.sudo()
        )
        # a list: the shop's own override changes parts of it by their place
        return [*domain, (field_name, "not in", closed)] if closed else domain


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    def _get_uses(self):
        # sudo: what it is used for is no secret to whoever reads the segment
        programs_sudo = self.env["loyalty.program"].sudo()
        found_sudo = programs_sudo.search([("crm_segment_ids", "in", self.ids)])
        return [
            *super()._get_uses(),
            (self.env._("Loyalty programs"), found_sudo.mapped("name")),
        ]
