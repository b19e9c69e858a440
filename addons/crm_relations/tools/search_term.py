"""What a person typed into the search box, read once for all groups. Pure Python."""

import re
from typing import NamedTuple

from .contact_point import normalize

MIN_LENGTH = 2
MIN_DIGITS = 4  # fewer digits are in too many numbers to be a question


class SearchTerm(NamedTuple):
    """``phone`` is a LIKE pattern, ``email`` a fragment; None when it cannot be one."""

    text: str
    words: tuple
    phone: str | None
    email: str | None

    @property
    def is_short(self):
        """No word of three letters: no trigram index helps."""
        return all(len(word) < 3 for word in self.words)

    @property
    def is_address(self):
        """A whole number or an e-mail: no name of anything."""
        return bool(self.email) or bool(self.phone and "%" not in self.phone)


def parse_term(text, region=None):
    """Read one search term; None when there is nothing to search by.

    >>> parse_term("8-050-123-45-67", "UA").phone
    '+380501234567'
    >>> parse_term("067 12 34", "UA").phone
    '%671234%'
    >>> parse_term("+380 67", "UA").phone
    '+38067%'
    >>> parse_term("Романенко  Олена").words
    ('Романенко', 'Олена')
    >>> parse_term("Olena@Exa").email
    'olena@exa'
    >>> parse_term("S00012").phone is None
    True
    >>> parse_term(" a ") is None
    True
    """
    text = " ".join((text or "").split())[:100]
    if len(text) < MIN_LENGTH:
        return None
    return SearchTerm(
        text, tuple(text.split(" ")[:5]), _phone(text, region), _email(text)
    )


def _phone(text, region):
    whole = normalize("phone", text, region).normalized
    if whole:
        return whole
    digits = re.sub(r"\D", "", text)
    if len(digits) < MIN_DIGITS or not re.fullmatch(r"[+\d\s().\-/]+", text):
        return None
    if text.startswith("+"):
        return f"+{digits}%"
    tail = re.sub(r"^(?:80|0)", "", digits) if region == "UA" else digits.lstrip("0")
    return f"%{tail}%" if len(tail) >= MIN_DIGITS - 1 else None


def _email(text):
    if "@" in text and " " not in text:
        return text.lower()
    return None
