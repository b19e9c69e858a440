"""When may a person be contacted? Quiet hours and frequency. Pure Python.

All times are naive UTC; a person's own clock is given by the name of his zone.
"""

from datetime import datetime, time, timedelta
from typing import NamedTuple

import pytz


class Verdict(NamedTuple):
    """May he be contacted now; if not, why, and from when on (``None``: not by waiting).

    >>> bool(Verdict(True)), bool(Verdict(False, "refused"))
    (True, False)
    """

    allowed: bool
    reason: str = ""
    until: datetime | None = None

    def __bool__(self):
        return self.allowed


class Hours(NamedTuple):
    """From and to in hours of the person's own clock; days with Monday as 0.

    >>> Hours().days
    (0, 1, 2, 3, 4, 5, 6)
    """

    start: float = 9.0
    end: float = 20.0
    days: tuple = (0, 1, 2, 3, 4, 5, 6)


WEEKDAYS = (0, 1, 2, 3, 4)


def local_time(now, zone):
    """What the clock shows there.

    >>> local_time(datetime(2026, 3, 2, 12), "Europe/Kyiv").isoformat()
    '2026-03-02T14:00:00'
    """
    return pytz.utc.localize(now).astimezone(pytz.timezone(zone)).replace(tzinfo=None)


def _to_utc(local, zone):
    """UTC of a local time; one that the change to summer time leaves out moves forward."""
    place = pytz.timezone(zone)
    return place.localize(local, is_dst=False).astimezone(pytz.utc).replace(tzinfo=None)


def _clock(hours):
    return timedelta(minutes=round(hours * 60))


def next_allowed(now, zone, hours):
    """``now`` when the hour is right there, else the next moment when it is.

    >>> day = Hours(9, 20, WEEKDAYS)
    >>> next_allowed(datetime(2026, 3, 2, 12), "Europe/Kyiv", day).isoformat()  # 14:00
    '2026-03-02T12:00:00'
    >>> next_allowed(datetime(2026, 3, 2, 6, 59), "Europe/Kyiv", day).isoformat()  # 8:59
    '2026-03-02T07:00:00'
    >>> next_allowed(datetime(2026, 3, 2, 18), "Europe/Kyiv", day).isoformat()  # 20:00
    '2026-03-03T07:00:00'
    >>> next_allowed(datetime(2026, 3, 6, 18), "Europe/Kyiv", day).isoformat()  # Friday
    '2026-03-09T07:00:00'

    In the night of 28 March 2026 the clocks of Kyiv go forward:

    >>> night = Hours(9, 20)
    >>> next_allowed(datetime(2026, 3, 28, 19), "Europe/Kyiv", night).isoformat()
    '2026-03-29T06:00:00'

    Without a single allowed hour there is no next moment:

    >>> next_allowed(datetime(2026, 3, 2, 12), "Europe/Kyiv", Hours(9, 20, ())) is None
    True
    >>> next_allowed(datetime(2026, 3, 2, 12), "UTC", Hours(9, 9)) is None
    True
    """
    local = local_time(now, zone)
    for ahead in range(8):
        day = datetime.combine(local.date() + timedelta(days=ahead), time())
        start, end = day + _clock(hours.start), day + _clock(hours.end)
        if day.weekday() not in hours.days or local >= end or start >= end:
            continue
        return now if local >= start else _to_utc(start, zone)
    return None


def next_by_frequency(times, now, limits):
    """``now`` when no limit is reached, else the moment when the last one frees up.

    ``limits``: [(how many, in how many days)]; ``times``: earlier contacts, any order.

    >>> now = datetime(2026, 3, 10, 12)
    >>> earlier = [datetime(2026, 3, 9, 12, 30), datetime(2026, 3, 5), datetime(2026, 3, 1)]
    >>> next_by_frequency(earlier, now, [(1, 1)]).isoformat()
    '2026-03-10T12:30:00'
    >>> next_by_frequency(earlier, now, [(2, 7)]).isoformat()
    '2026-03-12T00:00:00'
    >>> next_by_frequency(earlier, now, [(1, 1), (2, 7)]).isoformat()
    '2026-03-12T00:00:00'
    >>> next_by_frequency(earlier, now, [(3, 7)]) == now
    True
    >>> next_by_frequency([], now, [(1, 1)]) == now == next_by_frequency(earlier, now, [])
    True
    >>> next_by_frequency([], now, [(0, 7)]) is None  # never
    True
    """
    free = now
    for count, days in limits:
        if count <= 0:
            return None
        window = timedelta(days=days)
        inside = sorted((at for at in times if at > now - window), reverse=True)
        if len(inside) >= count:
            free = max(free, inside[count - 1] + window)
    return free


def is_agreed_since(word, since):
    """Whether the latest word, (state, at) or None, agrees and is not older than ``since``.

    >>> noon = datetime(2026, 1, 1, 12)
    >>> is_agreed_since(("given", noon), noon.replace(hour=11))
    True
    >>> is_agreed_since(("given", noon), noon.replace(hour=13))
    False
    >>> is_agreed_since(("withdrawn", noon), noon), is_agreed_since(None, noon)
    (False, False)
    """
    return bool(word) and word[0] == "given" and word[1] >= since.replace(microsecond=0)


def decide_consent(basis, own, company):
    """May we, by what he said? ``own``, ``company``: (state, at) of the latest word or None.

    The company's word counts for its people when it forbids and is the later one, or
    when they said nothing themselves.

    >>> given = ("given", datetime(2026, 1, 1))
    >>> withdrawn = ("withdrawn", datetime(2026, 2, 1))
    >>> decide_consent("consent", given, None), decide_consent("consent", None, None)
    ('', 'no_consent')
    >>> decide_consent("unless", None, None), decide_consent("unless", withdrawn, None)
    ('', 'withdrawn')
    >>> decide_consent("unless", given, withdrawn)  # the company forbade it later
    'withdrawn'
    >>> decide_consent("consent", withdrawn, ("given", datetime(2026, 3, 1)))
    'withdrawn'
    >>> decide_consent("consent", None, given)
    ''
    >>> decide_consent("always", withdrawn, withdrawn)
    ''
    """
    if basis == "always":
        return ""
    word = own or company
    if own and company and company[0] != "given" and company[1] > own[1]:
        word = company
    if word is None:
        return "no_consent" if basis == "consent" else ""
    return "" if word[0] == "given" else word[0]
