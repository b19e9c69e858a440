"""What a customer's level brings him on an order."""

from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    crm_loyalty_level_id = fields.Many2one(
        related="partner_id.crm_loyalty_level_id", string="Loyalty Level"
    )

    def _crm_get_level(self):
        self.ensure_one()
        partner = self.partner_id.with_company(self.company_id)
        return partner.crm_loyalty_level_id

    def _program_check_compute_points(self, programs):
        """Points of loyalty programs, times the factor of the level."""
        result = super()._program_check_compute_points(programs)
        found = [
            status
            for program, status in result.items()
            if program.program_type == "loyalty" and any(status.get("points") or ())
        ]
        if not found:
            return result
        factor = self._crm_get_level().earning_factor or 1
        if factor != 1:
            for status in found:
                status["points"] = [
                    round(points * factor, 2) for points in status["points"]
                ]
        return result

    def _compute_pricelist_id(self):
        """The level's price list, for who has none of his own."""
        result = super()._compute_pricelist_id()
        for order in self:
            if order.state != "draft" or not order.partner_id:
                continue
            pricelist = order._crm_get_level().pricelist_id
            own = order.partner_id.with_company(order.company_id)
            if pricelist and not own.specific_property_product_pricelist:
                order.pricelist_id = pricelist
        return result
