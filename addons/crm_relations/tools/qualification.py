"""The arithmetic of qualification: how well answers fit, and what to make of it.

No Odoo here: a criterion is a weight and a must-have mark, an answer is the share of
the weight it earned (0.0 .. 1.0), or ``None`` while the question is open.
"""

from dataclasses import dataclass

FIT = "fit"
UNFIT = "unfit"
UNKNOWN = "open"


@dataclass(frozen=True)
class Judged:
    weight: float
    must_have: bool
    share: float | None


@dataclass(frozen=True)
class Verdict:
    score: int
    state: str


def judge(items, threshold):
    """Score 0 .. 100 and the verdict of a lead's answers.

    Unfit as soon as it is certain: a must-have is answered wrong, or even the best
    answers to the rest would stay under the threshold.

    >>> budget, region, car = Judged(2, True, 1.0), Judged(1, False, 1.0), Judged(1, False, None)
    >>> judge([budget, region, car], 60)
    Verdict(score=75, state='fit')
    >>> judge([Judged(2, True, None), region, car], 60)
    Verdict(score=25, state='open')
    >>> judge([Judged(2, True, 0.0), region, car], 60)
    Verdict(score=25, state='unfit')
    >>> judge([Judged(2, False, 0.0), region, car], 60).state
    'unfit'
    >>> judge([], 60)
    Verdict(score=0, state='open')
    """
    items = _weighted(items)
    total = sum(item.weight for item in items)
    if not total:
        return Verdict(0, UNKNOWN)
    earned = sum(item.weight * item.share for item in items if item.share is not None)
    waiting = sum(item.weight for item in items if item.share is None)
    score = 100 * earned / total
    if (
        any(item.must_have and item.share == 0 for item in items)
        or score + 100 * waiting / total < threshold
    ):
        state = UNFIT
    elif score >= threshold and not _open_must_have(items):
        state = FIT
    else:
        state = UNKNOWN
    return Verdict(round(score), state)


def _weighted(items):
    """Questions without any weight count alike.

    >>> _weighted([Judged(0, True, 1.0)])
    [Judged(weight=1, must_have=True, share=1.0)]
    """
    items = list(items)
    if any(item.weight for item in items):
        return items
    return [Judged(1, item.must_have, item.share) for item in items]


def _open_must_have(items):
    return any(item.must_have and item.share is None for item in items)


def share_of_range(value, low, high):
    """1.0 inside the range; an upper limit of 0 means "no upper limit".

    >>> share_of_range(5000, 5000, 0), share_of_range(4999, 5000, 0)
    (1.0, 0.0)
    >>> share_of_range(11, 1, 10)
    0.0
    """
    return 1.0 if value >= low and (not high or value <= high) else 0.0


def share_of_date(value, answered_on, low, high):
    """Days from the answer to the date, judged as a range.

    >>> from datetime import date
    >>> share_of_date(date(2026, 3, 20), date(2026, 3, 2), 0, 30)
    1.0
    >>> share_of_date(date(2026, 3, 1), date(2026, 3, 2), 0, 30)
    0.0
    """
    return share_of_range((value - answered_on).days, low, high)
