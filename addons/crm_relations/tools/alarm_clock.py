"""Alarm clock: working time, and which step of an alarm is due. Pure Python.

Moments are whole seconds since 1970 in UTC, lengths are seconds. A calendar is computed
in its own time zone and kept as one table of working intervals with a running sum, so
that a limit is one bisection however many alarms ask.
"""

from bisect import bisect_left, bisect_right
from calendar import timegm
from datetime import datetime, timedelta
from typing import NamedTuple

import pytz

from .working_time import WorkingTime

DAY = 86_400
HORIZON = 1_400 * DAY  # the host's plan_hours looks so far, then gives up


def epoch(moment):
    """Seconds since 1970 of a naive UTC datetime.

    >>> epoch(datetime(2026, 3, 2, 9)), from_epoch(1772442000)
    (1772442000, datetime.datetime(2026, 3, 2, 9, 0))
    """
    return timegm(moment.timetuple())


def from_epoch(seconds):
    return datetime(1970, 1, 1) + timedelta(seconds=seconds)


class Schedule(NamedTuple):
    """What a working calendar says.

    ``attendances``: (weekday 0-6, from minute, to minute, week type None, 0 or 1).
    ``leaves``: (start, end) seconds, nobody works. ``days``: {date: SpecialDay}.
    """

    zone: str = "UTC"
    attendances: tuple = ()
    leaves: tuple = ()
    days: dict = {}


class SpecialDay(NamedTuple):
    """An extra working day (a moved Saturday) or a shortened one (before a holiday)."""

    weekday: int | None = None  # works like this weekday; None: like itself
    until: int | None = None  # last working minute
    is_extra: bool = False  # works even when public leave covers it


def midnight(zone, day):
    """The moment when a day begins in a zone.

    >>> from_epoch(midnight("Europe/Kyiv", datetime(2026, 3, 3)))
    datetime.datetime(2026, 3, 2, 22, 0)
    """
    return _moment(pytz.timezone(zone), day, 0, False)


def shift_days(moment, days, zone):
    """The same local time so many calendar days later, whatever the clocks do between.

    >>> noon = epoch(datetime(2026, 3, 28, 10))  # Kyiv, the day before summer time
    >>> from_epoch(shift_days(noon, 1, "Europe/Kyiv")), shift_days(noon, 0, "UTC") == noon
    (datetime.datetime(2026, 3, 29, 9, 0), True)
    """
    if not days:
        return moment
    zone = pytz.timezone(zone)
    local = datetime.fromtimestamp(moment, tz=zone).replace(tzinfo=None)
    later = zone.localize(local + timedelta(days=days), is_dst=False)
    return timegm(later.utctimetuple())


def _moment(zone, day, minute, is_dst):
    """Local minute of a day; ``is_dst`` says which of two when the clock goes back."""
    local = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    return timegm(zone.localize(local, is_dst=is_dst).utctimetuple())


def week_type(day):
    """0 or 1, as the host counts weeks of a calendar of two weeks."""
    return (day.toordinal() - 1) // 7 % 2


def day_segments(schedule, day):
    """(from minute, to minute) that are worked on a date.

    >>> weekday = ((0, 480, 720, None), (0, 780, 1020, None))
    >>> monday, saturday = datetime(2026, 3, 2).date(), datetime(2026, 3, 7).date()
    >>> special = {saturday: SpecialDay(weekday=0, until=900, is_extra=True)}
    >>> schedule = Schedule(attendances=weekday, days=special)
    >>> day_segments(schedule, monday), day_segments(schedule, saturday)
    ([(480, 720), (780, 1020)], [(480, 720), (780, 900)])
    """
    special = schedule.days.get(day, SpecialDay())
    weekday = day.weekday() if special.weekday is None else special.weekday
    until = 24 * 60 if special.until is None else special.until
    return sorted(
        (start, min(end, until))
        for which, start, end, week in schedule.attendances
        if which == weekday and week in (None, week_type(day)) and start < until
    )


