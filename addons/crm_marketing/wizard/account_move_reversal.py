from odoo import models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def _modify_default_reverse_values(self, origin_move):
        """The bill that stands in for the one taken back pays the same reward."""
        values = super()._modify_default_reverse_values(origin_move)
        return {
            **values,
            "crm_referral_partner_id": origin_move.crm_referral_partner_id.id,
        }
