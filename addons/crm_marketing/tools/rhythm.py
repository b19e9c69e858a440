"""A customer's own rhythm: how often he buys, how evenly, when he will again. Pure Python.

The usual interval is the median of the gaps between his days of purchase, its spread the
median absolute deviation from it (MAD; F. R. Hampel, JASA 69 (1974), 383-393): one long
holiday or one double purchase moves neither. The database reckons the same for all
customers at once (crm_repeat_rhythm.py); a test compares the two.
"""

from datetime import date, timedelta
from math import ceil, floor
from typing import NamedTuple


def median(values):
    """
    >>> median([1, 1, 2, 2, 4, 6, 9]), median([5, 1]), median([])
    (2, 3.0, None)
    """
    ordered, half = sorted(values), len(values) // 2
    if not ordered:
        return None
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def deviation(values, middle=None):
    """Median absolute deviation, unscaled.

    The textbook's sample: deviations from 2 are 1, 1, 0, 0, 2, 4, 7.

    >>> deviation([1, 1, 2, 2, 4, 6, 9])
    1
    >>> deviation([30, 30, 30, 300])
    0.0
    """
    middle = median(values) if middle is None else middle
    return median([abs(value - middle) for value in values])


class Rhythm(NamedTuple):
    """Days of one customer and one need."""

    count: int  # days of purchase
    interval: float  # days, usual
    spread: float  # days
    last: date

    @property
    def due(self):
        return self.last + timedelta(days=whole(self.interval))


def whole(days):
    """Rounded half up, as the database does it.

    >>> whole(91.5), whole(2.5), whole(2.49)
    (92, 3, 2)
    """
    return floor(days + 0.5)


def rhythm(days, minimum=3):
    """The :class:`Rhythm` of days of purchase, or None while there are too few.

    The same day twice is one purchase.

    >>> days = [date(2025, 7, 1), date(2025, 9, 30), date(2026, 1, 15), date(2026, 4, 1)]
    >>> found = rhythm(days)  # gaps of 91, 107 and 76 days
    >>> found.count, found.interval, found.spread, found.due
    (4, 91, 15, datetime.date(2026, 7, 1))
    >>> rhythm(days[:2]) is None, rhythm([days[0]] * 5) is None
    (True, True)
    """
    ordered = sorted(set(days))
    if len(ordered) < max(minimum, 2):
        return None
    gaps = [
        (after - before).days
        for before, after in zip(ordered, ordered[1:], strict=False)
    ]
    return Rhythm(len(ordered), median(gaps), deviation(gaps), ordered[-1])


def is_steady(interval, spread, percent=50):
    """Whether the intervals are alike enough to foresee the next one.

    >>> is_steady(92, 14), is_steady(92, 46), is_steady(92, 47), is_steady(0, 0)
    (True, True, False, False)
    """
    return interval > 0 and spread * 100 <= interval * percent


class Use(NamedTuple):
    """What he uses of what he bought."""

    per_day: float
    days: float  # so long what he bought last will do
    spread: float  # days by which what was bought before lasted longer or shorter
    due: date


def consumption(purchases, minimum=3):
    """The :class:`Use` of ``[(day, quantity)]``, or None while there are too few.

    What was bought before the last time was used up between the first day and the last.
    4 litres every 30 days, then 8 at once: they last twice as long.

    >>> found = consumption([(date(2026, 1, 1), 4), (date(2026, 1, 31), 4),
    ...                      (date(2026, 3, 2), 8)])
    >>> round(found.per_day, 4), found.days, found.spread, found.due
    (0.1333, 60.0, 0.0, datetime.date(2026, 5, 1))
    >>> consumption([(date(2026, 1, 1), 4)]) is None
    True
    """
    by_day = {}
    for day, quantity in purchases:
        by_day[day] = by_day.get(day, 0) + quantity
    days = sorted(by_day)
    if len(days) < max(minimum, 2):
        return None
    used = sum(by_day[day] for day in days[:-1])
    span = (days[-1] - days[0]).days
    lasts = by_day[days[-1]] * span / used
    errors = [
        abs((after - day).days - by_day[day] * span / used)
        for day, after in zip(days, days[1:], strict=False)
    ]
    due = days[-1] + timedelta(days=whole(lasts))
    return Use(used / span, lasts, median(errors), due)


def window(due, interval, spread, ahead):
    """(first, last) day to speak of it.

    From so many days ahead, until half an interval or twice the spread after: who is
    silent for longer has left his rhythm, and that is another question.

    >>> window(date(2026, 7, 1), 91, 15, 7)
    (datetime.date(2026, 6, 24), datetime.date(2026, 8, 16))
    >>> window(date(2026, 7, 1), 20, 15, 0)
    (datetime.date(2026, 7, 1), datetime.date(2026, 7, 31))
    """
    late = ceil(max(interval / 2, 2 * spread))
    return due - timedelta(days=ahead), due + timedelta(days=late)


def times_silent(last, today, interval):
    """How many of his own intervals he has been silent.

    >>> times_silent(date(2026, 1, 1), date(2026, 4, 1), 30)
    3.0
    >>> times_silent(date(2026, 1, 1), date(2026, 4, 1), 0) is None
    True
    """
    return (today - last).days / interval if interval else None
