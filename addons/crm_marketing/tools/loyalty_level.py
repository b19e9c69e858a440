"""Which level a customer has: he rises at once and falls after a time of grace. Pure.

>>> from datetime import date
>>> silver, gold = Level(1, 10, "revenue", 1000), Level(2, 20, "revenue", 5000)
>>> levels = [silver, gold]
>>> march = date(2026, 3, 1)
>>> rise = settle(levels, {"revenue": 6000}, None, None, march, 30); rise
State(level=2, falls_on=None, next=None, missing=0)
>>> warned = settle(levels, {"revenue": 1200}, 2, None, march, 30); warned
State(level=2, falls_on=datetime.date(2026, 3, 31), next=None, missing=0)
>>> settle(levels, {"revenue": 1200}, 2, warned.falls_on, date(2026, 3, 31), 30)
State(level=1, falls_on=None, next=2, missing=3800)

Whoever earns it again in time keeps it:

>>> settle(levels, {"revenue": 5000}, 2, warned.falls_on, date(2026, 3, 20), 30)
State(level=2, falls_on=None, next=None, missing=0)
"""

from collections import namedtuple
from datetime import timedelta

# rank: higher is better; measure: key of the values; floor: from which value on
Level = namedtuple("Level", "key rank measure floor")
# falls_on: last level's end when it is not earned any more; missing: to the next level
State = namedtuple("State", "level falls_on next missing")


def earned(levels, values):
    """The best level whose floor is reached, or None.

    >>> low, high = Level(1, 10, "orders", 3), Level(2, 20, "profit", 100)
    >>> earned([low, high], {"orders": 1, "profit": 100}).key
    2
    >>> earned([low, high], {})
    """
    reached = [one for one in levels if values.get(one.measure, 0) >= one.floor]
    return max(reached, key=lambda one: one.rank, default=None)


def settle(levels, values, current, falls_on, today, grace_days):
    """The state of today.

    :param current: key of the level he has, or None
    :param falls_on: the day on which it ends, when he was told so before
    """
    by_key = {one.key: one for one in levels}
    best = earned(levels, values)
    had = by_key.get(current)
    if had and (best is None or best.rank < had.rank):
        falls_on = falls_on or today + timedelta(days=grace_days)
        if today < falls_on:
            best = had
        else:
            falls_on = None
    else:
        falls_on = None
    rank = best.rank if best else None
    above = [one for one in levels if rank is None or one.rank > rank]
    upper = min(above, key=lambda one: one.rank, default=None)
    missing = max(upper.floor - values.get(upper.measure, 0), 0) if upper else 0
    return State(best and best.key, falls_on, upper and upper.key, missing)
