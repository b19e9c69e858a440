"""Is a good customer offered worse terms than a worse one? Prices in, a verdict out.

The story behind it: two friends are insured with one company. The careless one, after
claims far above his premium, is renewed at the old price; the careful one is offered
more, and leaves. No Odoo here: models/crm_fairness.py finds the prices.
"""

ABOVE = 0.05  # of the median that worse customers pay
SAMPLE = 3  # worse customers at least, for their median to count


def net_terms(lines):
    """Net unit prices of an order and what its delivery costs.

    Negative lines (rewards, a discount on the whole order) lower every price by the same
    share. Free pieces of a product are among its pieces.

    :param lines: [(product, quantity, subtotal, is delivery)]
    :return: ({product: (quantity, unit price)}, delivery charge)

    >>> net_terms([("tyre", 4, 400.0, False), ("wheel", 1, 100.0, False),
    ...            ("reward", 1, -50.0, False), ("post", 1, 12.0, True)])
    ({'tyre': (4, 90.0), 'wheel': (1, 90.0)}, 12.0)
    >>> net_terms([("tyre", 3, 300.0, False), ("tyre", 1, 0.0, False)])
    ({'tyre': (4, 75.0)}, 0)
    >>> net_terms([("reward", 1, -5.0, False)])
    ({}, 0)
    """
    goods, delivery, lowered = {}, 0, 0
    for product, quantity, subtotal, is_delivery in lines:
        if is_delivery:
            delivery += subtotal
        elif subtotal < 0:
            lowered += subtotal
        elif quantity > 0:
            pieces, amount = goods.get(product, (0, 0))
            goods[product] = (pieces + quantity, amount + subtotal)
    total = sum(amount for _pieces, amount in goods.values())
    factor = max(0, 1 + lowered / total) if total else 1
    return {
        product: (pieces, amount * factor / pieces)
        for product, (pieces, amount) in goods.items()
    }, delivery


def weighted_days(instalments):
    """Days that a customer has to pay, by the weight of the instalments.

    :param instalments: [(weight, days)]

    >>> weighted_days([(30, 0), (70, 30)])
    21.0
    >>> weighted_days([])  # no term: he pays at once
    0.0
    """
    weight = sum(part for part, _days in instalments)
    return sum(part * days for part, days in instalments) / weight if weight else 0.0


def judge(price, quantity, step, compared):
    """What is unfair about a price: nothing, ``above``, ``rise`` or both.

    A difference that is below one smallest coin on the whole quantity is none.

    :param price: net unit price that is offered
    :param quantity: how many of them
    :param step: the smallest coin of the currency
    :param compared: {"median", "count", "rise", "rise_count", "last"}: what worse
        customers pay (median of ``count``), by what share of their last own price they
        were raised (median of ``rise_count``), and this customer's own last price;
        None where there is none
    :return: list of ``above`` and ``rise``

    >>> worse = {"median": 100, "count": 3, "rise": 0.0, "rise_count": 1, "last": 100}
    >>> judge(105, 1, 0.01, worse | {"last": 105})  # five per cent are not above five
    []
    >>> judge(106, 1, 0.01, worse | {"last": 106})
    ['above']
    >>> judge(106, 1, 0.01, worse | {"last": 106, "count": 2})  # too few to say so
    []
    >>> judge(104, 1, 0.01, worse)  # the careful friend's renewal
    ['rise']
    >>> judge(104, 1, 0.01, worse | {"rise": 0.04})  # raised like the others
    []
    >>> judge(110, 1, 0.01, worse)
    ['above', 'rise']
    >>> judge(100, 1, 0.01, worse | {"rise": -0.1})  # they became cheaper, he stays
    []
    >>> judge(100.004, 1, 0.01, worse)  # not a cent
    []
    >>> judge(110, 1, 0.01, dict.fromkeys(worse))
    []
    """

    def exceeds(limit):
        return (price - limit) * quantity >= step * 0.999

    found = []
    median, count = compared["median"], compared["count"] or 0
    if median is not None and count >= SAMPLE and exceeds(median * (1 + ABOVE)):
        found.append("above")
    last, rise = compared["last"], compared["rise"]
    # that others became cheaper is no rise of his
    if last and rise is not None and exceeds(last * (1 + max(rise, 0))):
        found.append("rise")
    return found


def share(price, base):
    """By how much ``price`` is above ``base``, in per cent.

    >>> share(110, 100)
    10.0
    """
    return round((price / base - 1) * 100, 1) if base else 0.0
