"""Words of a letter for one person. Pure Python."""

import re

_PLACE = re.compile(r"\{([a-z_]+)\}")


def fill(text, values, escape=str):
    """Put values where ``{their names}`` stand; what nobody knows stays as it is.

    >>> fill("Dear {name}, your {thing} {oops}", {"name": "Ann", "thing": "VW Golf"})
    'Dear Ann, your VW Golf {oops}'
    >>> fill("{name}", {"name": "<b>"}, escape=lambda text: text.replace("<", "&lt;"))
    '&lt;b>'
    >>> fill(None, {})
    ''
    """
    return _PLACE.sub(
        lambda found: escape(values[found[1]]) if found[1] in values else found[0],
        text or "",
    )
