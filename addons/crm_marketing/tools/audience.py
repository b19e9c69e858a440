"""Lists of customers as the advertising networks take them: hashed. Pure Python.

Formats: Google Ads *Customer Match*, Meta *Custom Audience* (customer list), Yandex
*Audience* (CRM data). Nothing but e-mail and phone leaves the house, each hashed on its own.
"""

import csv
import hashlib
import io
from typing import NamedTuple


class Network(NamedTuple):
    """How one network wants it."""

    header: tuple  # names of the columns: e-mail, phone
    digest: str  # of hashlib
    minimum: int  # people; fewer are refused
    plus: bool  # whether the phone keeps its +
    spare: tuple  # further columns, left empty


NETWORKS = {
    "google": Network(("Email", "Phone"), "sha256", 100, True, ()),
    "meta": Network(("email", "phone"), "sha256", 100, False, ()),
    "yandex": Network(("email", "phone"), "md5", 100, False, ("ext_id",)),
}


def hash_email(network, email):
    """The address as the network compares it; empty for none.

    >>> hash_email("meta", " Test@Example.com ")
    '973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b'
    >>> hash_email("yandex", "test@example.com")
    '55502f40dc8b7c769880b10874abc9d0'
    >>> hash_email("google", None)
    ''
    """
    email = "".join((email or "").split()).lower()
    return _digest(network, email) if email else ""


def hash_phone(network, phone):
    """An E.164 number as the network compares it; empty for none.

    >>> from hashlib import md5, sha256
    >>> hash_phone("google", "+380671234567") == sha256(b"+380671234567").hexdigest()
    True
    >>> hash_phone("meta", "+380671234567") == sha256(b"380671234567").hexdigest()
    True
    >>> hash_phone("yandex", "+380671234567") == md5(b"380671234567").hexdigest()
    True
    """
    digits = "".join(character for character in phone or "" if character.isdigit())
    if not digits:
        return ""
    return _digest(network, f"+{digits}" if NETWORKS[network].plus else digits)


def _digest(network, text):
    # a network's own format, no secret is kept by it: md5 is what Yandex asks for
    return hashlib.new(
        NETWORKS[network].digest, text.encode(), usedforsecurity=False
    ).hexdigest()


def to_csv(network, people):
    """The file's bytes.

    :param people: ``[(hash of the e-mail, hash of the phone)]``

    >>> to_csv("yandex", [("a1", "b2"), ("", "c3")])
    b'email,phone,ext_id\\r\\na1,b2,\\r\\n,c3,\\r\\n'
    """
    rules = NETWORKS[network]
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([*rules.header, *rules.spare])
    writer.writerows([*person, *("" for _name in rules.spare)] for person in people)
    return stream.getvalue().encode()
