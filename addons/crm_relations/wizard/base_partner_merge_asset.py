from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _log_merge_operation(self, src_partners, dst_partner):
        # sudo: the host has merged by SQL, past every right
        assets_sudo = self.env["crm.customer.asset"].sudo()
        assets_sudo = assets_sudo.with_context(active_test=False)
        assets_sudo._follow_holders(
            assets_sudo.search([("partner_id", "=", dst_partner.id)]).ids
        )
        return super()._log_merge_operation(src_partners, dst_partner)
