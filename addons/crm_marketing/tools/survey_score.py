"""What a handful of answers says about everybody: scores with their intervals. Pure Python.

* NPS: share of promoters (9 and 10) less share of detractors (0 to 6), in points from -100
  to 100. Its interval is the adjusted Wald one: three answers more, ¾ of a promoter and ¾
  of a detractor among them, and the variance of a difference of multinomial shares. It is
  what B. Rocks, "Interval Estimation for the Net Promoter Score", The American Statistician
  70 (2016), 365-372, found to hold best with few answers.
* CSAT: share of the two best marks, with Wilson's interval (R. G. Newcombe, Statistics in
  Medicine 17 (1998), 857-872, method 3).
* CES: the mean mark, with Student's interval; its quantile by G. W. Hill, Algorithm 396,
  Communications of the ACM 13 (1970), 619-620.
"""

from math import cos, exp, pi, sin, sqrt
from statistics import NormalDist
from typing import NamedTuple

from .lift import FEW, Z95, wilson

PROMOTER, DETRACTOR = 9, 6  # from and up to
TOP_BOXES = 2  # the best marks of a scale that count as satisfied
EXTRA = 3.0  # answers that the adjusted interval adds


class Score(NamedTuple):
    """A score, between what and what it lies in 95 of 100 cases, of how many answers."""

    value: float
    low: float
    high: float
    number: int

    @property
    def is_few(self):
        """Whether there are too few answers to rely on.

        >>> Score(0, 0, 0, 29).is_few, Score(0, 0, 0, 30).is_few
        (True, False)
        """
        return self.number < FEW


def points(measure, value, worst=0, best=10):
    """What one answer adds: its mean over the answers is the score.

    :param measure: ``nps``, ``csat`` or ``ces``
    :param value: the mark; ``worst`` and ``best`` are the ends of its scale

    >>> [points("nps", mark) for mark in (0, 6, 7, 8, 9, 10)]
    [-100.0, -100.0, 0.0, 0.0, 100.0, 100.0]
    >>> [points("csat", mark, 1, 5) for mark in (1, 3, 4, 5)]
    [0.0, 0.0, 100.0, 100.0]
    >>> points("ces", 6, 1, 7)
    6.0
    """
    if measure == "nps":
        return 100.0 * ((value >= PROMOTER) - (value <= DETRACTOR))
    if measure == "csat":
        return 100.0 * (value > best - TOP_BOXES)
    return float(value)


def is_low(measure, value, worst=0, best=10):
    """Whether somebody should speak with who answered so: a detractor, the two worst marks.

    >>> [mark for mark in range(11) if is_low("nps", mark)]
    [0, 1, 2, 3, 4, 5, 6]
    >>> [mark for mark in range(1, 8) if is_low("ces", mark, 1, 7)]
    [1, 2]
    """
    if measure == "nps":
        return value <= DETRACTOR
    return value < worst + TOP_BOXES


def nps(promoters, detractors, number, z=Z95):
    """The net promoter score of ``number`` answers, None without any.

    By hand, 5 promoters and 1 detractor of 10: 40 points. Adjusted: 13 answers, shares
    5.75/13 and 1.75/13, difference 4/13 = 0.3077; variance 7.5/13 - (4/13)² = 0.4822;
    standard error √(0.4822/13) = 0.1926; 0.3077 ± 1.96 × 0.1926.

    >>> [round(part, 1) for part in nps(5, 1, 10)]
    [40.0, -7.0, 68.5, 10]

    However few they are, the interval is never a point and holds the score itself:

    >>> [round(part, 1) for part in nps(1, 0, 1)]
    [100.0, -48.5, 100.0, 1]
    >>> [round(part, 1) for part in nps(400, 200, 1000)]
    [20.0, 15.3, 24.6, 1000]
    >>> nps(0, 0, 0) is None
    True
    """
    if not number:
        return None
    total = number + EXTRA
    plus, minus = (promoters + EXTRA / 4) / total, (detractors + EXTRA / 4) / total
    middle = plus - minus
    spread = z * sqrt((plus + minus - middle * middle) / total)
    found = (promoters - detractors) / number
    return Score(
        100.0 * found,
        100.0 * max(-1.0, min(found, middle - spread)),
        100.0 * min(1.0, max(found, middle + spread)),
        number,
    )


