"""When is it time? Birthdays, days of a person, waits. Pure Python.

Whose clock it is, is the hub's ``tools/time_zones.py`` (own choice, else phone, else
address, else company); quiet hours and frequency are its ``tools/contact_window.py``,
which the gate asks at the moment of sending. All times here are naive UTC; days and
hours are the person's own.
"""

import re
from calendar import isleap
from datetime import date, datetime, time, timedelta

import pytz

LEAP_DAY = (2, 29)
_WRITTEN = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
    re.compile(r"--(?P<m>\d{2})-?(?P<d>\d{2})"),
    re.compile(r"(?P<d>\d{1,2})[./](?P<m>\d{1,2})(?:[./](?P<y>\d{4}))?\.?"),
)


def parse_birthday(text):
    """The one spelling that is kept: ``1988-02-29``, or ``--02-29`` without a year.

    The second is vCard's (RFC 6350). Days come before months where points or strokes
    stand between them.

    >>> parse_birthday("29.02.1988"), parse_birthday("29.2"), parse_birthday("3/12")
    ('1988-02-29', '--02-29', '--12-03')
    >>> parse_birthday("1988-02-29"), parse_birthday("--0229"), parse_birthday(" ")
    ('1988-02-29', '--02-29', None)
    >>> parse_birthday("29.02.1989")
    Traceback (most recent call last):
    ValueError: 29.02.1989
    >>> parse_birthday("spring")
    Traceback (most recent call last):
    ValueError: spring
    """
    text = (text or "").strip()
    if not text:
        return None
    for pattern in _WRITTEN:
        found = pattern.fullmatch(text)
        if found:
            parts = found.groupdict()
            year, month, day = parts.get("y"), int(parts["m"]), int(parts["d"])
            try:
                date(int(year) if year else 2000, month, day)
            except ValueError:
                raise ValueError(text) from None
            return f"{year or '-'}-{month:02}-{day:02}"
    raise ValueError(text)


def birthday_in(birthday, year):
    """The day he celebrates in a year: who was born on 29 February, the day before March.

    >>> birthday_in("--02-29", 2026).isoformat(), birthday_in("1988-02-29", 2028).isoformat()
    ('2026-02-28', '2028-02-29')
    >>> birthday_in("1988-12-03", 2026).isoformat()
    '2026-12-03'
    """
    month, day = int(birthday[-5:-3]), int(birthday[-2:])
    if (month, day) == LEAP_DAY and not isleap(year):
        day = 28
    return date(year, month, day)


def next_birthday(birthday, today):
    """The next one, today's own included.

    >>> next_birthday("--02-29", date(2026, 2, 28)).isoformat()
    '2026-02-28'
    >>> next_birthday("--02-29", date(2026, 3, 1)).isoformat()
    '2027-02-28'
    >>> next_birthday("1990-01-01", date(2026, 12, 31)).isoformat()
    '2027-01-01'
    """
    day = birthday_in(birthday, today.year)
    return day if day >= today else birthday_in(birthday, today.year + 1)


def age_on(birthday, day):
    """Years he is old on his birthday of that year; None without a year.

    >>> age_on("1988-02-29", date(2026, 2, 28)), age_on("--02-29", date(2026, 2, 28))
    (38, None)
    """
    return None if birthday.startswith("-") else day.year - int(birthday[:4])


def birthday_keys(first, last):
    """{``MM-DD`` as kept: the day it is celebrated} of the days from ``first`` to ``last``.

    >>> days = birthday_keys(date(2026, 2, 27), date(2026, 3, 1))
    >>> [(key, day.isoformat()) for key, day in sorted(days.items())]  # doctest: +NORMALIZE_WHITESPACE
    [('02-27', '2026-02-27'), ('02-28', '2026-02-28'), ('02-29', '2026-02-28'),
     ('03-01', '2026-03-01')]
    >>> sorted(birthday_keys(date(2028, 2, 28), date(2028, 3, 1)))
    ['02-28', '02-29', '03-01']
    """
    keys = {}
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        keys[f"{day:%m-%d}"] = day
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            keys["02-29"] = day
    return keys


