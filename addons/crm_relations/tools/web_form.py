"""What a web form may send, and when two submissions are one. No Odoo here."""

import hashlib
import json
import re
import unicodedata

# field: most characters it may have
FIELDS = {
    "name": 120,
    "company": 120,
    "email": 254,
    "phone": 60,
    "subject": 200,
    "message": 10_000,
    "product": 120,
    "page": 500,
    "utm_source": 80,
    "utm_medium": 80,
    "utm_campaign": 80,
    "uuid": 64,
}
CONTROL = ("key", "csrf_token", "submit")
MULTILINE = ("message",)
MAX_EXTRAS = 20
MAX_EXTRA_LENGTH = 1_000

EMAIL = re.compile(r"[^@\s,;<>\"']+@[^@\s,;<>\"']+\.[^@\s,;<>\"'.]{2,}")
UUID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")
# not in the fingerprint: they differ between two clicks on the same button
VOLATILE = ("uuid", "page", "utm_source", "utm_medium", "utm_campaign")


def _line(value):
    return " ".join(unicodedata.normalize("NFKC", value).split())


def _text(value):
    lines = (" ".join(line.split()) for line in value.splitlines())
    return "\n".join(lines).strip()


def storable(text):
    r"""Text that PostgreSQL can store: no NUL, no half of a character.

    >>> storable("a\0b \ud83d")
    'ab ?'
    """
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def clean(data):
    r"""Split what arrived into known fields and extras, as tidy strings.

    Values that are not text, numbers or booleans are left out: `wrong` names them.

    >>> clean({"name": "  Ann \t Lee ", "age": 30, "key": "k", "x": {"a": 1}})
    ({'name': 'Ann Lee'}, {'age': '30'}, ['x'])
    >>> clean({"message": "a  b\n\n c "})[0]
    {'message': 'a b\n\nc'}
    """
    known, extras, wrong = {}, {}, []
    for name, value in data.items():
        name = storable(name)
        if name in CONTROL or value is None:
            continue
        if not isinstance(value, (str, int, float)):
            wrong.append(name)
            continue
        value = storable(str(value))
        value = (
            _text(value) if name in MULTILINE or name not in FIELDS else _line(value)
        )
        if value:
            (known if name in FIELDS else extras)[name] = value
    return known, extras, wrong


def phone_looks_right(value):
    """Enough digits and nothing that no number has; the normaliser decides the rest.

    >>> [phone_looks_right(v) for v in ("067 123-45-67", "+380 (67) 1234567", "call me", "12")]
    [True, True, False, False]
    """
    digits = sum(char.isdigit() for char in value)
    return 5 <= digits <= 25 and not re.search(r"[@<>{}]", value)


def check(known, extras, required=()):
    """Wrong fields with a code: required, invalid, too_long.

    >>> check({"email": "ann"}, {}, ["name"])
    {'name': 'required', 'email': 'invalid'}
    >>> check({"name": "Ann"}, {})
    {'email': 'contact', 'phone': 'contact'}
    >>> check({"email": "ann@shop.example"}, {"note": "x" * 2000})
    {'note': 'too_long'}
    """
    errors = {name: "required" for name in required if not known.get(name)}
    for name, value in known.items():
        if len(value) > FIELDS[name]:
            errors[name] = "too_long"
    for name, value in extras.items():
        if len(value) > MAX_EXTRA_LENGTH or len(name) > 80:
            errors[name[:80]] = "too_long"
    if len(extras) > MAX_EXTRAS:
        errors["form"] = "too_many"
    looks_right = {
        "email": EMAIL.fullmatch,
        "phone": phone_looks_right,
        "uuid": UUID.fullmatch,
    }
    for name, test in looks_right.items():
        if known.get(name) and name not in errors and not test(known[name]):
            errors[name] = "invalid"
    if not known.get("email") and not known.get("phone"):
        errors.setdefault("email", "contact")
        errors.setdefault("phone", "contact")
    return errors


def fingerprint(known, extras, files=()):
    """SHA-256 of the normalised body: the same words are the same submission.

    :param files: ``[(name, bytes)]``.

    >>> a = fingerprint({"email": "Ann@Shop.example", "uuid": "one-two-three"}, {})
    >>> a == fingerprint({"email": "ann@shop.example"}, {})
    True
    >>> a == fingerprint({"email": "bob@shop.example"}, {})
    False
    >>> len(a)
    64
    """
    body = {
        name: _line(value).casefold()
        for name, value in {**extras, **known}.items()
        if name not in VOLATILE
    }
    parts = [(name, hashlib.sha256(content).hexdigest()) for name, content in files]
    text = json.dumps([body, parts], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