def csat(satisfied, number, z=Z95):
    """Percent of satisfied answers, None without any. Newcombe's table I, 81 of 263:

    >>> [round(part, 2) for part in csat(81, 263)]
    [30.8, 25.53, 36.62, 263]
    """
    if not number:
        return None
    low, high = wilson(satisfied, number, z)
    return Score(100.0 * satisfied / number, 100.0 * low, 100.0 * high, number)


def ces(total, squares, number, worst=1, best=7):
    """The mean mark, None without any answer; of a single one nothing is known around it.

    :param total: sum of the marks
    :param squares: sum of their squares
    :param worst: the ends of the scale, which no mean lies beyond

    By hand: 3, 4, 5 have the mean 4, the deviation 1, t(2) = 4.303: 4 ± 4.303 / √3.

    >>> [round(part, 3) for part in ces(12, 50, 3)]
    [4.0, 1.516, 6.484, 3]
    >>> ces(12, 56, 3)[1:3], ces(5, 25, 1)
    ((1, 7), Score(value=5.0, low=1, high=7, number=1))

    Equal marks are not certainty: one more at each end of the scale is reckoned with,
    as if 50 marks of 5 were 52.

    >>> ces(10, 50, 2)[1:3], [round(part, 2) for part in ces(250, 1250, 50)]
    ((1, 7), [5.0, 4.79, 5.14, 50])
    """
    if not number:
        return None
    found = total / number
    if number == 1:
        return Score(found, worst, best, 1)
    count = number
    if squares - total * found < 1e-6:
        count, total = number + 2, total + worst + best
        squares += worst * worst + best * best
    mean = total / count
    variance = (squares - total * mean) / (count - 1)
    spread = student(count - 1) * sqrt(variance / count)
    low, high = min(found, mean - spread), max(found, mean + spread)
    return Score(found, max(worst, low), min(best, high), number)


def student(freedom, tail=0.05):
    """The quantile that leaves ``tail`` outside on both sides together.

    Tables of Student's t at 0.05: 12.706, 4.303, 3.182, 2.228, 2.042, 1.984.

    >>> [round(student(freedom), 3) for freedom in (1, 2, 3, 10, 30, 100)]
    [12.706, 4.303, 3.182, 2.228, 2.042, 1.984]
    """
    if freedom == 1:
        return cos(tail * pi / 2) / sin(tail * pi / 2)
    if freedom == 2:
        return sqrt(2.0 / (tail * (2.0 - tail)) - 2.0)
    a = 1.0 / (freedom - 0.5)
    b = 48.0 / (a * a)
    c = ((20700.0 * a / b - 98.0) * a - 16.0) * a + 96.36
    d = ((94.5 / (b + c) - 3.0) / b + 1.0) * sqrt(a * pi / 2.0) * freedom
    y = (d * tail) ** (2.0 / freedom)
    if y > 0.05 + a:
        y = _far(freedom, b, c, d, _normal(tail))
    else:
        y = (
            (
                1.0
                / (
                    ((freedom + 6.0) / (freedom * y) - 0.089 * d - 0.822)
                    * (freedom + 2.0)
                    * 3.0
                )
                + 0.5 / (freedom + 4.0)
            )
            * y
            - 1.0
        ) * (freedom + 1.0) / (freedom + 2.0) + 1.0 / y
    return sqrt(freedom * y)


def _far(freedom, b, c, d, x):
    """Hill's expansion around the normal quantile ``x`` (negative)."""
    y = x * x
    if freedom < 5:
        c += 0.3 * (freedom - 4.5) * (x + 0.6)
    c = (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b + c
    y = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * x
    y = y * y / (freedom - 0.5)
    return exp(y) - 1.0 if y > 0.002 else 0.5 * y * y + y


def _normal(tail):
    """The normal quantile below which half the tail lies."""
    return NormalDist().inv_cdf(tail / 2.0)


def of_sums(measure, number, plus, minus, total, squares, scale=(1, 7)):
    """The score of one group of answers from its sums; None without answers.

    :param plus: promoters, or the satisfied
    :param minus: detractors
    :param scale: the ends of the scale of marks, for the mean

    >>> of_sums("nps", 10, 5, 1, 0, 0) == nps(5, 1, 10)
    True
    >>> of_sums("csat", 4, 3, 0, 0, 0).value, of_sums("ces", 2, 0, 0, 9, 41).value
    (75.0, 4.5)
    """
    if measure == "nps":
        return nps(plus, minus, number)
    if measure == "csat":
        return csat(plus, number)
    return ces(total, squares, number, *scale)
