"""What a campaign brought for what it cost: the arithmetic, without ORM.

Amounts are in one currency. The worked example runs through all of it: a campaign with a
budget of 50,000 that cost 41,300 (bills 38,000, ads 3,300) brought 412 leads, 61 new
customers, a revenue of 402,000 and a margin of 118,000.
"""

from decimal import ROUND_HALF_UP, Decimal


def spread(total, weights):
    """Cut whole cents by weights; the pieces sum to the total.

    Each piece is the difference of two rounded running totals, so a piece may differ from
    its exact share by less than a cent (cumulative rounding).

    >>> spread(10000, [10, 20, 30])
    [1667, 3333, 5000]
    >>> spread(100, [1, 1, 1]), spread(-100, [1, 1, 1]), spread(100, [0, 0])
    ([33, 34, 33], [-33, -34, -33], None)

    :param int total: cents
    :param list weights: numbers, not negative in sum
    :return: list of cents, or None where nothing weighs anything
    """
    weights = [Decimal(str(weight)) for weight in weights]
    whole = sum(weights)
    if whole <= 0:
        return None
    pieces, until, before = [], Decimal(0), 0
    for weight in weights:
        until += weight
        reached = int((total * until / whole).quantize(Decimal(1), ROUND_HALF_UP))
        pieces.append(reached - before)
        before = reached
    return pieces


def monthly_cost(bills, spends):
    """``{month: (cost, provisional)}``: bills where there is any, else imported spend.

    >>> monthly_cost({3: 38000}, {3: 37500, 4: 3300})
    {3: (38000, 0), 4: (3300, 3300)}
    >>> monthly_cost({3: 0}, {3: 500})  # a bill and its credit note are bills
    {3: (0, 0)}

    :param dict bills: ``{month: amount}`` of months with any booked bill
    :param dict spends: ``{month: amount}`` of imported ad spend
    """
    return {
        month: (bills[month], 0) if month in bills else (spends[month], spends[month])
        for month in sorted(bills.keys() | spends.keys())
    }


def cost_per(cost, count):
    """CPL, CAC: cost divided by leads, by *new* customers; None without any.

    >>> round(cost_per(41300, 412), 1), round(cost_per(41300, 61)), cost_per(41300, 0)
    (100.2, 677, None)
    """
    return cost / count if count else None


def romi(margin, cost):
    """Return on marketing investment: (margin - cost) / cost; None without cost.

    >>> round(romi(118000, 41300), 2), romi(0, 41300), romi(118000, 0)
    (1.86, -1.0, None)
    """
    return (margin - cost) / cost if cost and cost > 0 else None


def payback_days(costs, margins):
    """Days from the first cost until the margin had paid for all of it; None if not yet.

    The whole cost counts, not only what was spent by then: half a campaign is never
    "paid back" by its first sale.

    >>> from datetime import date
    >>> costs = [(date(2026, 3, 1), 100), (date(2026, 3, 31), 50)]
    >>> payback_days(costs, [(date(2026, 3, 10), 120), (date(2026, 4, 10), 40)])
    40
    >>> payback_days(costs, [(date(2026, 3, 10), 120)]) is None
    True

    :param list costs: ``[(day, amount)]``
    :param list margins: ``[(day, amount)]``
    """
    total = sum(amount for _day, amount in costs)
    if not costs or total <= 0:
        return None
    first = min(day for day, _amount in costs)
    reached = 0
    for day, amount in sorted(margins, key=lambda row: row[0]):
        reached += amount
        if reached >= total:
            return max((day - first).days, 0)
    return None


def used(cost, budget):
    """Part of the budget that is spent, in per cent; None without a budget.

    >>> used(41300, 50000), used(5, 0)
    (82.6, None)
    """
    return 100 * cost / budget if budget else None
