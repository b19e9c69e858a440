"""Classes of customers by what they bring: A, B, C and N.

Pareto's rule on a running sum (ABC analysis; H. Ford Dickie, *ABC Inventory Analysis
Shoots for Dollars, not Pennies*, Factory Management and Maintenance, July 1951). No
Odoo here: numbers in, letters out.

The counts that tests/test_real_retail.py finds in UCI Online Retail are made here.
"""

LIMITS = (0.80, 0.95)
NEW_DAYS = 90
CLASSES = ("A", "B", "C", "N")
RANK = {letter: place for place, letter in enumerate(CLASSES)}


def rank(amounts, limits=LIMITS):
    """Classes of those who bring something, the best first.

    A customer is in A while the sum *before* him is below the first limit of the total:
    whoever crosses the limit still belongs to it. Equal amounts are told apart by id.

    :param amounts: {id: amount}; zero and negative ones take no part
    :param limits: shares of the total at which A and B end
    :return: {id: "A" | "B" | "C"}

    >>> rank({1: 80, 2: 15, 3: 5})
    {1: 'A', 2: 'B', 3: 'C'}
    >>> rank({1: 79, 2: 16, 3: 5})  # before the second customer 79 % are reached
    {1: 'A', 2: 'A', 3: 'C'}
    >>> rank({7: 10, 3: 10, 5: 10, 9: 0, 1: -4})  # ties by id; nothing for nothing
    {3: 'A', 5: 'A', 7: 'A'}
    >>> rank({})
    {}
    """
    ordered = sorted(
        ((amount, key) for key, amount in amounts.items() if amount > 0),
        key=lambda pair: (-pair[0], pair[1]),
    )
    total = sum(amount for amount, _key in ordered)
    classes, before = {}, 0
    for amount, key in ordered:
        share = before / total
        classes[key] = next(
            (
                letter
                for letter, limit in zip("AB", limits, strict=True)
                if share < type(share)(limit)
            ),
            "C",
        )
        before += amount
    return classes


def classify(customers, today, limits=LIMITS, new_days=NEW_DAYS):
    """Classes of one company's customers.

    :param customers: {id: (profit of 12 full months, day of the first invoice or None)}
    :param today: date
    :return: {id: "A" | "B" | "C" | "N"}: N is for who brings nothing, costs, or is new

    >>> from datetime import date
    >>> old, new = date(2024, 1, 1), date(2026, 2, 20)
    >>> classify({1: (90, old), 2: (5, old), 3: (500, new), 4: (-7, old)},
    ...          date(2026, 3, 2))
    {1: 'A', 2: 'B', 3: 'N', 4: 'N'}
    """
    known = {
        key: profit
        for key, (profit, first) in customers.items()
        if profit > 0 and first is not None and (today - first).days >= new_days
    }
    ranked = rank(known, limits)
    return {key: ranked.get(key, "N") for key in customers}


def settle(current, computed, falling, falling_on, today):
    """The class after tonight's run: a rise at once, a fall after two runs in a row.

    :param current: the class so far, or None
    :param computed: what tonight's figures say
    :param falling: the lower class that an earlier run saw, or None
    :param falling_on: the day of that run, or None
    :return: (class, falling, falling_on)

    >>> settle(None, "B", None, None, 1)
    ('B', None, None)
    >>> settle("B", "A", None, None, 1)
    ('A', None, None)
    >>> settle("A", "C", None, None, 1)
    ('A', 'C', 1)
    >>> settle("A", "C", "C", 1, 1)  # the same night, run once more
    ('A', 'C', 1)
    >>> settle("A", "B", "C", 1, 2)  # still below A: it falls to where it is now
    ('B', None, None)
    >>> settle("A", "A", "C", 1, 2)
    ('A', None, None)
    """
    if current is None or RANK[computed] <= RANK[current]:
        return computed, None, None
    if falling and falling_on < today:
        return computed, None, None
    return current, computed, falling_on if falling else today


def top_share(amounts, part=0.20):
    """Which share of the total the best ``part`` of the customers bring.

    The number of customers is rounded to the nearest whole one; customers who cost count among
    the customers and in the total.

    >>> top_share([50, 30, 10, 6, 4], 0.2)
    0.5
    """
    ordered = sorted(amounts, reverse=True)
    count = int(len(ordered) * part + 0.5)
    return sum(ordered[:count]) / sum(ordered)
