"""How much of an order was credited, and what that means for its points."""

from odoo import models
from odoo.tools import SQL

from ..tools.loyalty_ledger import share, to_milli
from .loyalty_card import Change

# What happens to points that an order gave or took: (kind, sign of the order's entries)
EARNED, SPENT = "earned", "spent"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _crm_follow_refund(self, note):
        """Bring the cards to what the posted credit notes say; whole again, if none."""
        self.ensure_one()
        moved = self._crm_get_point_rows()
        if not moved:
            return
        done, whole = self._crm_get_credited()
        cards = self.env["loyalty.card"].browse({card_id for card_id, _kind in moved})
        changes = {}
        for card in cards.exists():
            for kind in (SPENT, EARNED):
                total, undone, count = moved.get((card.id, kind), (0, 0, 0))
                wanted = card._crm_get_undone(total, done, whole)
                change = self._crm_prepare_refund(note, kind, wanted - undone, count)
                if change and not card.program_id.crm_may_owe:
                    change = card._crm_cap(change)
                if change:
                    changes.setdefault(card.id, []).append(change)
        if changes:
            self.env["loyalty.card"]._crm_change_points(changes, note.display_name)

    def _crm_prepare_refund(self, note, kind, milli, count):
        """Take ``milli`` more of the order's points back (or less, when negative)."""
        if not milli:
            return None
        sign = -1 if kind == EARNED else 1
        of = (self._name, self.id)
        reason = "refund"
        if milli < 0:
            # a credit note was taken back: what it moved returns where it was
            reason, of = "cancelled", (note._name, note.id)
        key = f"{self.id}:{kind}:{count + 1}"
        return Change(reason, sign * milli, note._name, note.id, key=key, of=of)

    def _crm_get_credited(self):
        """(credited, whole order) in cents of the order's currency."""
        lines = self.order_line.invoice_lines.filtered(
            lambda line: line.parent_state == "posted"
            and line.move_id.move_type == "out_refund"
        )
        total = sum(lines.mapped("price_total"))
        # notes without lines of the order: all of them is of the invoice they reverse
        invoices = self.order_line.invoice_lines.move_id
        for note in invoices.reversal_move_ids:
            if note.state == "posted" and not note.line_ids.sale_line_ids:
                total += note.amount_total
        scale = 10**self.currency_id.decimal_places
        return round(total * scale), round(self.amount_total * scale)

    def _crm_get_point_rows(self):
        """``{(card id, kind): (thousandths moved by the order, undone by notes, notes)}``

        What a cancelled order undid is not there to be undone again.
        """
        if self.state == "cancel":
            return {}
        own, undone = self._crm_read_rows()
        found = {}
        for card, sign, milli in own:
            kind = EARNED if sign > 0 else SPENT
            found[card, kind] = (abs(milli), *undone.get((card, kind), (0, 0)))
        return found

    def _crm_read_rows(self):
        """([(card, sign, thousandths)], {(card, kind): (undone by credit notes, rows)})"""
        own = self.env.execute_query(
            SQL(
                """
                SELECT card_ref, sign(points)::int, (SUM(points) * 1000)::bigint
                  FROM (SELECT entry.card_ref, entry.points
                               + COALESCE((SELECT SUM(undo.points)
                                             FROM crm_loyalty_entry undo
                                            WHERE undo.reversal_of_id = entry.id
                                              AND undo.source_model = 'sale.order'), 0)
                               AS points
                          FROM crm_loyalty_entry entry
                         WHERE entry.source_model = 'sale.order'
                           AND entry.source_id = %s
                           AND entry.reason IN ('order', 'reward')) one
                 WHERE points <> 0
                 GROUP BY card_ref, sign(points)
                """,
                self.id,
            )
        )
        undone = self.env.execute_query(
            SQL(
                """
                SELECT card_ref, split_part(line_key, ':', 2),
                       (SUM(points) * 1000)::bigint, COUNT(*)
                  FROM crm_loyalty_entry
                 WHERE source_model = 'account.move' AND card_ref = ANY(%s)
                   AND reason IN ('refund', 'cancelled')
                   AND split_part(line_key, ':', 1) = %s
                 GROUP BY card_ref, split_part(line_key, ':', 2)
                """,
                [card for card, _sign, _milli in own],
                str(self.id),
            )
        )
        return own, {
            (card, kind): (-milli if kind == EARNED else milli, count)
            for card, kind, milli, count in undone
        }

    def _crm_get_undone_by_notes(self):
        """``{card id: thousandths}`` that credit notes moved already, for a cancellation."""
        _own, undone = self._crm_read_rows()
        found = {}
        for (card, kind), (milli, _count) in undone.items():
            signed = -milli if kind == EARNED else milli
            found[card] = found.get(card, 0) + signed
        return found


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _crm_get_undone(self, total, done, whole):
        """Thousandths to undo when ``done`` of ``whole`` is credited.

        Points go in proportion; a coupon cannot be cut: it goes with the whole order.
        """
        self.ensure_one()
        if self.program_id.is_nominative:
            return share(total, done, whole)
        return total if done >= whole else 0

    def _crm_cap(self, change):
        """Where nobody may owe points: at most what is left on the card."""
        left = max(to_milli(self.points), 0)
        if change.milli >= 0 or -change.milli <= left:
            return change
        return change._replace(milli=-left) if left else None
