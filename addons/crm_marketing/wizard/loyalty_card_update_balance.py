from odoo import models

from ..tools.loyalty_told import tell


class LoyaltyCardUpdateBalance(models.TransientModel):
    _inherit = "loyalty.card.update.balance"

    def action_update_card_point(self):
        """The ledger keeps the words and the line of the card's history."""
        wizard = self.with_context(
            **tell(self.env.context, has_history=True, note=self.description)
        )
        return super(LoyaltyCardUpdateBalance, wizard).action_update_card_point()
