from odoo import models

from ..tools.loyalty_ledger import to_milli
from .loyalty_card import Change


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _crm_book_merge(self, before, partner):
        """Cards that the host made one: the lots of the archived go to the one that stays.

        :param before: ``{card id: thousandths}`` before it did
        :param partner: who stays
        """
        moves = self._crm_find_moves(before, partner)
        changed = {card.id for card in self if to_milli(card.points) != before[card.id]}
        # also one whose points are the same, because what came sums to nothing
        changed |= {kept.id for kept in moves}
        books = self._crm_open_books(sorted(changed), {})
        counts = self._crm_count_entries(sorted(changed))
        for kept, givers in moves.items():
            for giver in givers:
                books[giver.id].move_to(
                    books[kept.id],
                    (Change("merged", 0, self._name, kept.id), counts.get(giver.id, 0)),
                    (Change("merged", 0, self._name, giver.id), counts.get(kept.id, 0)),
                )
        self.env["crm.loyalty.entry"]._append(
            [
                row
                for card in self.browse(sorted(changed))
                for row in card._crm_prepare_entries(books[card.id], {})
            ]
        )
        # what was rounded, or changed beside
        self.browse(sorted(changed))._crm_book_rest()

    def _crm_find_moves(self, before, partner):
        """``{card that stays: cards whose points went to it}``

        Of several that he has in a program the host chose the one that changed.
        """
        staying = self.filtered(lambda card: card.active and card.partner_id == partner)
        staying = staying.sorted(lambda one: to_milli(one.points) == before[one.id])
        moves = {}
        for card in self:
            if card.active or card.points or not before[card.id]:
                continue
            kept = staying.filtered(
                lambda one, card=card: one.program_id == card.program_id
            )[:1]
            if kept:
                moves[kept] = moves.get(kept, self.browse()) | card
        return moves

    def _crm_book_rest(self):
        """What the ledger lacks of these cards' points, as *other*."""
        booked = self.env["crm.loyalty.entry"]._get_milli(self.ids)
        self._crm_book(
            {
                card.id: [
                    Change(
                        "other",
                        to_milli(card.points) - booked.get(card.id, 0),
                        self._name,
                        card.id,
                    )
                ]
                for card in self
            }
        )
