from odoo import models

from ..tools.loyalty_ledger import to_milli
from ..tools.loyalty_told import tell


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge_loyalty_cards(self, src_partners, dst_partner):
        """The host adds up the cards of a program: their lots go along, with their days."""
        # sudo: the host merges cards as everybody who may merge partners
        cards_sudo = (
            self.env["loyalty.card"]
            .sudo()
            .search([("partner_id", "in", (src_partners | dst_partner).ids)])
        )
        before = {card.id: to_milli(card.points) for card in cards_sudo}
        merger = self.with_context(**tell(self.env.context, is_unbooked=True))
        result = super(BasePartnerMergeAutomaticWizard, merger)._merge_loyalty_cards(
            src_partners, dst_partner
        )
        cards_sudo._crm_book_merge(before, dst_partner)
        return result
