"""The best customers to the best people, within their capacity. No Odoo here."""


def allocate(customers, people, free):
    """Who takes which customer: whoever has the most room, the best customer first.

    :param customers: [(customer, team or None)], the most profitable first
    :param people: {team: [users marked for the best customers]}
    :param free: {user: how many customers he can still take}
    :return: {customer: user}; a customer without a team goes to anybody who is marked;
        one whose team has nobody with room stays where he is

    >>> people = {"north": [1, 2], "south": [3]}
    >>> allocate([(10, "north"), (11, "north"), (12, "south")], people, {1: 1, 2: 5, 3: 0})
    {10: 2, 11: 2}
    >>> allocate([(10, "north"), (11, "north"), (12, None)], people, {1: 2, 2: 2, 3: 1})
    {10: 1, 11: 2, 12: 1}
    >>> allocate([(10, "west")], people, {1: 9})
    {}
    """
    left = dict(free)
    everybody = sorted({user for users in people.values() for user in users})
    given = {}
    for customer, team in customers:
        users = everybody if team is None else people.get(team, ())
        taker = max(users, key=lambda user: (left.get(user, 0), -user), default=None)
        if taker is not None and left.get(taker, 0) > 0:
            left[taker] -= 1
            given[customer] = taker
    return given
