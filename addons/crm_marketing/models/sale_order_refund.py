"""How much of an order was credited, and what that means for its points."""

from odoo import models
from odoo.tools import SQL

from ..tools.loyalty_ledger import share, to_milli
from .loyalty_card import Change

# What happens to points that an order gave or took: (kind, sign of the order's entries)
EARNED, SPENT = "earned", "spent"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _crm_follow_refund(self, move):
        """Bring the cards to what posted invoices and notes say; whole again, if none.

        :param move: the invoice or credit note that was posted or taken back just now
        """
        self.ensure_one()
        moved = self._crm_get_point_rows()
        if not moved:
            return
        done, whole = self._crm_get_credited()
        cards = self.env["loyalty.card"].browse({card_id for card_id, _kind in moved})
        changes = {}
        for card in cards.exists():
            some = []
            for kind in (SPENT, EARNED):
                total, undone, count = moved.get((card.id, kind), (0, 0, 0))
                wanted = card._crm_get_undone(total, done, whole)
                some += self._crm_prepare_refund(
                    move, card, kind, wanted - undone, count
                )
            # what comes back may pay for what is taken
            some.sort(key=lambda change: change.milli < 0)
            if not card.program_id.crm_may_owe:
                some = card._crm_cap_all(some)
            if some:
                changes[card.id] = some
        if changes:
            self.env["loyalty.card"]._crm_change_points(changes, move.display_name)

    def _crm_follow_rewards(self):
        """A reward that goes off an order gives back what it cost: not what notes of the
        order gave back already."""
        for order in self.filtered(lambda order: order.state == "sale"):
            moves = order.order_line.invoice_lines.move_id
            notes = (moves | moves.reversal_move_ids).filtered(
                lambda move: move.move_type == "out_refund" and move.state == "posted"
            )
            if notes:
                order._crm_follow_refund(max(notes, key=lambda note: note.id))

    def _crm_prepare_refund(self, move, card, kind, milli, count):
        """[Change]: take ``milli`` more of the order's points back (less, if negative)."""
        if not milli:
            return []
        sign = -1 if kind == EARNED else 1
        if milli > 0:
            key = f"{self.id}:{kind}:{count + 1}"
            of = (self._name, self.id)
            return [Change("refund", sign * milli, move._name, move.id, key=key, of=of)]
        # a note was taken back, or its goods invoiced again: what notes moved returns
        # where it was
        return [
            Change(
                "cancelled",
                -sign * part,
                move._name,
                move.id,
                key=f"{self.id}:{kind}:{count + number}",
                of=(move._name, note_id),
            )
            for number, (note_id, part) in enumerate(
                self._crm_get_parts(move, card, kind, -milli), 1
            )
        ]

    def _crm_get_parts(self, move, card, kind, milli):
        """[(note id, thousandths)] by which ``milli`` returns: the note at hand, then the
        newest; what no note has left comes by ``move`` itself."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.source_id, (SUM(abs(entry.points) - abs(COALESCE((
                       SELECT SUM(undo.points) FROM crm_loyalty_entry undo
                        WHERE undo.reversal_of_id = entry.id), 0))) * 1000)::bigint
                  FROM crm_loyalty_entry entry
                 WHERE entry.card_ref = %s AND entry.source_model = 'account.move'
                   AND entry.id > %s
                   AND entry.reason = 'refund'
                   AND split_part(entry.line_key, ':', 1) = %s
                   AND split_part(entry.line_key, ':', 2) = %s
                 GROUP BY entry.source_id
                 ORDER BY entry.source_id = %s DESC, max(entry.id) DESC
                """,
                card.id,
                self._crm_get_life(),
                str(self.id),
                kind,
                move.id,
            )
        )
        parts = []
        for note_id, left in rows:
            part = min(left, milli)
            if part > 0:
                parts.append((note_id, part))
                milli -= part
        return parts + ([(move.id, milli)] if milli else [])

    # ------------------------------------------------------------ how much is credited

    def _crm_has_notes(self):
        """Whether anything of the order was ever credited."""
        moves = self.order_line.invoice_lines.move_id
        moves |= moves.reversal_move_ids
        return "out_refund" in moves.mapped("move_type")

    def _crm_get_credited(self):
        """(credited and not invoiced again, whole order) in cents of its currency.

        What was invoiced beyond the order replaces what was credited. An order that
        costs nothing is measured by thousandths of its pieces.
        """
        lines = self.order_line.invoice_lines.filtered(
            lambda line: line.parent_state == "posted"
        )
        notes = lines.filtered(lambda line: line.move_id.move_type == "out_refund")
        if self.currency_id.compare_amounts(self.amount_total, 0) > 0:
            scale = 10**self.currency_id.decimal_places
            whole = self.amount_total
            credited = self._crm_sum(notes) + self._crm_get_unlinked(lines - notes)
            invoiced = self._crm_sum(lines - notes)
        else:
            goods = self.order_line.filtered(
                lambda line: not line.is_reward_line and not line.is_downpayment
            )
            scale = 1000
            whole = sum(goods.mapped("product_uom_qty"))
            credited = sum((notes & goods.invoice_lines).mapped("quantity"))
            invoiced = sum(((lines - notes) & goods.invoice_lines).mapped("quantity"))
        credited -= max(invoiced - whole, 0)
        return round(max(credited, 0) * scale), round(whole * scale)

    def _crm_sum(self, lines):
        """What lines of invoices or notes come to, in the order's currency."""
        return sum(
            self._crm_convert(line.price_total, line.currency_id) for line in lines
        )

    def _crm_convert(self, amount, currency):
        """Of the day of the order: an invoice and its credit note weigh the same."""
        return currency._convert(
            amount, self.currency_id, self.company_id, self.date_order.date()
        )

    def _crm_get_unlinked(self, lines):
        """Notes without lines of orders: as much as the order's part of their invoice.

        :param lines: the order's posted lines of invoices
        """
        total = 0
        for invoice in lines.move_id:
            notes = invoice.reversal_move_ids.filtered(
                lambda note: note.state == "posted" and not note.line_ids.sale_line_ids
            )
            if not notes or not invoice.amount_total:
                continue
            own = sum((lines & invoice.line_ids).mapped("price_total"))
            for note in notes:
                amount = self._crm_convert(note.amount_total, note.currency_id)
                total += amount * own / invoice.amount_total
        return total

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

    def _crm_get_life(self):
        """Id of the last entry before the order was confirmed, the last time."""
        [[last]] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(max(split_part(
                           split_part(line_key, '/', 1), ':', 2)::int), 0)
                  FROM crm_loyalty_entry
                 WHERE source_model = 'sale.order' AND source_id = %s
                   AND reason IN ('order', 'reward') AND line_key LIKE 'life:%%'
                """,
                self.id,
            )
        )
        return last

    def _crm_read_rows(self):
        """([(card, sign, thousandths)], {(card, kind): (undone by credit notes, rows)})

        Zero: what the order itself undid, which notes may have undone as well.
        """
        life = self._crm_get_life()
        own = self.env.execute_query(
            SQL(
                """
                SELECT card_ref, CASE reason WHEN 'cancelled' THEN -sign(points)
                                 ELSE sign(points) END::int AS sign,
                       (SUM(points) * 1000)::bigint
                  FROM crm_loyalty_entry
                 WHERE source_model = 'sale.order' AND source_id = %s AND id > %s
                   AND reason IN ('order', 'reward', 'cancelled')
                 GROUP BY card_ref, 2
                """,
                self.id,
                life,
            )
        )
        undone = self.env.execute_query(
            SQL(
                """
                SELECT card_ref, split_part(line_key, ':', 2),
                       COALESCE(SUM(points) FILTER (WHERE id > %s) * 1000, 0)::bigint,
                       COUNT(*)
                  FROM crm_loyalty_entry
                 WHERE source_model = 'account.move' AND card_ref = ANY(%s)
                   AND reason IN ('refund', 'cancelled')
                   AND split_part(line_key, ':', 1) = %s
                 GROUP BY card_ref, split_part(line_key, ':', 2)
                """,
                life,
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

    def _crm_cap(self, change, coming=0):
        """Where nobody may owe points: at most what is left on the card.

        :param coming: thousandths that come (or go) before this change
        """
        left = max(to_milli(self.points) + coming, 0)
        if change.milli >= 0 or -change.milli <= left:
            return change
        return change._replace(milli=-left) if left else None

    def _crm_cap_all(self, changes):
        """Each capped at what those before it leave on the card."""
        capped, coming = [], 0
        for change in changes:
            change = self._crm_cap(change, coming)
            if change:
                coming += change.milli
                capped.append(change)
        return capped
