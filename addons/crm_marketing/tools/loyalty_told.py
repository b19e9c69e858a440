"""What our own code says of a change of points while the host makes it. Pure Python.

It goes by the environment's context, which whoever calls by RPC chooses too: an instance
of :class:`Told` cannot come from outside, whatever it is called there.
"""

KEY = "crm_loyalty_told"


class Told:
    """changes: ``{card id: [Change]}``; reason, source: (model, id) and note of a change
    nobody announced in full; has_history: the card's latest line of history is this
    change's; is_unbooked: whoever asks books it himself."""

    def __init__(self, **said):
        self.said = said


def told(context, name):
    """
    >>> told({KEY: Told(note="Apology")}, "note"), told({KEY: Told()}, "note")
    ('Apology', None)
    >>> told({KEY: {"note": "forged"}}, "note"), told({}, "note")
    (None, None)
    """
    found = context.get(KEY)
    return found.said.get(name) if isinstance(found, Told) else None


def tell(context, **said):
    """A context that says this too.

    >>> context = tell(tell({}, note="Apology"), has_history=True)
    >>> told(context, "note"), told(context, "has_history")
    ('Apology', True)
    """
    found = context.get(KEY)
    before = found.said if isinstance(found, Told) else {}
    return {**context, KEY: Told(**{**before, **said})}
