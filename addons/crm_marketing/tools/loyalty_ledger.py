"""A card's points as lots that expire: what each change does to which lot. Pure Python.

Unit: **thousandths of a point, whole numbers**. The host keeps a card's points as a
float; :func:`to_milli` reads it as PostgreSQL's ``round(points::numeric, 3)`` does, and
a change is always the difference of two such readings, never the reading of a
difference: so entries sum to the card's points, however odd each change is.

A lot is points that came together and expire together. What is spent comes out of the
lot that expires first; what does not fit into any lot is debt (a balance below zero),
and the next points pay the debt before they make a lot. Therefore, always:

* balance = what is left in the lots + debt (zero or negative) = sum of all entries
* no lot has less than nothing, nor more than came in
* whoever has debt has nothing in any lot

>>> from datetime import date
>>> book = Book()
>>> old = book.earn(100_000, date(2026, 3, 31))
>>> new = book.earn(50_000, date(2026, 9, 30))
>>> book.spend(120_000); book.balance, book.left(old), book.left(new)
(30000, 0, 30000)

The order that brought the first 100 points is refunded, after they were spent:

>>> book.take_back(100_000, own=[Piece(1, old, 100_000)])
100000
>>> book.balance, book.debt
(-70000, -70000)
>>> late = book.earn(80_000); book.balance, book.left(late), book.debt
(10000, 10000, 0)
>>> sum(row.points for row in book.rows) == book.balance
True
"""

from collections import namedtuple
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

# points: thousandths that are left; expires: last day of use, or None
Lot = namedtuple("Lot", "key expires left")
# One entry to write. lot: key of the lot it changes, None: debt; kind: "lot" (the entry
# is the lot), "settle" (one of a pair by which new points pay debt) or "move"; tag:
# whatever the caller said of the change; reversal_of: key of an entry
Row = namedtuple("Row", "lot points kind expires tag reversal_of")
# What an earlier entry did to a lot and has not been reversed yet (points: positive)
Piece = namedtuple("Piece", "entry lot points")


def to_milli(points):
    """Thousandths of the host's float, half away from zero.

    15 significant digits, as PostgreSQL turns ``float8`` into ``numeric``.

    >>> to_milli(1.0005), to_milli(-1.0005), to_milli(0.1 + 0.2), to_milli(100 / 3)
    (1001, -1001, 300, 33333)
    >>> to_milli(0.0), to_milli(None)
    (0, 0)
    """
    exact = Decimal(format(points or 0, ".15g")).scaleb(3)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def from_milli(milli):
    """
    >>> from_milli(33333), to_milli(from_milli(33333))
    (33.333, 33333)
    """
    return milli / 1000


def share(total, part, whole):
    """``part / whole`` of ``total``, half up; never more than ``total``.

    Ask with the *sum* of all parts so far and subtract what was taken before: then
    whatever the steps, the whole takes exactly the total.

    >>> [share(1000, done, 3) for done in (1, 2, 3, 4)]
    [333, 667, 1000, 1000]
    >>> share(1000, 1, 0)
    0
    """
    if whole <= 0 or part <= 0:
        return 0
    return (2 * total * min(part, whole) + whole) // (2 * whole)


class Book:
    """A card while changes of it are worked out; :attr:`rows` is what to write.

    :param lots: :class:`Lot` of the lots that exist
    :param debt: what is below zero, as a number of zero or less
    """

    def __init__(self, lots=(), debt=0):
        self.lots = {lot.key: lot for lot in lots}
        self.debt = debt
        self.rows = []
        self._new = 0

    @property
    def balance(self):
        return self.debt + sum(lot.left for lot in self.lots.values())

    def left(self, key):
        return self.lots[key].left

    # ---- what may happen ----------------------------------------------------

    def earn(self, points, expires=None, tag=None, reversal_of=None):
        """A new lot, which pays the debt first.

        :return: its key: negative until it is written
        """
        if points <= 0:
            return None
        self._new -= 1
        key = self._new
        self.lots[key] = Lot(key, expires, 0)
        self._put(key, points, tag, reversal_of, "lot", expires)
        settled = min(points, -self.debt)
        if settled:
            self._put(key, -settled, tag, kind="settle")
            self._put(None, settled, tag, kind="settle")
        return key

    def spend(self, points, tag=None, reversal_of=None):
        """Out of the lots that expire first; what is missing is debt."""
        for lot in self._in_order():
            taken = min(points, lot.left)
            if taken > 0:
                self._put(lot.key, -taken, tag, reversal_of)
                points -= taken
        if points > 0:
            self._put(None, -points, tag, reversal_of)

    def expire(self, day, tag=None):
        """Empty the lots whose last day is before ``day``.

        :return: thousandths that expired
        """
        gone = 0
        for lot in self._in_order():
            if lot.expires and lot.expires < day and lot.left:
                self._put(lot.key, -lot.left, tag)
                gone += lot.left
        return gone

    def take_back(self, points, own, tag=None, may_owe=True):
        """Points that should not have been given: from their own lots, then any, then debt.

        :param own: :class:`Piece` of what was given
        :return: thousandths taken; less than asked only where debt is not allowed
        """
        asked = points
        if not may_owe:
            points = asked = max(min(points, self.balance), 0)
        pieces = sorted(own, key=lambda piece: self._rank(piece.lot))
        for piece in pieces:
            lot = self.lots.get(piece.lot)
            taken = min(points, lot.left if lot else 0)
            if taken > 0:
                self._put(piece.lot, -taken, tag, piece.entry)
                points -= taken
        if points > 0:
            self.spend(points, tag, pieces[0].entry if pieces else None)
        return asked

    def give_back(self, points, spent, tag=None, expires=None):
        """Points that were spent come back: they pay debt, then return to their lots.

        The lot that expires last is filled first. What has no lot to return to, because
        it had been debt, makes a new one.

        :param spent: :class:`Piece` of what was taken
        """
        first = spent[0].entry if spent else None
        settled = min(points, -self.debt)
        if settled > 0:
            self._put(None, settled, tag, first)
            points -= settled
        for piece in sorted(spent, key=lambda one: self._rank(one.lot), reverse=True):
            if piece.lot not in self.lots:
                continue
            returned = min(points, piece.points)
            if returned > 0:
                self._put(piece.lot, returned, tag, piece.entry)
                points -= returned
        if points > 0:
            self.earn(points, expires, tag, first)

    def move_to(self, other, tag=None, other_tag=None):
        """Everything to another card: lots keep their last day, debt goes along."""
        debt = self.debt
        for lot in self._in_order():
            if lot.left:
                self._put(lot.key, -lot.left, tag)
                other.earn(lot.left, lot.expires, other_tag)
        if debt:
            self._put(None, -debt, tag)
            other.spend(-debt, other_tag)

    # ---- how it is kept -----------------------------------------------------

    def _put(self, key, points, tag=None, reversal_of=None, kind="move", expires=None):
        if key is None:
            self.debt += points
        else:
            lot = self.lots[key]
            self.lots[key] = lot._replace(left=lot.left + points)
        self.rows.append(Row(key, points, kind, expires, tag, reversal_of))

    def _in_order(self):
        return sorted(self.lots.values(), key=lambda lot: self._rank(lot.key))

    def _rank(self, key):
        """First expiring first; of equals the oldest, and new ones after stored ones."""
        lot = self.lots.get(key)
        last = lot.expires if lot and lot.expires else date.max
        return (last, key is None, (key or 0) < 0, abs(key or 0))