def to_local(now, zone):
    """What the clock shows there.

    >>> to_local(datetime(2026, 7, 1, 12), "Europe/Kyiv").isoformat()
    '2026-07-01T15:00:00'
    """
    return pytz.utc.localize(now).astimezone(pytz.timezone(zone)).replace(tzinfo=None)


def to_utc(local, zone):
    """UTC of what a clock shows there.

    An hour that the change to summer time leaves out comes as late as it would have;
    of an hour that is there twice the second is taken.

    >>> to_utc(datetime(2026, 3, 29, 3, 30), "Europe/Kyiv").isoformat()  # does not exist
    '2026-03-29T01:30:00'
    >>> to_utc(datetime(2026, 10, 25, 3, 30), "Europe/Kyiv").isoformat()  # there twice
    '2026-10-25T01:30:00'
    """
    place = pytz.timezone(zone)
    return place.localize(local, is_dst=False).astimezone(pytz.utc).replace(tzinfo=None)


def day_moment(day, hour, zone):
    """UTC of an hour (with fraction) of a person's day.

    >>> day_moment(date(2026, 3, 28), 10.5, "Europe/Kyiv").isoformat()
    '2026-03-28T08:30:00'
    >>> day_moment(date(2026, 3, 29), 10.5, "Europe/Kyiv").isoformat()  # summer time
    '2026-03-29T07:30:00'
    >>> day_moment(date(2026, 3, 28), 10, "Asia/Tokyo").isoformat()
    '2026-03-28T01:00:00'
    """
    return to_utc(
        datetime.combine(day, time()) + timedelta(minutes=round(hour * 60)), zone
    )


def wait_until(start, zone, days=0, hours=0, weekday=None, hour=None):
    """When a wait that begins at ``start`` is over.

    :param days: days of the person's calendar: the clock then shows the same time
    :param hours: hours that pass
    :param weekday: 0 Monday … 6 Sunday: go on to that day (today's own counts)
    :param hour: of the person's clock: go on to the next time it is that hour

    >>> kyiv = "Europe/Kyiv"
    >>> wait_until(datetime(2026, 3, 2, 9), kyiv) == datetime(2026, 3, 2, 9)
    True

    Over the change to summer time a day has 23 hours, 24 hours are 24 hours:

    >>> wait_until(datetime(2026, 3, 28, 9), kyiv, days=1).isoformat()
    '2026-03-29T08:00:00'
    >>> wait_until(datetime(2026, 3, 28, 9), kyiv, hours=24).isoformat()
    '2026-03-29T09:00:00'

    Monday 11:00 there; until the next 10:00, until Friday 10:00, until Monday 12:00:

    >>> wait_until(datetime(2026, 3, 2, 9), kyiv, hour=10).isoformat()
    '2026-03-03T08:00:00'
    >>> wait_until(datetime(2026, 3, 2, 9), kyiv, weekday=4, hour=10).isoformat()
    '2026-03-06T08:00:00'
    >>> wait_until(datetime(2026, 3, 2, 9), kyiv, weekday=0, hour=12).isoformat()
    '2026-03-02T10:00:00'
    >>> wait_until(datetime(2026, 3, 2, 9), kyiv, weekday=0, hour=10).isoformat()
    '2026-03-09T08:00:00'

    A weekday without an hour keeps the clock of the start:

    >>> wait_until(datetime(2026, 3, 2, 9), kyiv, weekday=2).isoformat()
    '2026-03-04T09:00:00'
    """
    moment = start
    if days:
        moment = to_utc(to_local(moment, zone) + timedelta(days=days), zone)
    moment += timedelta(hours=hours)
    if weekday is None and hour is None:
        return moment
    local = to_local(moment, zone)
    for ahead in range(8):
        day = local.date() + timedelta(days=ahead)
        if weekday is not None and day.weekday() != weekday:
            continue
        if hour is None:
            found = to_utc(datetime.combine(day, local.time()), zone)
        else:
            found = day_moment(day, hour, zone)
        if found >= moment:
            return found
    raise AssertionError((start, zone, weekday, hour))  # a week has every day
