"""One spelling for serial numbers and number plates. Pure Python, no host import."""

import re

# Letters that look alike on a plate: people type either alphabet.
_LOOKALIKES = str.maketrans("АВЕЁІЇКМНОРСТУХ", "ABEEIIKMHOPCTYX")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def normalize_serial(value):
    """The spelling that is stored and searched: capitals, no separators, Latin look-alikes.

    >>> normalize_serial("aa 1234-bb")
    'AA1234BB'
    >>> normalize_serial("АА 1234 ВВ") == normalize_serial("AA1234BB")  # Cyrillic typed
    True
    >>> normalize_serial("wvw-zzz 1jz 3w 386752")
    'WVWZZZ1JZ3W386752'
    >>> normalize_serial("Поліс № 77/5")
    'ПOЛIC775'
    >>> normalize_serial(" - "), normalize_serial(None), normalize_serial(False)
    ('', '', '')
    """
    if not value:
        return ""
    return _NOT_ALPHANUMERIC.sub("", value.upper()).translate(_LOOKALIKES)


def search_words(text, limit=8):
    """The words of a search, each once, longest first: rare words narrow most.

    >>> search_words("  red  Volkswagen red ")
    ['Volkswagen', 'red']
    >>> search_words("")
    []
    """
    words = list(dict.fromkeys((text or "").split()))
    return sorted(words, key=len, reverse=True)[:limit]
