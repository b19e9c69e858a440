"""Who gets what when somebody hands over. Pure Python."""

from typing import NamedTuple


class Receiver(NamedTuple):
    """``share``: how much of the whole he takes, compared with the others."""

    user: int
    share: float = 1.0


def allocate(loads, receivers, wanted=None):
    """{key: user}: each load to one receiver, so that everybody ends up near his share.

    ``loads``: {key: weight}, a customer with all that belongs to him is one key.
    ``wanted``: {key: users} whose rule names this key: only they may get it, and who
    has no share gets nothing else. What nobody takes is not in the answer. The
    heaviest go first, each to whoever has the least of his share so far; the same
    question always has the same answer.

    >>> two = [Receiver(1), Receiver(2)]
    >>> allocate({"a": 5, "b": 3, "c": 2, "d": 1}, two)
    {'a': 1, 'b': 2, 'c': 2, 'd': 1}
    >>> allocate({"a": 1, "b": 1, "c": 1, "d": 1}, [Receiver(1, 3), Receiver(2, 1)])
    {'a': 1, 'b': 2, 'c': 1, 'd': 1}
    >>> allocate({"a": 5, "b": 3}, two, {"a": [2], "b": [2]})
    {'a': 2, 'b': 2}
    >>> allocate({"a": 5, "b": 4}, two, {"a": [2]})  # what rules gave away counts
    {'a': 2, 'b': 1}
    >>> allocate({"a": 0, "b": 0}, two)
    {'a': 1, 'b': 2}
    >>> allocate({"a": 1}, [Receiver(1, 0), Receiver(2, 1)]), allocate({}, two)
    ({'a': 2}, {})
    >>> allocate({"a": 1, "b": 1}, [Receiver(1, 0), Receiver(2, 1)], {"a": [1]})
    {'a': 1, 'b': 2}
    >>> allocate({"a": 1, "b": 1}, [Receiver(1, 0)], {"a": [1]})  # b stays where it is
    {'a': 1}
    """
    # without a share he takes what his rule names, and there counts like the others
    shares = {receiver.user: receiver.share or 1.0 for receiver in receivers}
    sharing = [receiver.user for receiver in receivers if receiver.share > 0]
    taken = dict.fromkeys(shares, 0.0)
    order = {user: position for position, user in enumerate(shares)}
    result = {}
    ranked = sorted(loads, key=lambda key: (-loads[key], key))
    for key in ranked:
        users = (wanted or {}).get(key) or sharing
        if not users:
            continue
        user = min(users, key=lambda user: (taken[user] / shares[user], order[user]))
        # an empty customer is work too
        taken[user] += max(loads[key], 1e-6)
        result[key] = user
    return {key: result[key] for key in loads if key in result}
