from odoo import models


class LoyaltyGenerateWizard(models.TransientModel):
    _inherit = "loyalty.generate.wizard"

    def _get_partners(self):
        """Gifts for many skip those whom the program holds out."""
        partners = super()._get_partners()
        holdout = self.program_id and self.program_id._crm_get_holdout()
        if not holdout:
            return partners
        customer_ids = partners.commercial_partner_id.ids
        held = self.program_id._crm_filter_held([holdout], customer_ids)
        return partners.filtered(lambda one: one.commercial_partner_id.id not in held)
