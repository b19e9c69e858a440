from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Rows follow their person by the host's SQL; their customer by ours.

        Where the destination is a contact of a company, the customer of the moved rows
        is that company and not the contact.
        """
        result = super()._update_foreign_keys(src_partners, dst_partner)
        # sudo: the host merges by SQL, past every right; ours follows it
        dst_partner.sudo()._recommercialize_family()
        return result