def merge(intervals):
    """Sorted, disjoint intervals.

    >>> merge([(5, 9), (1, 3), (3, 4), (6, 7), (8, 8)])
    [(1, 4), (5, 9)]
    """
    merged = []
    for start, end in sorted(pair for pair in intervals if pair[0] < pair[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def subtract(intervals, leaves):
    """What of sorted intervals is not covered by leaves.

    >>> subtract([(0, 10), (20, 30)], [(2, 4), (8, 22), (29, 40)])
    [(0, 2), (4, 8), (22, 29)]
    """
    leaves, left = merge(leaves), []
    for start, end in intervals:
        for first, last in leaves[
            bisect_left(leaves, start, key=lambda pair: pair[1]) :
        ]:
            if first >= end:
                break
            if start < first:
                left.append((start, first))
            start = max(start, last)
        if start < end:
            left.append((start, end))
    return left


def working_intervals(schedule, first, last):
    """Sorted (start, end) that are worked between two moments' days, both included.

    Half of the night when the clock goes back is worked twice, and an hour of spring
    not at all, if somebody works then:

    >>> nights = Schedule("Europe/Kyiv", tuple((d, 0, 360, None) for d in range(7)))
    >>> clock = WorkClock(nights)
    >>> [clock.worked(epoch(datetime(2026, m, d - 1, 12)), epoch(datetime(2026, m, d, 12)))
    ...     // 3600 for m, d in ((3, 28), (3, 29), (10, 25))]
    [6, 5, 7]
    """
    zone = pytz.timezone(schedule.zone)
    day, end = (from_epoch(moment).date() for moment in (first - DAY, last + DAY))
    plain, extra = [], []
    while day <= end:
        special = schedule.days.get(day)
        found = extra if special and special.is_extra else plain
        for start, stop in day_segments(schedule, day):
            found.append(
                (_moment(zone, day, start, True), _moment(zone, day, stop, False))
            )
        day += timedelta(days=1)
    return merge(subtract(merge(plain), schedule.leaves) + extra)


class WallClock:
    """Every minute counts; ``quiet`` (from, to) minutes of the day nobody is told.

    >>> clock = WallClock("Europe/Kyiv", (22 * 60, 7 * 60))
    >>> at = lambda *args: epoch(datetime(2026, 3, *args))
    >>> from_epoch(clock.add(at(2, 17), 3600)).hour  # 20:00 in Kyiv
    18
    >>> from_epoch(clock.add(at(2, 17), 4 * 3600))  # 23:00: waits until 7:00
    datetime.datetime(2026, 3, 3, 5, 0)
    >>> clock.loud(at(2, 3)) == at(2, 5), clock.loud(at(2, 12)) == at(2, 12)
    (True, True)
    """

    def __init__(self, zone="UTC", quiet=None):
        self.zone = zone
        self._quiet = quiet if quiet and quiet[0] != quiet[1] else None

    def worked(self, start, end):
        return max(0, end - start)

    def add(self, start, seconds):
        return self.loud(start + seconds)

    def loud(self, moment):
        """The moment itself, or the end of the quiet hours it falls into."""
        if not self._quiet:
            return moment
        zone = pytz.timezone(self.zone)
        local = pytz.utc.localize(from_epoch(moment)).astimezone(zone)
        minute, (first, last) = local.hour * 60 + local.minute, self._quiet
        if first < last and not first <= minute < last:
            return moment
        if first > last and last <= minute < first:
            return moment
        day = local.date() + timedelta(days=1 if minute >= last else 0)
        return _moment(zone, day, last, False)


class WorkClock:
    """Only working time counts.

    GLPI #22678: Mon-Fri 8-18, limit 4 h, pre-alarm 1 h before.

    >>> glpi = WorkClock(Schedule("UTC", tuple((d, 480, 1080, None) for d in range(5))))
    >>> at = lambda day, *args: epoch(datetime(2026, 3, day, *args))
    >>> def due(clock, start, hours):
    ...     return from_epoch(clock.add(start, round(hours * 3600))).strftime("%a %H:%M")
    >>> due(glpi, at(2, 10), 4), due(glpi, at(2, 10), 3)
    ('Mon 14:00', 'Mon 13:00')
    >>> due(glpi, at(2, 17), 4), due(glpi, at(2, 17), 3)
    ('Tue 11:00', 'Tue 10:00')

    Creatio: Mon-Fri 9-18, one hour to answer. A start out of hours waits for opening
    (frappe/helpdesk #2075), the end of a day is still that day.

    >>> creatio = WorkClock(Schedule("UTC", tuple((d, 540, 1080, None) for d in range(5))))
    >>> due(creatio, at(2, 10), 1), due(creatio, at(7, 3), 1), due(creatio, at(6, 17), 1)
    ('Mon 11:00', 'Mon 10:00', 'Fri 18:00')
    >>> due(creatio, at(7, 3), 0), due(creatio, at(2, 10), 0)
    ('Mon 09:00', 'Mon 10:00')

    Lunch is not work (frappe/helpdesk #2212), nor is a holiday:

    >>> lunch = tuple((d, a, b, None) for d in range(5) for a, b in ((480, 720), (780, 1020)))
    >>> tuesday = ((at(3, 0), at(4, 0)),)
    >>> host = WorkClock(Schedule("UTC", lunch, tuesday))
    >>> due(host, at(2, 11), 2), due(host, at(2, 16), 4), host.worked(at(2, 9), at(4, 9))
    ('Mon 14:00', 'Wed 11:00', 28800)

    A calendar without hours has no answer; it is a mistake of settings, not of 2^63:

    >>> WorkClock(Schedule()).add(at(2, 10), 60) is None
    True
    """

    def __init__(self, schedule):
        self.zone = schedule.zone
        self._schedule = schedule
        self._first = self._last = None
        self._table, self._starts, self._before = WorkingTime([]), [], [0]

    def worked(self, start, end):
        """Seconds worked from ``start`` to ``end``; 0 when they are the wrong way."""
        if end <= start:
            return 0
        self._cover(start, end)
        return self._table.between(start, end)

    def add(self, start, seconds):
        """When so much is worked since ``start``; None: not within the horizon."""
        self._cover(start, start + 2 * seconds + 30 * DAY)
        while (moment := self._find(start, seconds)) is None:
            if self._last >= start + HORIZON:
                return None
            self._cover(start, min(start + HORIZON, 2 * self._last - start))
        return moment

    def loud(self, moment):
        return moment

    def _find(self, start, seconds):
        target = self._table.until(start) + seconds
        # at the very end of a day: today for a limit that is full, tomorrow for none
        search = bisect_left if seconds else bisect_right
        place = search(self._before, target, 1) - 1
        if place >= len(self._starts):
            return None
        return self._starts[place] + target - self._before[place]

    def _cover(self, first, last):
        """Make the table reach over both moments; it grows by large pieces."""
        if self._first is not None and self._first <= first and last <= self._last:
            return
        known = self._first is not None
        self._first = min(first - 30 * DAY, self._first if known else first)
        self._last = max(last + 90 * DAY, self._last if known else last)
        intervals = working_intervals(self._schedule, self._first, self._last)
        self._table = WorkingTime(intervals)
        self._starts = [start for start, _end in intervals]
        self._before = [0]
        for start, end in intervals:
            self._before.append(self._before[-1] + end - start)
