from odoo import models


class LoyaltyCardUpdateBalance(models.TransientModel):
    _inherit = "loyalty.card.update.balance"

    def action_update_card_point(self):
        """The ledger keeps the words and the line of the card's history."""
        wizard = self.with_context(
            crm_loyalty_history=True, crm_loyalty_note=self.description
        )
        return super(LoyaltyCardUpdateBalance, wizard).action_update_card_point()
