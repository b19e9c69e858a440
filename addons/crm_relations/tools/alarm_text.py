"""Lengths and moments of alarms as a person says them. Pure Python."""

NEAR_DAYS = 6


def split_minutes(minutes, day_minutes=0):
    """(days, hours, minutes) of a length; days only when a day has a length.

    >>> split_minutes(380), split_minutes(59), split_minutes(0)
    ((0, 6, 20), (0, 0, 59), (0, 0, 0))
    >>> split_minutes(3000, day_minutes=1440)
    (2, 2, 0)
    """
    days, rest = divmod(minutes, day_minutes) if day_minutes else (0, minutes)
    hours, minutes = divmod(rest, 60)
    return days, hours, minutes


def moment_pattern(day, today):
    """How much of a date has to be said: the pattern of ``babel``.

    >>> from datetime import date
    >>> today = date(2026, 3, 2)
    >>> moment_pattern(today, today), moment_pattern(date(2026, 3, 5), today)
    ('HH:mm', 'EEE HH:mm')
    >>> moment_pattern(date(2026, 2, 1), today), moment_pattern(date(2025, 2, 1), today)
    ('d MMM HH:mm', 'd MMM y HH:mm')
    """
    if day == today:
        return "HH:mm"
    if abs((day - today).days) <= NEAR_DAYS:
        return "EEE HH:mm"
    return "d MMM HH:mm" if day.year == today.year else "d MMM y HH:mm"


def share(part, whole):
    """Percent of a bar, 0 to 100.

    >>> share(30, 120), share(200, 120), share(5, 0), share(-3, 10)
    (25, 100, 100, 0)
    """
    if whole <= 0:
        return 100
    return max(0, min(100, round(100 * part / whole)))
