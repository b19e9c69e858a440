"""How many may be asked at once, so that about as many answer as are wanted."""

from math import ceil


def room(target, answered, waiting, percent):
    """How many more may be asked now.

    :param int target: answers wanted
    :param int answered: answers there are
    :param int waiting: asked lately, who may answer yet
    :param int percent: of a hundred asked, how many answer (1–100)

    >>> room(100, 0, 0, 25)
    400
    >>> room(100, 40, 200, 25)
    40
    >>> room(100, 100, 0, 25), room(10, 9, 7, 30)
    (0, 0)
    """
    return max(ceil((target - answered) * 100 / percent) - waiting, 0)


class Places:
    """Places left of each quota; whoever is asked takes one of each of his.

    >>> places = Places({1: 1, 2: 0, 3: 0}, full={3}, own={"a": {1}, "b": {1, 2}, "c": {3}})
    >>> places.is_over("c"), places.is_over("a"), places.is_over("nobody's")
    (True, False, False)
    >>> places.take("a"), places.take("b"), places.take("nobody's")
    (True, False, True)

    :param dict left: ``{quota: places left}``
    :param set full: quotas with all the answers that were wanted
    :param dict own: ``{person: his quotas}``
    """

    def __init__(self, left, full, own):
        self.left, self.full, self.own = left, full, own

    def is_over(self, person):
        """Enough answers of all his kinds: one that is wanted yet is reason to ask."""
        own = self.own.get(person)
        return bool(own) and own <= self.full

    def take(self, person):
        """Whether he is asked now; then his places are taken."""
        own = self.own.get(person, set())
        if own and not any(self.left[quota] > 0 for quota in own - self.full):
            return False
        for quota in own:
            self.left[quota] -= 1
        return True
