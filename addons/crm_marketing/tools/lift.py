"""What a scenario really brought: two proportions and their difference. Pure Python.

Intervals: Wilson's score for one proportion and Newcombe's hybrid of two of them for a
difference. R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872 (method 3) and
873-890 (method 10); the numbers in the doctests are his tables.
"""

from hashlib import md5
from math import sqrt
from typing import NamedTuple

Z95 = 1.959963984540054
PARTS = 10_000
# fewer people than this in either group: an interval is shown, and a warning with it
FEW = 30


def wilson(successes, number, z=Z95):
    """(low, high) of a proportion; all is possible when nobody was asked.

    >>> [round(x, 4) for x in wilson(81, 263)]
    [0.2553, 0.3662]
    >>> [round(x, 4) for x in wilson(15, 148)]
    [0.0624, 0.1605]
    >>> [round(x, 4) for x in wilson(0, 20)]
    [0.0, 0.1611]
    >>> [round(x, 4) for x in wilson(1, 29)]
    [0.0061, 0.1718]
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if not number:
        return 0.0, 1.0
    share = successes / number
    middle = 2 * number * share + z * z
    spread = z * sqrt(z * z + 4 * number * share * (1 - share))
    below = 2 * (number + z * z)
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)


class Lift(NamedTuple):
    """Difference of two proportions with its interval.

    >>> Lift(0.2, 0.05, 0.33).is_certain, Lift(0.1, -0.1, 0.3).is_certain
    (True, False)
    """

    difference: float
    low: float
    high: float

    @property
    def is_certain(self):
        """Whether the interval leaves out *no difference*."""
        return self.low > 0 or self.high < 0


def newcombe(treated, treated_number, control, control_number, z=Z95):
    """Treated less control, as a :class:`Lift`; None when a group is empty.

    >>> def show(*numbers):
    ...     return tuple(round(x, 4) for x in newcombe(*numbers))
    >>> show(56, 70, 48, 80)
    (0.2, 0.0524, 0.3339)
    >>> show(9, 10, 3, 10)
    (0.6, 0.1705, 0.809)
    >>> show(6, 7, 2, 7)
    (0.5714, 0.0582, 0.8062)
    >>> show(5, 56, 0, 29)
    (0.0893, -0.0381, 0.1926)
    >>> show(0, 10, 0, 20)
    (0.0, -0.1611, 0.2775)
    >>> show(0, 10, 0, 10)
    (0.0, -0.2775, 0.2775)
    >>> show(10, 10, 0, 20)
    (1.0, 0.6791, 1.0)
    >>> show(10, 10, 0, 10)
    (1.0, 0.6075, 1.0)
    >>> newcombe(1, 2, 0, 0) is None
    True
    """
    if not treated_number or not control_number:
        return None
    p1, p2 = treated / treated_number, control / control_number
    low1, high1 = wilson(treated, treated_number, z)
    low2, high2 = wilson(control, control_number, z)
    difference = p1 - p2
    return Lift(
        difference,
        difference - sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2),
        difference + sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2),
    )


class Sample(NamedTuple):
    """A measure of one group: how many, their mean and the variance of the sample."""

    number: int
    mean: float
    variance: float


def welch(treated, control, z=Z95):
    """Difference of two means, as a :class:`Lift`; None where a group has fewer than two.

    Welch's standard error with the normal quantile: of few (:data:`FEW`) it is too
    narrow. Check: NIST/SEMATECH e-Handbook 1.3.5.3, AUTO83B (t = -12.94627).

    >>> auto = Sample(249, 20.14458, 6.41470**2), Sample(79, 30.48101, 6.10771**2)
    >>> lift = welch(*auto, z=1)
    >>> round(lift.difference, 5), round(lift.difference / (lift.high - lift.difference), 2)
    (-10.33643, -12.95)
    >>> [round(x, 2) for x in welch(*auto)[1:]]
    [-11.9, -8.77]
    >>> welch(Sample(1, 5.0, 0.0), Sample(40, 4.0, 1.0)) is None
    True
    """
    if treated.number < 2 or control.number < 2:
        return None
    difference = treated.mean - control.mean
    error = sqrt(treated.variance / treated.number + control.variance / control.number)
    return Lift(difference, difference - z * error, difference + z * error)


def control_part(scenario_id, partner_id):
    """0 … 9,999: the same person stays on the same side of a scenario for ever.

    The database reckons it too (``crm_scenario_trigger.control_sql``).

    >>> control_part(1, 2) == control_part(1, 2), control_part(1, 2) == control_part(2, 1)
    (True, False)
    >>> share = sum(control_part(7, person) < 1000 for person in range(20_000)) / 20_000
    >>> 0.09 < share < 0.11
    True
    """
    key = f"{scenario_id}:{partner_id}"
    return int(md5(key.encode(), usedforsecurity=False).hexdigest()[:8], 16) % PARTS
