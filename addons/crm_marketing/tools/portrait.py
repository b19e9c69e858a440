"""What tells one group of customers from all others. Pure Python: no ORM, no database.

A trait's *lift* is its share in the group over its share among the others. It is told only
with a sample that can bear it: the 95 % interval of the ratio (Katz, Baptista, Azen and Pike
1978) must leave 1 out. Scores are naive Bayes as the host's predictive lead scoring does it:
0.1 is added to every count, so that what was never seen does not decide alone.

A trait carries *when it is known*; what is known only after the outcome tells nothing of who
will come next, however well it seems to (the length of the call that sold).
"""

from bisect import bisect_right
from math import exp, log, sqrt
from typing import NamedTuple

SMOOTHING = 0.1  # the host's: crm_lead._pls_update_frequency_table
Z = 1.96
# before: always known; dated: known since a day; undated: nobody knows since when;
# after: known only when it is over
KNOWN = ("before", "dated", "undated", "after")


class Finding(NamedTuple):
    """One trait of a group; shares from 0 to 1, lift with its 95 % interval."""

    trait: str
    value: str
    inside: int
    outside: int
    share_inside: float
    share_outside: float
    lift: float
    low: float
    high: float


def usable(known, is_past):
    """Whether a trait may tell who will come: the outcome begins now, or in the past.

    >>> [usable(known, True) for known in KNOWN]
    [True, True, False, False]
    >>> [usable(known, False) for known in KNOWN]
    [True, True, True, False]
    """
    return known in ("before", "dated") or (known == "undated" and not is_past)


def lift(inside, total_inside, outside, total_outside):
    """(lift, low, high): ratio of two shares and its 95 % interval.

    Half a customer is added where a share is 0 or 1, or the interval would be endless.

    >>> [round(x, 2) for x in lift(30, 100, 100, 1000)]
    [3.0, 2.11, 4.27]
    >>> [round(x, 1) for x in lift(5, 10, 0, 100)]
    [105.3, 6.2, 1774.3]
    """
    if not outside or not inside:
        inside, outside = inside + 0.5, outside + 0.5
        total_inside, total_outside = total_inside + 0.5, total_outside + 0.5
    ratio = (inside / total_inside) / (outside / total_outside)
    error = sqrt(
        max(0, 1 / inside - 1 / total_inside) + max(0, 1 / outside - 1 / total_outside)
    )
    return ratio, ratio * exp(-Z * error), ratio * exp(Z * error)


def portrait(counts, totals, minimum=20):
    """What distinguishes the group, the surest first.

    :param counts: ``{(trait, value): (customers inside, customers outside)}``
    :param totals: (customers inside, customers outside)
    :param int minimum: a trait of fewer customers, or a smaller group, is not told
    :return: ``[Finding]``, by the end of the interval that is nearer to 1

    >>> found = portrait({("car", "red"): (30, 100), ("car", "blue"): (10, 110),
    ...                   ("city", "Lviv"): (1, 2)}, (100, 1000))
    >>> [(f.trait, f.value, round(f.lift, 1)) for f in found]
    [('car', 'red', 3.0)]
    >>> portrait({("car", "red"): (3, 10)}, (0, 50))
    []
    """
    total_inside, total_outside = totals
    if min(totals) < minimum:
        return []
    found = []
    for (trait, value), (inside, outside) in counts.items():
        if inside + outside < minimum:
            continue
        ratio, low, high = lift(inside, total_inside, outside, total_outside)
        if low <= 1 <= high:
            continue
        shares = inside / total_inside, outside / total_outside
        found.append(Finding(trait, value, inside, outside, *shares, ratio, low, high))
    return sorted(found, key=lambda f: (-_sureness(f), f.trait, f.value))


def _sureness(finding):
    return log(finding.low) if finding.lift > 1 else -log(finding.high)


# ------------------------------------------------------------ scores


def edges(values, parts=5):
    """Borders of ``parts`` equal shares of the values (quintiles).

    >>> edges([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    [3, 5, 7, 9]
    """
    ordered = sorted(values)
    return sorted({ordered[len(ordered) * n // parts] for n in range(1, parts)})


def bin_of(borders, value):
    """The number of the share that a value falls into, from 0.

    >>> [bin_of([3, 5], value) for value in (1, 3, 9)]
    [0, 1, 2]
    """
    return bisect_right(borders, value)


def learn(rows):
    """Frequencies as the host keeps them.

    :param rows: iterable of ``({trait: value}, whether it came true)``
    :return: ``({trait: {value: [won, lost]}}, [won, lost])``
    """
    frequencies, totals = {}, [0, 0]
    for values, won in rows:
        totals[not won] += 1
        for trait, value in values.items():
            counts = frequencies.setdefault(trait, {})
            counts.setdefault(value, [SMOOTHING, SMOOTHING])[not won] += 1
    return frequencies, totals


def score(model, values):
    """Probability from 0 to 1, as ``crm.lead._pls_get_naive_bayes_probabilities``.

    >>> model = learn([({"car": "red"}, True), ({"car": "red"}, True),
    ...                ({"car": "blue"}, False), ({"car": "red"}, False)])
    >>> round(score(model, {"car": "red"}), 3), round(score(model, {"car": "blue"}), 3)
    (0.656, 0.083)
    >>> score(model, {"car": "green"})
    0.5
    """
    frequencies, (won, lost) = model
    if not (won and lost):
        return 0.0
    odds = log(won / lost)
    for trait, value in values.items():
        counts = frequencies.get(trait, {})
        if value not in counts:
            continue
        total_won = sum(pair[0] for pair in counts.values())
        total_lost = sum(pair[1] for pair in counts.values())
        odds += log(counts[value][0] / total_won) - log(counts[value][1] / total_lost)
    return 1 / (1 + exp(-odds))


def auc(scored):
    """Area under the ROC curve of ``[(score, whether it came true)]``, ties halved.

    >>> auc([(0.9, True), (0.8, False), (0.7, True), (0.1, False)])
    0.75
    >>> auc([(0.5, True), (0.5, False)])
    0.5
    """
    ordered = sorted(scored, key=lambda pair: pair[0])
    rank_sum, won, place = 0.0, 0, 0
    while place < len(ordered):
        end = place
        while end < len(ordered) and ordered[end][0] == ordered[place][0]:
            end += 1
        middle = (place + 1 + end) / 2
        hits = sum(1 for _score, true in ordered[place:end] if true)
        rank_sum += middle * hits
        won += hits
        place = end
    lost = len(ordered) - won
    return (rank_sum - won * (won + 1) / 2) / (won * lost)
