"""What somebody's answers come to: the last word about each thing, broad ones first."""


def summarise(rows):
    """The answers that still hold, of a history.

    A newer answer about everything (any means, every purpose) replaces the older ones
    about a part of it.

    :param rows: [(state, kind, purpose or None)], newest first; kind ``any`` is every
        means, no purpose is every purpose
    :return: the rows that hold, in the order they came

    >>> summarise([("given", "email", "news"), ("refused", "any", None)])
    [('given', 'email', 'news'), ('refused', 'any', None)]
    >>> summarise([("refused", "any", None), ("given", "email", "news")])
    [('refused', 'any', None)]
    >>> summarise([("given", "email", None), ("refused", "email", "news"),
    ...            ("refused", "call", "news")])
    [('given', 'email', None), ('refused', 'call', 'news')]
    >>> summarise([])
    []
    """
    holding = []
    for state, kind, purpose in rows:
        covered = any(
            newer_kind in ("any", kind) and newer_purpose in (None, purpose)
            for _state, newer_kind, newer_purpose in holding
        )
        if not covered:
            holding.append((state, kind, purpose))
    return holding
