from odoo import fields, models
from odoo.tools import SQL


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    crm_segment_ids = fields.Many2many(
        "crm.segment",
        relation="crm_segment_pricelist_rel",
        column1="pricelist_id",
        column2="segment_id",
        string="Segments",
        help="Members get this price list, unless their card names one. Of several the "
        "first in the order of price lists counts.",
    )

    def _get_partner_pricelist_multi(self, partner_ids):
        """The card's own price list first, then the segment's, then the country's."""
        result = super()._get_partner_pricelist_multi(partner_ids)
        chosen = self._get_segment_pricelists(partner_ids)
        if chosen:
            partners = self.env["res.partner"].with_context(active_test=False)
            for partner in partners.browse(chosen):
                own = partner.specific_property_product_pricelist
                if not own._get_partner_pricelist_multi_filter_hook():
                    result[partner.id] = self.browse(chosen[partner.id])
        return result

    def _get_segment_pricelists(self, partner_ids):
        """{partner id: price list id} of members of segments that have one"""
        if not self.env["res.groups"]._is_feature_enabled(
            "product.group_product_pricelist"
        ):
            return {}
        self.env["product.pricelist"].flush_model(["sequence", "active", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (partner.id) partner.id, pricelist.id
                  FROM crm_segment_pricelist_rel rel
                  JOIN product_pricelist pricelist ON pricelist.id = rel.pricelist_id
                   AND pricelist.active
                   AND (pricelist.company_id IS NULL OR pricelist.company_id = %(company)s)
                  JOIN crm_segment segment ON segment.id = rel.segment_id
                   AND segment.active AND segment.company_id = %(company)s
                  JOIN res_partner partner ON partner.id = ANY(%(ids)s)
                  JOIN crm_segment_member member ON member.segment_id = segment.id
                   AND member.left_at IS NULL
                   AND member.partner_id IN (partner.id, partner.commercial_partner_id)
                 ORDER BY partner.id, pricelist.sequence, pricelist.id
                """,
                company=self.env.company.id,
                ids=[key for key in partner_ids if isinstance(key, int)],
            )
        )
        return dict(rows)
