r"""Who gets how much of a conversion: ten models of attribution. Pure Python, no Odoo.

Two questions, one arithmetic:

:func:`attribute`: of many paths, which share of all conversions each channel has;
:func:`credit`: of one conversion, how many cents each of its touches gets. None of the
models proves that a channel *caused* anything: they share out what happened.

Positions (first, last, u, w, full_path): common definitions, W and full path as HubSpot
has them. Time decay: half the weight every ``half_life_days``. Markov: removal effects of
a chain of order 1 (Anderl et al. 2016, *Int. J. of Research in Marketing* 33(3):457-474),
solved exactly. Shapley: a coalition is worth the conversions of the paths whose channels
all belong to it; that game's value is each path shared equally among its distinct
channels, whatever their number.

>>> def show(shares): return {channel: round(share, 6) for channel, share in shares.items()}

Markov, the worked example of serhiipuzyrov.com (2019): of 4 conversions G has 2.4, M 1.6.

>>> show(attribute([("G", 2, 0, 1), ("M", 1, 0, 0), (("G", "M"), 1, 0, 0)], "markov"))
{'G': 0.6, 'M': 0.4}

Markov, analyzecore.com (2016-08-03): removal effects 0.5, 1, 1.

>>> paths = [(("C1", "C2", "C3"), 1, 0, 0), (("C1",), 0, 0, 1), (("C2", "C3"), 0, 0, 1)]
>>> show(attribute(paths, "markov"))
{'C1': 0.2, 'C2': 0.4, 'C3': 0.4}

Shapley, two published tables of conversion ratios (tomgorb/misc; game-theory-attribution).

>>> table = [("F", .20), ("O", .10), ("L", .17), ("FO", .17), ("FL", .30), ("FLO", .06)]
>>> show(attribute([(tuple(path), ratio, 0, 0) for path, ratio in table], "shapley"))
{'F': 0.455, 'O': 0.205, 'L': 0.34}
>>> table = [("F", .18), ("G", .04), ("L", .08), ("FG", .10), ("FL", .26), ("GL", .07),
...          ("FGL", .27)]
>>> show(attribute([(tuple(path), ratio, 0, 0) for path, ratio in table], "shapley"))
{'F': 0.45, 'G': 0.215, 'L': 0.335}

Positions.

>>> touches = [("ad", 20), ("mail", 12), ("search", 9), ("shop", 3), ("call", 0)]
>>> credit(touches, "linear", 1000), credit(touches, "u", 900)
([200, 200, 200, 200, 200], [360, 60, 60, 60, 360])
>>> credit(touches[:2], "u", 1000)
[500, 500]
>>> credit(touches, "w", 1000, marks={"lead": 2, "deal": 3})
[300, 50, 300, 300, 50]
>>> credit(touches, "full_path", 1000, marks={"lead": 2, "deal": 3})
[225, 100, 225, 225, 225]

Time decay with a half-life of 7 days. Six touches make 50, 25, 12.5 … = 98.44 %:
normalised always.

>>> credit([("a", 14), ("b", 7), ("c", 0)], "time_decay", 1_000_000)
[142857, 285714, 571429]
>>> sum(credit([("a", 7 * n) for n in range(6)], "time_decay", 10_000))
10000
"""

import math
from fractions import Fraction
from operator import mul

DIRECT = "direct"  # the channel that nobody sent: last_non_direct passes it over
MODELS = ("first", "last", "last_non_direct", "linear", "u", "w", "full_path",
          "time_decay", "markov", "shapley")  # fmt: skip
MARKS = ("lead", "deal")
OPTIONS = {"by": "conversions", "marks": None, "days": None, "half_life_days": 7}


