"""Messages that Python's own parser trips over, made readable. Pure Python, no ORM.

Real programs send character sets that nobody knows and headers with line breaks inside
encoded words. The host's gateway raises on them and the message is lost; a contact is
not lost because its sender cannot spell.
"""

import codecs
from email.errors import HeaderParseError
from email.header import decode_header, make_header


def repair(message):
    """Make every header and text of ``message`` readable, in place."""
    _repair_headers(message)
    for part in message.walk():
        if part.get_content_maintype() == "text":
            _repair_charset(part)


def readable_charset(name, payload):
    """A character set that Python knows, for a text that says it is in ``name``.

    >>> readable_charset("x-gbk", b"")
    'gbk'
    >>> readable_charset("charset=us-ascii", b"")
    'us-ascii'
    >>> readable_charset("fakescii", "Ціна".encode())
    'utf-8'
    >>> readable_charset("", b"caf\\xe9")
    'cp1252'
    """
    name = (name or "").strip("'\" ").lower()
    for guess in (name, name.removeprefix("charset="), name.removeprefix("x-")):
        if guess and _is_known(guess):
            return guess
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _is_known(name):
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False


def _repair_charset(part):
    name = _get_charset(part)
    if _is_known(name):
        return
    charset = readable_charset(name, part.get_payload(decode=True) or b"")
    part.set_param("charset", charset)
    if not _is_known(_get_charset(part)):  # ``charset=""`` cannot be set
        kind = part.get_content_type()
        del part["Content-Type"]
        part["Content-Type"] = f'{kind}; charset="{charset}"'


def _get_charset(part):
    try:
        name = part.get_param("charset", "us-ascii")
    except ValueError:
        return ""
    return name[2] if isinstance(name, tuple) else name  # RFC 2231


def _repair_headers(message):
    for name, raw in list(message.raw_items()):
        try:
            message.get_all(name)
        except ValueError:
            text = " ".join(_decode(str(raw)).split())
            del message[name]
            message[name] = text


def _decode(raw):
    try:
        return str(make_header(decode_header(" ".join(raw.split()))))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return raw.encode("ascii", "replace").decode()
