"""Which invoice owes which touch how many cents, now. Pure Python, no Odoo.

An invoice's money is given to the touches before it (:func:`attribution.credit`); a
credit note takes back from the same touches, in proportion to what they still have, so
that nobody ever gives more than he got and the last one takes exactly the rest. What
stands in the books is compared with that and only the difference is written.

>>> from datetime import date
>>> ad = Touch(1, datetime(2026, 3, 1), "known", (7, None, 9, None, None))
>>> mail = Touch(2, datetime(2026, 3, 5), "known", (8, None, None, None, None))
>>> family = Family(
...     gives=[Entry(50, date(2026, 3, 6), 1001, Path([ad, mail], [5, 1], {}))],
...     takes=[Entry(51, date(2026, 4, 1), -300, None), Entry(52, date(2026, 4, 2), -900, None)],
...     own={51: OWN, 52: OWN})
>>> for (move, day, touch), cents in sorted(allocate(family, "linear").items(), key=str):
...     print(move, day, touch.key, cents)
50 2026-03-06 1 501
50 2026-03-06 2 500
51 2026-04-01 1 -150
51 2026-04-01 2 -150
52 2026-04-02 1 -351
52 2026-04-02 2 -350
52 2026-04-02 None -199

(The second note is 199 cents more than was left: that is nobody's touch.)
"""

from bisect import bisect_left
from collections import Counter, namedtuple
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .attribution import DIRECT, credit, largest_remainder

# key: id of the row of the ledger, None for a document's own origin; values: (source,
# medium, campaign, search words, ad); origin: known, direct or unknown
Touch = namedtuple("Touch", "key at origin values")
OWN = Touch(None, None, "unknown", (None,) * 5)
# touches in time order, days before the conversion, {"lead": i, "deal": j}
Path = namedtuple("Path", "touches days marks")
# money of one document on one day, in cents of the company; a path only for what is given
Entry = namedtuple("Entry", "move day cents path")
# gives: entries of one invoice; takes: of its credit notes, oldest first; own: {move:
# the document's own origin as a touch}
Family = namedtuple("Family", "gives takes own")

KEYS = {"source": (0,), "medium": (1,), "campaign": (2,), "source_medium": (0, 1)}


def channel_of(touch, key):
    """The name by which models know a touch; ``key`` is one of :data:`KEYS`.

    >>> ad = Touch(1, None, "known", (7, None, 9, None, None))
    >>> channel_of(ad, "source"), channel_of(ad, "source_medium"), channel_of(OWN, "source")
    ('7', '7/-', 'unknown')
    """
    if touch.origin != "known":
        return DIRECT if touch.origin == "direct" else "unknown"
    return "/".join(str(touch.values[place] or "-") for place in KEYS[key])


def conversion_at(day, zone):
    """The end of a day of the company's own clock, in UTC without zone.

    >>> from datetime import date
    >>> conversion_at(date(2026, 3, 2), "Europe/Kyiv")
    datetime.datetime(2026, 3, 2, 22, 0)
    """
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    return end.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def make_path(touches, at, window_days, lead_at=None, deal_at=None):
    """Those of ``touches`` (in time order) that count for a conversion, as a Path.

    The lead and the deal are marked at the last touch before each.

    >>> days = [Touch(n, datetime(2026, 3, n), "known", (n,) * 5) for n in (1, 5, 9)]
    >>> path = make_path(days, datetime(2026, 3, 10), 6, lead_at=datetime(2026, 3, 6))
    >>> [touch.key for touch in path.touches], path.days, path.marks
    ([5, 9], [5.0, 1.0], {'lead': 0})
    """
    times = [touch.at for touch in touches]
    first = bisect_left(times, at - timedelta(days=window_days))
    chosen = touches[first : bisect_left(times, at)]
    marks = {}
    for name, when in (("lead", lead_at), ("deal", deal_at)):
        before = when and sum(touch.at <= when for touch in chosen)
        if before:
            marks[name] = before - 1
    days = [(at - touch.at).total_seconds() / 86_400 for touch in chosen]
    return Path(chosen, days, marks)


def allocate(family, model, key="source", half_life_days=7, weights=None):
    """What each touch of a family of documents should have by ``model``.

    :param weights: ``{channel: share}`` for fitted models; none yet: equal shares
    :return: ``{(move, day, touch): cents}`` without zeros; per move and day they sum to
        the entry's cents
    """
    result, left = Counter(), Counter()  # left: {touch: cents it still has}
    for entry in family.gives:
        touches = entry.path.touches or [family.own[entry.move]]
        shares = _share(entry, touches, model, key, half_life_days, weights)
        for touch, cents in zip(touches, shares, strict=True):
            result[entry.move, entry.day, touch] += cents
            left[touch] += cents
    for entry in family.takes:
        for touch, cents in _take(entry, left, family.own[entry.move]):
            result[entry.move, entry.day, touch] += cents
    return {place: cents for place, cents in result.items() if cents}


def _share(entry, touches, model, key, half_life_days, weights):
    sign = -1 if entry.cents < 0 else 1
    if not entry.path.touches:
        return [entry.cents]
    channels = [channel_of(touch, key) for touch in touches]
    fitted = (weights or {}) if model in ("markov", "shapley") else None
    if model == "shapley" and not weights:
        fitted = None
    shares = credit(
        list(zip(channels, entry.path.days, strict=True)),
        model,
        abs(entry.cents),
        half_life_days=half_life_days,
        marks=entry.path.marks,
        weights=fitted,
    )
    return [sign * share for share in shares]


def _take(entry, left, own):
    """``[(touch, cents)]`` that a credit note takes; ``left`` goes down."""
    holders = [touch for touch in left if left[touch] > 0]
    total = sum(left[touch] for touch in holders)
    taken = min(max(-entry.cents, 0), total)
    rows = []
    if taken:
        parts = largest_remainder(taken, [left[touch] for touch in holders])
        for touch, part in zip(holders, parts, strict=True):
            left[touch] -= part
            rows.append((touch, -part))
    rest = entry.cents + taken
    return [*rows, (own, rest)] if rest else rows


def differences(wanted, standing):
    """What must be written so that ``standing`` becomes ``wanted``; both ``{place: cents}``.

    >>> differences({"a": 5, "b": 2}, {"b": 3, "c": 1})
    {'a': 5, 'b': -1, 'c': -1}
    """
    places = dict.fromkeys([*wanted, *standing])
    found = {place: wanted.get(place, 0) - standing.get(place, 0) for place in places}
    return {place: cents for place, cents in found.items() if cents}


def weights_on(fits, day):
    """The weights in force on a day: of the last fit until then, else of the first.

    :param fits: ``[(day fitted, weights)]`` in time order

    >>> from datetime import date
    >>> fits = [(date(2026, 3, 1), "march"), (date(2026, 4, 1), "april")]
    >>> [weights_on(fits, date(2026, m, 5)) for m in (2, 3, 4)], weights_on([], date.today())
    (['march', 'march', 'april'], None)
    """
    if not fits:
        return None
    found = sum(fitted <= day for fitted, _weights in fits)
    return fits[max(found - 1, 0)][1]
