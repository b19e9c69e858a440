"""Words to say with a customer's data filled in: ``{{ person }}``."""

import re

PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def names(text):
    """The placeholders of ``text``, in order.

    >>> names("Hello {{person}}, this is {{ salesperson }} of {{company}}")
    ['person', 'salesperson', 'company']
    """
    return PLACE.findall(text or "")


def fill(text, values, blank="…"):
    """``text`` with its placeholders filled in; ``blank`` where nothing is known.

    >>> fill("Hello {{ person }} from {{city}}!", {"person": "Oksana", "city": False})
    'Hello Oksana from …!'
    >>> fill("Nothing here", {})
    'Nothing here'
    """
    return PLACE.sub(lambda place: str(values.get(place[1]) or blank), text or "")


def walk(steps, replies):
    """The way through a script: the steps answered so far and the one to say now.

    :param steps: ``[(step, {answer: next step or None (the end) or step})]`` in order;
        an answer that is not a key, and a reply in free words, go to the step below.
    :param replies: ``{step: answer or None}``, what was answered.
    :return: ``([steps answered], step to say now or None)``

    >>> steps = [("got", {"yes": "stops", "no": "send"}), ("stops", {}), ("send", {"done": None})]
    >>> walk(steps, {})
    ([], 'got')
    >>> walk(steps, {"got": "no"})
    (['got'], 'send')
    >>> walk(steps, {"got": "no", "send": "done", "stops": "dear"})
    (['got', 'send'], None)
    >>> walk(steps, {"got": "yes", "stops": None})
    (['got', 'stops'], 'send')
    >>> walk([("a", {"again": "a"})], {"a": "again"})
    (['a'], None)
    """
    below = {
        step: after
        for (step, _), (after, _) in zip(steps, [*steps[1:], (None, {})], strict=True)
    }
    jumps = dict(steps)
    path, now = [], steps[0][0] if steps else None
    while now is not None and now in replies:
        path.append(now)
        now = jumps[now].get(replies[now], below[now])
        if now in path:  # a script may point back; what is answered is not asked again
            now = None
    return path, now
