from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Our tables first: the host deletes all rows of a source where one clashes."""
        # sudo: the host merges by SQL, past every right; ours follows it
        dst_partner.sudo()._crm_merge_partners(src_partners.ids, dst_partner.sudo())
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _log_merge_operation(self, src_partners, dst_partner):
        """Stored values that SQL moved past the ORM are read again by the card."""
        self.env["crm.contact.point"].sudo()._sync_partners(dst_partner.ids)
        return super()._log_merge_operation(src_partners, dst_partner)
