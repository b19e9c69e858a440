"""Whatever changes a card's points leaves its entries in the ledger."""

from collections import namedtuple

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.loyalty_ledger import Book, Lot, Piece, from_milli, to_milli
from ..tools.loyalty_told import tell, told

# What somebody is about to do to a card. milli: thousandths, signed; (model, res_id):
# the document; key: None for the next free number, else the same key is refused twice;
# of: (model, id) of the document whose points this reverses; expires: None as the
# program says, False never
Change = namedtuple(
    "Change",
    "reason milli model res_id key of expires note",
    defaults=(None, None, None, None),
)


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    crm_entry_ids = fields.One2many(
        "crm.loyalty.entry",
        "card_id",
        string="Points Ledger",
        readonly=True,
    )

    @api.model_create_multi
    def create(self, vals_list):
        cards = super().create(vals_list)
        cards._crm_book_changes({card.id: 0 for card in cards if card.points}, "grant")
        return cards

    def write(self, vals):
        if "points" not in vals or told(self.env.context, "is_unbooked"):
            return super().write(vals)
        before = {card.id: to_milli(card.points) for card in self}
        result = super().write(vals)
        self._crm_book_changes(before)
        return result

    def unlink(self):
        # what is on a card goes with it, and the ledger says so
        before = {card.id: to_milli(card.points) for card in self if card.points}
        self.browse(before)._crm_book(
            {
                card_id: [Change("deleted", -milli, self._name, card_id)]
                for card_id, milli in before.items()
            }
        )
        return super().unlink()

    def _compute_use_count(self):
        """A number only: marketers and accountants read cards, and not all orders."""
        return super(LoyaltyCard, self.sudo())._compute_use_count()

    def _crm_tell(self, **said):
        """These cards with what is to be known of their next change: :class:`Told`."""
        return self.with_context(**tell(self.env.context, **said))

    def _crm_set_unbooked(self, points):
        """What the card shows; its entries are written by whoever calls this."""
        self._crm_tell(is_unbooked=True).points = points

    # ------------------------------------------------------------ our own changes

    def _crm_change_points(self, changes, description):
        """Change the points of cards, with a line in the host's history.

        :param changes: ``{card id: [Change]}``
        :param description: for the history that the customer reads
        """
        cards = self.browse(changes)
        self.env["loyalty.history"].create(
            [
                {
                    "card_id": card.id,
                    "description": description,
                    "issued": from_milli(max(total, 0)),
                    "used": from_milli(max(-total, 0)),
                }
                for card in cards
                if (total := sum(change.milli for change in changes[card.id]))
            ]
        )
        cards = cards._crm_tell(changes=changes, has_history=True)
        before = {card.id: to_milli(card.points) for card in cards}
        for card in cards:
            total = sum(change.milli for change in changes[card.id])
            card._crm_set_unbooked(from_milli(before[card.id] + total))
        # at once: a night has thousands of cards
        cards._crm_book_changes(before)

    # ------------------------------------------------------------ booking

    def _crm_book_changes(self, before, reason="manual"):
        """Book what happened since ``before``: what the context announces, else by hand.

        :param before: ``{card id: thousandths}``
        """
        announced = told(self.env.context, "changes") or {}
        booked = {}
        for card in self.browse(before):
            changes = list(announced.get(card.id) or ())
            rest = to_milli(card.points) - before[card.id]
            rest -= sum(change.milli for change in changes)
            if changes and abs(rest) <= len(changes):
                # each of them was rounded by itself
                last = changes.pop()
                changes.append(last._replace(milli=last.milli + rest))
                rest = 0
            if rest:
                why = "other" if changes else reason
                changes.append(card._crm_prepare_change(why, rest))
            if changes:
                booked[card.id] = changes
        self._crm_book(booked)

    def _crm_prepare_change(self, reason, milli):
        """A change nobody announced in full: what the context knows of it."""
        self.ensure_one()
        context = self.env.context
        reason = told(context, "reason") or reason
        source = (self._name, self.id)
        if reason == "grant" and self.order_id:
            source = (self.order_id._name, self.order_id.id)
        source = told(context, "source") or source
        of = None
        if reason == "reward" and milli > 0:
            # the reward was taken off the order again
            reason, of = "cancelled", source
        note = told(context, "note")
        return Change(reason, milli, *source, of=of, note=note)

    def _crm_book(self, changes):
        """Turn changes into entries of lots.

        :param changes: ``{card id: [Change]}``
        """
        changes = {
            card: [one for one in some if one.milli] for card, some in changes.items()
        }
        changes = {card: some for card, some in changes.items() if some}
        if not changes:
            return
        pieces = self._crm_get_pieces(changes)
        books = self._crm_open_books(list(changes), pieces)
        counts = self._crm_count_entries(list(changes))
        today = fields.Date.context_today(self)
        histories = self._crm_find_histories(changes)
        rows = []
        for card in self.browse(changes):
            book = books[card.id]
            for number, change in enumerate(changes[card.id]):
                tag = (change, f"{counts.get(card.id, 0) + number + 1}")
                expires = change.expires
                if expires is None:
                    # sudo: whoever sells need not read programs
                    expires = card.program_id.sudo()._crm_get_expiry(today)
                self._crm_apply(
                    book, change, tag, expires or None, pieces.get(card.id, [])
                )
            rows += card._crm_prepare_entries(book, histories)
        self.env["crm.loyalty.entry"]._append(rows)

    @api.model
    def _crm_apply(self, book, change, tag, expires, pieces):
        """One change on a card's book."""
        points = abs(change.milli)
        if change.reason == "expired":
            book.expire(change.expires, tag)
        elif change.of is None:
            if change.milli > 0:
                book.earn(points, expires, tag)
            else:
                book.spend(points, tag)
        else:
            wanted = [
                Piece(entry, lot, left)
                for source, sign, entry, lot, left in pieces
                if source == change.of and sign == (1 if change.milli < 0 else -1)
            ]
            if change.milli < 0:
                book.take_back(points, wanted, tag)
            else:
                book.give_back(points, wanted, tag, expires)

    def _crm_prepare_entries(self, book, histories):
        """Values of the rows that a book wants written, in order."""
        self.ensure_one()
        history = histories.get((self.id, None, None))
        seen = {}
        values = []
        for row in book.rows:
            change, number = row.tag
            key = change.key or f"#{number}"
            seen[key] = seen.get(key, 0) + 1
            if seen[key] > 1:
                key = f"{key}/{seen[key]}"
            values.append(
                {
                    "card_id": self.id,
                    "card_ref": self.id,
                    "program_id": self.program_id.id,
                    "company_id": (self.company_id or self._crm_get_company(change)).id,
                    "points": from_milli(row.points),
                    "reason": "settled" if row.kind == "settle" else change.reason,
                    "source_model": change.model,
                    "source_id": change.res_id,
                    "line_key": key,
                    "lot_id": row.lot,
                    "new_lot": row.lot if row.kind == "lot" else None,
                    "expires_on": row.expires,
                    "reversal_of_id": row.reversal_of,
                    "history_id": histories.get(
                        (self.id, change.model, change.res_id), history
                    ),
                    "at": fields.Datetime.now(),
                    "user_id": self.env.uid,
                    "note": change.note,
                }
            )
        return values

    def _crm_get_company(self, change):
        """Of a card that every company honours: the document's company."""
        if change.model in ("sale.order", "account.move"):
            # sudo: which company a document is of is no secret to whoever changes it
            document_sudo = self.env[change.model].sudo().browse(change.res_id).exists()
            return document_sudo.company_id or self.env.company
        return self.env.company

    # ------------------------------------------------------------ what stands in the ledger

    @api.model
    def _crm_get_pieces(self, changes):
        """``{card id: [(source, sign, entry, lot, thousandths not reversed yet)]}``

        Only of what the changes reverse.
        """
        wanted = [
            (card, *change.of)
            for card, some in changes.items()
            for change in some
            if change.of
        ]
        if not wanted:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.card_ref, entry.source_model, entry.source_id,
                       sign(entry.points)::int, entry.id, entry.lot_id,
                       (abs(entry.points) - COALESCE(undone.points, 0)) * 1000
                  FROM crm_loyalty_entry entry
                  LEFT JOIN LATERAL (
                       SELECT abs(SUM(undo.points + COALESCE((
                              SELECT SUM(redo.points) FROM crm_loyalty_entry redo
                               WHERE redo.reversal_of_id = undo.id), 0))) AS points
                         FROM crm_loyalty_entry undo
                        WHERE undo.reversal_of_id = entry.id) undone ON TRUE
                 WHERE (entry.card_ref, entry.source_model, entry.source_id) IN %s
                   AND (entry.points < 0 OR entry.lot_id = entry.id
                        OR entry.source_model = 'account.move')
                   AND (entry.reason IN ('order', 'reward', 'margin', 'category', 'level',
                                         'referral', 'referred')
                        OR entry.source_model = 'account.move'
                           AND entry.reason = 'refund')
                 ORDER BY entry.id
                """,
                tuple(wanted),
            )
        )
        pieces = {}
        for card, model, res_id, sign, entry, lot, left in rows:
            if left > 0:
                pieces.setdefault(card, []).append(
                    ((model, res_id), sign, entry, lot, int(left))
                )
        return pieces

    @api.model
    def _crm_open_books(self, card_ids, pieces):
        """``{card id: Book}``: lots with something in them, and those to be refilled."""
        needed = [
            lot for some in pieces.values() for _s, _sign, _e, lot, _l in some if lot
        ]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.card_ref, entry.lot_id, lot.expires_on,
                       (SUM(entry.points) * 1000)::bigint
                  FROM crm_loyalty_entry entry
                  LEFT JOIN crm_loyalty_entry lot ON lot.id = entry.lot_id
                 WHERE entry.card_ref = ANY(%s)
                 GROUP BY entry.card_ref, entry.lot_id, lot.expires_on
                HAVING SUM(entry.points) <> 0 OR entry.lot_id = ANY(%s)
                """,
                card_ids,
                needed,
            )
        )
        found = {card_id: ([], 0) for card_id in card_ids}
        for card_id, lot, expires, left in rows:
            lots, debt = found[card_id]
            if lot:
                lots.append(Lot(lot, expires, left))
            else:
                debt = left
            found[card_id] = (lots, debt)
        return {card_id: Book(*parts) for card_id, parts in found.items()}

    @api.model
    def _crm_count_entries(self, card_ids):
        rows = self.env.execute_query(
            SQL(
                "SELECT card_ref, COUNT(*) FROM crm_loyalty_entry "
                "WHERE card_ref = ANY(%s) GROUP BY card_ref",
                card_ids,
            )
        )
        return dict(rows)

    @api.model
    def _crm_find_histories(self, changes):
        """The host's latest line for each card and document.

        ``{(card id, model, id): history id}``, and ``(card id, None, None)`` where
        whoever changes the points has just written a line without a document.
        """
        history = self.env["loyalty.history"]
        history.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT card_id, order_model, order_id, max(id) FROM loyalty_history
                 WHERE card_id = ANY(%s) GROUP BY card_id, order_model, order_id
                """,
                list(changes),
            )
        )
        is_ours = told(self.env.context, "has_history")
        return {
            (card, model, res_id): history_id
            for card, model, res_id, history_id in rows
            if is_ours or (model and res_id)
        }
