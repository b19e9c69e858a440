"""In what order segments made of segments are refreshed. Pure Python."""


class CycleError(ValueError):
    """Segments that are made of one another; ``args[0]`` is the way round, ids."""


def refresh_order(parts):
    """Ids so that every segment comes after those it is made of; else ties by id.

    :param dict parts: ``{id: ids it is made of}``; an id that is no key is left out
    :raises CycleError: when a segment is made of itself

    >>> refresh_order({1: {3}, 2: set(), 3: {2}})
    [2, 3, 1]
    >>> refresh_order({1: {9}})
    [1]
    >>> refresh_order({1: {2}, 2: {3}, 3: {1}})  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    CycleError: [1, 2, 3, 1]
    """
    order, path = [], []
    done = set()

    def visit(key):
        if key in done or key not in parts:
            return
        if key in path:
            raise CycleError([*path[path.index(key) :], key])
        path.append(key)
        for part in sorted(parts[key]):
            visit(part)
        path.pop()
        done.add(key)
        order.append(key)

    for key in sorted(parts):
        visit(key)
    return order
