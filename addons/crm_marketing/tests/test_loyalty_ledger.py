"""The arithmetic of lots: whatever happens in whatever order, nothing sums wrong."""

import doctest
import random
from collections import Counter
from datetime import date, timedelta

from odoo.tests import BaseCase, tagged

from ..tools import loyalty_ledger, loyalty_told
from ..tools.loyalty_ledger import Book, Lot, Piece, share, to_milli

ROUNDS = 300
STEPS = 40


class Story:
    """One card as the database keeps it: rows with ids; every step is a new book."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.rows = []  # [(id, lot id or None, points, expires, reversal_of, kind)]
        self.came = Counter()  # {lot id: points that came with it}
        self.balance = 0
        self.orders = []  # [[earned left to take back, earn id, spent pieces]]

    def book(self):
        left, last = Counter(), {}
        for row_id, lot, points, expires, _undone, kind in self.rows:
            left[lot] += points
            if kind == "lot":
                last[row_id] = expires
        lots = [Lot(key, last[key], left[key]) for key in last]
        return Book(lots, left[None])

    def keep(self, book, delta):
        """Give the rows ids, as the table does, and look at every law."""
        ids = {}
        written = []
        for row in book.rows:
            row_id = next(self.numbers)
            if row.kind == "lot":
                ids[row.lot] = row_id
                self.came[row_id] += row.points
            lot = ids.get(row.lot, row.lot)
            self.rows.append(
                (row_id, lot, row.points, row.expires, row.reversal_of, row.kind)
            )
            written.append(self.rows[-1])
        self.balance += delta
        self.check()
        return written

    def check(self):
        left = Counter()
        for _id, lot, points, _expires, _undone, _kind in self.rows:
            assert points, "an entry must move something"
            left[lot] += points
        assert sum(left.values()) == self.balance
        debt = left.pop(None, 0)
        assert debt <= 0
        for lot, points in left.items():
            assert 0 <= points <= self.came[lot]
        if debt:
            assert not any(left.values()), "who owes has nothing"

    def undone(self, row_id):
        return sum(abs(row[2]) for row in self.rows if row[4] == row_id)


def _earn(story, rng, day):
    points = rng.randint(1, 200_000)
    expires = rng.choice([None, day + timedelta(days=rng.randint(0, 90))])
    book = story.book()
    book.earn(points, expires)
    rows = story.keep(book, points)
    lot = next(row for row in rows if row[5] == "lot")
    story.orders.append((points, lot[0], [], 0))


def _spend(story, rng, _day):
    points = rng.randint(1, 200_000)
    if rng.random() < 0.8:
        points = min(points, max(story.balance, 0))
    book = story.book()
    book.spend(points)
    rows = story.keep(book, -points)
    story.orders.append((0, None, [row[0] for row in rows], points))


def _refund(story, rng, _day):
    """Part of an order, or all of it, is undone; never more than is left of it."""
    if not story.orders:
        return
    place = rng.randrange(len(story.orders))
    earned, lot, spent, cost = story.orders[place]
    part = rng.choice([rng.random(), 1])
    if earned:
        points = max(int(earned * part), 1)
        rest = earned - story.undone(lot)
        book = story.book()
        own = [Piece(lot, lot, rest)] if rest > 0 else []
        taken = book.take_back(points, own, may_owe=rng.random() < 0.7)
        story.keep(book, -taken)
        earned -= points
    if cost:
        points = max(int(cost * part), 1)
        by_id = {row[0]: row for row in story.rows}
        pieces = [
            Piece(row_id, by_id[row_id][1], left)
            for row_id in spent
            if (left := -by_id[row_id][2] - story.undone(row_id)) > 0
        ]
        book = story.book()
        book.give_back(points, pieces)
        story.keep(book, points)
        cost -= points
    story.orders[place] = (earned, lot, spent, cost)


def _expire(story, _rng, day):
    book = story.book()
    gone = book.expire(day)
    story.keep(book, -gone)
    assert not any(
        lot.left and lot.expires and lot.expires < day
        for lot in story.book().lots.values()
    )


@tagged("post_install", "-at_install")
class TestLoyaltyLedger(BaseCase):
    def test_doctests(self):
        self.assertFalse(doctest.testmod(loyalty_told).failed)
        result = doctest.testmod(loyalty_ledger)
        self.assertGreater(result.attempted, 10)
        self.assertFalse(result.failed)

    def test_random_orders_refunds_and_expiries_never_sum_wrong(self):
        for seed in range(ROUNDS):
            rng = random.Random(seed)
            story = Story(iter(range(1, 10**6)))
            day = date(2026, 1, 1)
            for _step in range(STEPS):
                day += timedelta(days=rng.randint(0, 9))
                step = rng.choice([_earn, _earn, _spend, _spend, _refund, _expire])
                with self.subTest(seed=seed, step=step.__name__):
                    step(story, rng, day)

    def test_random_merges_lose_nothing(self):
        for seed in range(ROUNDS):
            rng = random.Random(seed)
            numbers = iter(range(1, 10**6))
            one, two = Story(numbers), Story(numbers)
            day = date(2026, 1, 1)
            for _step in range(STEPS // 2):
                day += timedelta(days=rng.randint(0, 9))
                rng.choice([_earn, _spend, _expire])(rng.choice([one, two]), rng, day)
            whole = one.balance + two.balance
            source, target = one.book(), two.book()
            source.move_to(target)
            with self.subTest(seed=seed):
                one.keep(source, -one.balance)
                two.keep(target, whole - two.balance)
                self.assertEqual((one.balance, two.balance), (0, whole))

    def test_a_refund_in_pieces_takes_exactly_the_whole(self):
        rng = random.Random(7)
        for _round in range(ROUNDS):
            total, whole = rng.randint(0, 10**6), rng.randint(1, 10**6)
            done = taken = 0
            while done < whole:
                done = min(done + rng.randint(1, whole), whole)
                now = share(total, done, whole)
                self.assertGreaterEqual(now, taken)
                taken = now
            self.assertEqual(taken, total)

    def test_the_first_to_expire_is_spent_first_and_filled_last(self):
        march, june = date(2026, 3, 31), date(2026, 6, 30)
        book = Book([Lot(1, None, 5000), Lot(2, june, 5000), Lot(3, march, 5000)])
        book.spend(7000)
        self.assertEqual([(row.lot, row.points) for row in book.rows],
                         [(3, -5000), (2, -2000)])  # fmt: skip
        back = Book(book.lots.values())
        back.give_back(6000, [Piece(11, 3, 5000), Piece(12, 2, 2000)])
        self.assertEqual(
            [(row.lot, row.points, row.reversal_of) for row in back.rows],
            [(2, 2000, 12), (3, 4000, 11)],
        )

    def test_where_debt_is_not_allowed_only_what_is_left_is_taken(self):
        book = Book([Lot(1, None, 2000)])
        self.assertEqual(book.take_back(5000, [Piece(1, 1, 5000)], may_owe=False), 2000)
        self.assertEqual((book.balance, book.debt), (0, 0))

    def test_changes_are_differences_of_readings(self):
        """Ten thirds of a point, each booked by itself, sum to what the card has."""
        points, booked = 0.0, 0
        for _time in range(10):
            before = to_milli(points)
            points += 1 / 3
            booked += to_milli(points) - before
        self.assertEqual(booked, to_milli(points))
        self.assertEqual(booked, 3333)