def attribute(paths, model, **options):
    """The share of all conversions that each channel has.

    :param paths: ``[(channels_in_time_order, conversions, value, non_conversions)]``;
        the three figures are counts or sums, not below 0, of everyone who went this way.
        A channel is anything hashable; one channel may be given as a plain text.
    :param str model: one of :data:`MODELS`
    :param by: ``"conversions"`` or ``"value"``: what is shared. Markov's removal effects
        are about conversions whichever is asked.
    :param marks: for w and full_path, per path ``{"lead": i, "deal": j}`` or None
    :param days: for time_decay, per path the days before conversion of each touch; without
        it the touches are one half-life apart
    :param half_life_days: for time_decay
    :return: ``{channel: share}`` with every channel of the paths, in the order they are
        met, shares summing to 1; ``{}`` when nothing converted
    :raise ValueError: unknown model or option, a path without channels, a negative or
        unreal figure, marks or days that do not fit

    >>> attribute([(("ad", "mail"), 3, 0, 0), ("mail", 1, 0, 5)], "last")
    {'ad': 0.0, 'mail': 1.0}
    >>> attribute([("ad", 0, 0, 9)], "markov")
    {}
    """
    options = _check_options(model, options)
    paths = [_check_path(path) for path in paths]
    by_value = options["by"] == "value" and model != "markov"
    amounts = [path[2 if by_value else 1] for path in paths]
    if not any(amounts):
        return {}
    if model == "markov":
        return _normalise(_removal_effects(paths))
    shares = dict.fromkeys((channel for path in paths for channel in path[0]), 0)
    marks, days = (_per_path(options[name], paths, name) for name in ("marks", "days"))
    for path, amount, mark, ages in zip(paths, amounts, marks, days, strict=True):
        touches = list(zip(path[0], _ages(path[0], ages, options), strict=True))
        weights = _weights(touches, model, options["half_life_days"], mark, None)
        total = sum(weights)
        for channel, weight in zip(path[0], weights, strict=True):
            shares[channel] += amount * weight / total
    return _normalise(shares)


def credit(touches, model, amount_cents, half_life_days=7, marks=None, weights=None):
    """How many cents of one conversion each of its touches gets.

    :param touches: ``[(channel, days_before_conversion)]`` in time order, days not below 0
    :param str model: one of :data:`MODELS`
    :param int amount_cents: not below 0; a credit note takes back what its invoice gave,
        it is not shared anew
    :param marks: for w and full_path: ``{"lead": i, "deal": j}``, the touches (from 0) at
        which the person became a lead and a deal. The part of a mark that is not known
        goes to all others in proportion.
    :param weights: for markov (needed) and shapley (without it: equal shares of the
        distinct channels): ``{channel: share}`` of :func:`attribute`. A channel that is
        met several times shares its weight among its touches; one that is not in the
        dict weighs nothing; when nobody weighs anything all are equal.
    :return: one int per touch, none below 0, summing to ``amount_cents`` by largest
        remainder (of equal remainders the earlier touch first); ``[]`` without touches
    :raise ValueError: anything that does not fit

    >>> credit([("ad", 9), ("mail", 2), ("direct", 0)], "last_non_direct", 100)
    [0, 100, 0]
    >>> credit([("ad", 9), ("mail", 2), ("ad", 0)], "linear", 100)
    [34, 33, 33]
    >>> credit([("ad", 9), ("mail", 2), ("ad", 0)], "shapley", 100)
    [25, 50, 25]
    >>> credit([("ad", 9), ("mail", 2)], "markov", 100, weights={"ad": .6, "mail": .2})
    [75, 25]
    """
    _check_model(model)
    _check_half_life(half_life_days)
    if type(amount_cents) is not int or amount_cents < 0:
        raise ValueError(f"an amount is whole cents, not below 0: {amount_cents!r}")
    touches = [_check_touch(touch) for touch in touches]
    if model == "markov" and weights is None and touches:
        raise ValueError("markov shares by fitted weights: weights={channel: share}")
    if not touches:
        return []
    fitted = weights and {
        name: _number(part, "a weight") for name, part in weights.items()
    }
    parts = _weights(touches, model, half_life_days, marks, fitted)
    return largest_remainder(amount_cents, parts)


