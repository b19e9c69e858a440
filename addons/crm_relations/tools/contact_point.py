"""One spelling for every phone number and address. Pure Python: no ORM, no database.

``phonenumbers`` knows the world's number plans, but not how people in Ukraine write:
with region UA it turns ``8 (495) 123-45-67`` and ``80501234567`` into an invalid
+3808…, and the second number of ``0671234567;0931234567`` into an extension. So
phones pass our own rules first and the library decides whether the result exists.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

PHONE_KINDS = ("phone", "viber", "whatsapp")
MAX_LENGTH = 250  # the library's own limit
MIN_DIGITS = 7  # shorter pieces are an extension or a comment, never a number

_NUMBER = r"[+(]{0,2}\d(?:[\s().\-]*\d){6,}"
_SEPARATORS = re.compile(
    r"[;,\n\r/|]+|(?<=[\d\s])(?:\bта\b|\bабо\b|\bили\b|\bі\b|\bи\b|\bor\b|\band\b)",
    re.IGNORECASE,
)
_EXTENSION = re.compile(
    r"(?<=\d)[\s,;(.]*"
    r"(?:доб|дод|внутр|вн|extension|extn|ext|x|х|#)"  # latin x and cyrillic х
    r"[\s.:=№]*(\d{1,7})[\s).]*$",
    re.IGNORECASE,
)
_LOOKALIKES = str.maketrans("IlІіOoОо|", "111100001")
_LOOKALIKE_RUN = re.compile(r"^[+\d\s().\-IlІіOoОо|]+$")
_LEADING_NUMBER = re.compile(rf"^\D{{0,30}}?({_NUMBER})")
_EMAIL = re.compile(r"[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]@]+")
_DOMAINS = re.compile(r"^(?:https?://)?(?:www\.|m\.)?", re.IGNORECASE)
_TELEGRAM = re.compile(
    r"^(?:https?://)?(?:t\.me|telegram\.me|telegram\.dog)/|^tg://resolve\?domain=",
    re.IGNORECASE,
)


class NormalizedPoint(NamedTuple):
    """What the normaliser knows of one value; ``normalized`` is None when unusable."""

    kind: str
    normalized: str | None
    extension: str | None
    value: str


def normalize(kind, value, region=None):
    """One value of one kind in the spelling that all channels share.

    :param kind: phone, email, telegram, viber, whatsapp or social.
    :param region: ISO code of the country whose people write so ("UA"), or None.

    >>> normalize("phone", "8-050-123-45-67", "UA").normalized
    '+380501234567'
    >>> normalize("phone", "8 (495) 123-45-67", "UA").normalized
    '+74951234567'
    >>> normalize("phone", "+380 44 123 45 67 дод. 12", "UA")[1:3]
    ('+380441234567', '12')
    >>> normalize("phone", "112", "UA").normalized is None
    True
    >>> normalize("email", "Olena <Olena@Example.COM>").normalized
    'olena@example.com'
    >>> normalize("telegram", "https://t.me/Olena_K").normalized
    'olena_k'
    """
    text = _clean(value)
    if not text or len(text) > MAX_LENGTH:
        return NormalizedPoint(kind, None, None, value or "")
    if kind == "phone":
        return NormalizedPoint(kind, *_phone(text, region or None), value)
    return NormalizedPoint(kind, _NORMALIZERS[kind](text, region or None), None, value)


def split_phones(text):
    """The numbers people put into one field, each as written.

    >>> split_phones("0501234567, 0671234567")
    ['0501234567', '0671234567']
    >>> split_phones("0671234567 0931234567")
    ['0671234567', '0931234567']
    >>> split_phones("044 123-45-67, дод. 12")
    ['044 123-45-67, дод. 12']
    >>> split_phones("0211/123456")
    ['0211/123456']
    """
    text = _clean(text)
    if not text:
        return []
    pieces, begin = [], 0
    for match in _SEPARATORS.finditer(text):
        before, after = text[begin : match.start()], text[match.end() :]
        if _digits(before) >= MIN_DIGITS and _digits(after) >= MIN_DIGITS:
            pieces.append(before.strip())
            begin = match.end()
    pieces.append(text[begin:].strip())
    return [part for piece in pieces for part in _split_spaces(piece) if part]


def split_emails(text):
    """The addresses people put into one field.

    >>> split_emails("Olena <a@example.com>; b@example.com")
    ['a@example.com', 'b@example.com']
    >>> split_emails("nobody")
    ['nobody']
    """
    text = _clean(text)
    return _EMAIL.findall(text) or [text] * bool(text)


def _split_spaces(piece):
    """Two whole numbers with nothing but a space between them."""
    words = piece.split()
    whole = all(MIN_DIGITS <= _digits(word) <= 15 for word in words)
    if len(words) < 2 or not whole or _digits(piece) <= 15:
        return [piece]
    return words


def _clean(value):
    """Full-width digits, invisible marks and long dashes become plain characters."""
    text = unicodedata.normalize("NFKC", value or "")
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return re.sub(r"[‐‑‒–—―−]", "-", text).strip()


def _digits(text):
    return sum(char.isdigit() for char in text)


@lru_cache(maxsize=65536)
def _phone(text, region):
    """(E.164 or None, extension or None) of the first number in ``text``."""
    if text[0] in "*#":  # a service code of the operator is nobody's number
        return None, None
    text = split_phones(text)[0]
    text, extension = _cut_extension(text)
    for candidate, candidate_region in _candidates(_readable(text), region):
        number = _parse(candidate, candidate_region)
        if number is not None:
            e164 = phonenumbers.format_number(
                number, phonenumbers.PhoneNumberFormat.E164
            )
            return e164, extension or number.extension or None
    return None, None


def _cut_extension(text):
    match = _EXTENSION.search(text)
    if not match or _digits(text[: match.start()]) < MIN_DIGITS:
        return text, None
    return text[: match.start()], match.group(1)


def _readable(text):
    """Letters that stand for digits, and words around the number.

    An I, l or O inside a number is a digit typed on the wrong key or read by a
    scanner; the library would cut the number there or count letters as dialled keys.
    """
    if any(char.isalpha() or char == "|" for char in text):
        if _LOOKALIKE_RUN.match(text) and _digits(text) >= MIN_DIGITS:
            return text.translate(_LOOKALIKES)
        match = _LEADING_NUMBER.match(text)
        if match:
            return match.group(1)
    return text


def _candidates(text, region):
    """Readings of ``text``, likeliest first; the first that exists is the number."""
    digits = "".join(char for char in text if char.isdigit())
    international = "+" in text[:2]
    if region == "UA":
        yield from _ukrainian(digits, international)
    yield text, region
    if "/" in text:  # 123-45-67/68: a second line told by its last digits
        yield text.split("/")[0], region
    if international:
        return
    if digits.startswith("810"):  # dialled abroad from the former Union's exchanges
        yield "+" + digits[3:], None
    if len(digits) >= 11 and digits[0] != "0":  # the plus was left out
        yield "+" + digits, None


def _ukrainian(digits, international):
    """What Ukrainians write and the library reads wrongly."""
    if len(digits) != 11 or digits[0] != "8":
        return
    if digits[1] == "0":  # 8-0XX: the old trunk prefix
        yield "+3" + digits, None
    elif not international:  # 8 (495): a Russian or Kazakh number as dialled at home
        yield "+7" + digits[1:], None


def _parse(text, region):
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _email(text, _region):
    """As the host's ``email_normalized``: an ASCII local part is lowered."""
    match = _EMAIL.search(text.removeprefix("mailto:"))
    if not match:
        return None
    local, _at, domain = match.group().rpartition("@")
    local = local.lower() if local.isascii() else local
    return f"{local}@{domain.rstrip('.').lower()}"


def _telegram(text, _region):
    """User name without @, in lower case, or the number Telegram knows a person by."""
    name = _TELEGRAM.sub("", text).removeprefix("@").split("?")[0].strip("/ ")
    return name.lower() if re.fullmatch(r"\w{3,64}", name, re.ASCII) else None


def _messenger(text, region):
    """A phone where there is one, else the messenger's own opaque identity."""
    number, _extension = _phone(re.sub(r"@(s\.whatsapp\.net|c\.us)$", "", text), region)
    if number:
        return number
    return text if re.fullmatch(r"[A-Za-z0-9+/=_.:\-]{12,}", text) else None


def _social(text, _region):
    """Address of the profile without protocol, www and query."""
    address = _DOMAINS.sub("", text)
    keep_query = "profile.php?id=" in address
    address = address.split("#")[0] if keep_query else re.split(r"[?#]", address)[0]
    address = address.rstrip("/").lower()
    return address if re.fullmatch(r"[^\s]{2,200}", address) else None


_NORMALIZERS = {
    "email": _email,
    "telegram": _telegram,
    "viber": _messenger,
    "whatsapp": _messenger,
    "social": _social,
}