def largest_remainder(total, weights):
    """Split a whole number in proportion to ``weights``, to the last unit.

    >>> largest_remainder(100, [1, 1, 1])
    [34, 33, 33]
    >>> largest_remainder(5, [0, 3, 1])
    [0, 4, 1]
    """
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact)
    if not whole:
        raise ValueError("nothing to share by: all weights are 0")
    quotas = [total * weight / whole for weight in exact]
    parts = [math.floor(quota) for quota in quotas]
    # remainders sum to a whole number smaller than the count of those above 0
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - quotas[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


# -- weights of one path --------------------------------------------------------


def _weights(touches, model, half_life_days, marks, fitted):
    """One weight per touch, at least one above 0; the sum is whatever it is."""
    channels = [channel for channel, _days in touches]
    if model in ("w", "full_path"):
        return _milestones(len(channels), model, marks)
    if model in ("markov", "shapley"):
        return _by_channel(channels, fitted)
    if model == "time_decay":
        nearest = min(days for _channel, days in touches)
        return [
            0.5 ** ((days - nearest) / half_life_days) for _channel, days in touches
        ]
    return POSITIONS[model](channels)


def _one(channels, place):
    return [int(i == place % len(channels)) for i in range(len(channels))]


def _last_non_direct(channels):
    sent = [i for i, channel in enumerate(channels) if channel != DIRECT]
    return _one(channels, sent[-1] if sent else -1)


def _u_shaped(channels):
    count = len(channels)
    if count < 3:
        return [1] * count
    middle = Fraction(20, count - 2)
    return [40, *[middle] * (count - 2), 40]


POSITIONS = {
    "first": lambda channels: _one(channels, 0),
    "last": lambda channels: _one(channels, -1),
    "last_non_direct": _last_non_direct,
    "linear": lambda channels: [1] * len(channels),
    "u": _u_shaped,
}


def _milestones(count, model, marks):
    """W: 30 to the first touch, the lead, the deal; full path: 22.5 to these and the last.

    A touch that is two milestones has both parts. The other 10 is shared by the rest.
    """
    part = 30 if model == "w" else Fraction(45, 2)
    places = [0, *_check_marks(marks, count).values()]
    if model == "full_path":
        places.append(count - 1)
    weights = [places.count(i) * part for i in range(count)]
    rest = [i for i in range(count) if not weights[i]]
    for i in rest:
        weights[i] = Fraction(10, len(rest))
    return weights


def _by_channel(channels, fitted):
    """A channel's weight, shared among its touches."""
    times = {channel: channels.count(channel) for channel in set(channels)}
    if fitted is not None:
        weights = [fitted.get(channel, 0) / times[channel] for channel in channels]
        if any(weights):
            return weights
    return [Fraction(1, times[channel]) for channel in channels]


# -- Markov ---------------------------------------------------------------------


def _removal_effects(paths):
    """``{channel: probability of conversion lost without it, as a part of all}``.

    The chain starts, steps from touch to touch (repeats are steps too) and ends in
    conversion or nowhere. With N = (I − Q)⁻¹ a visitor meets channel c with probability
    N[start, c] / N[c, c] and converts from there with x[c]: removing c loses the product.
    """
    steps = {}  # {channel: {next channel: count}}, None = the start
    ends = {}  # {channel: [conversions, all]}
    for channels, conversions, _value, others in paths:
        count = conversions + others
        if not count:
            continue
        last = None
        for channel in channels:
            following = steps.setdefault(last, {})
            following[channel] = following.get(channel, 0) + count
            last = channel
        end = ends.setdefault(last, [0, 0])
        end[0] += conversions
        end[1] += count
    effects = dict.fromkeys((name for path in paths for name in path[0]), 0.0)
    met = [name for name in effects if name in steps or name in ends]
    return effects | dict(zip(met, _lost_without(met, steps, ends), strict=True))


def _lost_without(names, steps, ends):
    states = [None, *names]
    place = {name: i for i, name in enumerate(states)}
    matrix, converts = [], []
    for name in states:
        following, (won, ended) = steps.get(name, {}), ends.get(name, (0, 0))
        total = sum(following.values()) + ended
        row = [0.0] * len(states)
        for other, count in following.items():
            row[place[other]] = -count / total
        row[place[name]] += 1.0
        matrix.append(row)
        converts.append(won / total)
    inverse = _invert(matrix)
    wins = [math.fsum(map(mul, row, converts)) for row in inverse]
    places = range(1, len(states))
    return [max(0.0, inverse[0][i] / inverse[i][i] * wins[i]) for i in places]


def _invert(matrix):
    """The inverse by Gauss and Jordan with the largest pivot; every state can end, so
    there is one."""
    size = len(matrix)
    unit = [[float(i == j) for j in range(size)] for i in range(size)]
    rows = [left + right for left, right in zip(matrix, unit, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda i: abs(rows[i][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        divisor = rows[column][column]
        head = rows[column] = [value / divisor for value in rows[column]]
        for i, row in enumerate(rows):
            factor = row[column]
            if i != column and factor:
                rows[i] = [
                    value - factor * top for value, top in zip(row, head, strict=True)
                ]
    return [row[size:] for row in rows]


# -- what may come in -----------------------------------------------------------


def _normalise(shares):
    total = math.fsum(shares.values())
    return {channel: float(share / total) for channel, share in shares.items()}


def _check_model(model):
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}: one of {', '.join(MODELS)}")


def _check_options(model, options):
    _check_model(model)
    unknown = options.keys() - OPTIONS.keys()
    if unknown:
        raise ValueError(f"unknown options: {', '.join(sorted(unknown))}")
    options = {**OPTIONS, **options}
    if options["by"] not in ("conversions", "value"):
        raise ValueError(f"by is conversions or value: {options['by']!r}")
    _check_half_life(options["half_life_days"])
    return options


def _check_half_life(days):
    if not _number(days, "half_life_days"):
        raise ValueError("half_life_days is above 0")


def _number(value, name):
    """``value`` as a float when it is a real number not below 0."""
    try:
        good = not isinstance(value, (bool, str)) and 0 <= float(value) < math.inf
    except (TypeError, ValueError, ArithmeticError):
        good = False
    if not good:
        raise ValueError(f"{name} is a number, not below 0: {value!r}")
    return float(value)


def _check_path(path):
    try:
        channels, conversions, value, others = path
    except (TypeError, ValueError):
        raise ValueError(f"a path is (channels, three figures): {path!r}") from None
    channels = (channels,) if isinstance(channels, str) else tuple(channels)
    if not channels:
        raise ValueError("a path has at least one channel; name it unknown or direct")
    figures = {"conversions": conversions, "value": value or 0, "others": others}
    return channels, *(_number(figure, name) for name, figure in figures.items())


def _check_touch(touch):
    try:
        channel, days = touch
    except (TypeError, ValueError):
        raise ValueError(f"a touch is (channel, days_before): {touch!r}") from None
    return channel, _number(days, "days_before_conversion")


def _check_marks(marks, count):
    marks = dict(marks or {})
    for name, place in marks.items():
        if name not in MARKS:
            raise ValueError(f"unknown mark {name!r}: lead or deal")
        if place is not None and (type(place) is not int or not 0 <= place < count):
            raise ValueError(f"{name} is the place of a touch, 0 to {count - 1}")
    return {name: place for name, place in marks.items() if place is not None}


def _per_path(values, paths, name):
    values = [None] * len(paths) if values is None else list(values)
    if len(values) != len(paths):
        raise ValueError(f"{name} has one entry per path")
    return values


def _ages(channels, days, options):
    """Days before conversion of each touch of a path."""
    if days is None:
        return [options["half_life_days"] * i for i in range(len(channels))][::-1]
    if len(days) != len(channels):
        raise ValueError("days has one number per touch of the path")
    return [_number(age, "days") for age in days]
