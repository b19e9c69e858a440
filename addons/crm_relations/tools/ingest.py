"""One row as an outside system sends it → values of the ledger. Pure Python, no ORM.

Ten thousand rows a call: a row costs some ten microseconds here, and nothing in it may
make PostgreSQL refuse the set it travels in.
"""

import math
import re
from datetime import datetime, timedelta, timezone

from .contact_point import PHONE_KINDS
from .ledger import KEY, KEY_LENGTH, clip, merge_into

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
PLAIN_EMAIL = re.compile(r"[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}")

REQUIRED = ("channel", "external_key", "direction", "started_at")
TEXTS = {"address": 250, "subject": 250, "preview": 200}
TIMES = ("started_at", "answered_at", "ended_at")
KINDS = ("phone", "email", "telegram", "viber", "whatsapp", "social")
# What an address is when the row does not say. {channel code: kind of contact point}
KIND_OF_CHANNEL = {
    "call": "phone",
    "sms": "phone",
    "email": "email",
    "telegram": "telegram",
    "viber": "viber",
    "whatsapp": "whatsapp",
}
# Only callers inside may name records; outside, an id would tell what exists.
IDS = (
    "company_id",
    "partner_id",
    "lead_id",
    "contact_point_id",
    "user_id",
    "owner_id",
    "team_id",
    "source_id",
    "medium_id",
    "campaign_id",
)
EARLIEST = datetime(1990, 1, 1)
CLOCK_SKEW = timedelta(days=1)
MAX_ID = 2**31 - 1


class RowError(ValueError):
    """This row cannot be taken: ``field`` and a ``code`` that callers translate."""

    def __init__(self, field, code):
        super().__init__(f"{field}: {code}")
        self.field, self.code = field, code


class RowParser:
    """Knows what a call may say; :meth:`parse` reads one row.

    :param channels: ``{code: id}``
    :param outcomes: ``{code: rank}``
    :param employees: ``{login: user id}`` of the logins in this call
    :param currencies: ``{ISO code: id}``
    :param known_ids: ``{field: set of ids that exist}``; empty for outside senders
    :param defaults: columns every row gets unless it says otherwise
    :param normalize: ``(kind, address) -> normalised value or None``

    >>> parser = RowParser(
    ...     channels={"call": 2}, outcomes={"missed": 1}, employees={}, currencies={},
    ...     known_ids={}, defaults={"company_id": 1}, now=datetime(2026, 3, 2),
    ...     normalize=lambda kind, address: None)
    >>> row = parser.parse({"channel": "call", "external_key": "1", "direction": "in",
    ...     "started_at": "2026-03-01T10:00:00+02:00", "address": "+380501112233"})
    >>> str(row["started_at"]), row["kind"], row["normalized"]
    ('2026-03-01 08:00:00', 'phone', '+380501112233')
    >>> parser.parse({"channel": "fax"})
    Traceback (most recent call last):
    crm_relations.tools.ingest.RowError: channel: unknown_channel
    """

    def __init__(
        self,
        *,
        channels,
        outcomes,
        employees,
        currencies,
        known_ids,
        defaults,
        now,
        normalize,
    ):
        self.channels = channels
        self.outcomes = outcomes
        self.latest = now + CLOCK_SKEW
        self.defaults = defaults
        self.normalize = normalize
        self.readers = {
            "channel": lambda value: _known(value, channels, "channel"),
            "external_key": _key,
            "direction": lambda value: _one_of(value, ("in", "out"), "direction"),
            "kind": lambda value: _one_of(value, KINDS, "kind"),
            "outcome": lambda value: _one_of(value, outcomes, "outcome"),
            "employee": lambda value: _known(value, employees, "employee"),
            "currency": lambda value: _known(value, currencies, "currency"),
            "cost_amount": _amount,
            "is_automatic": _flag,
            **{name: self._time_reader(name) for name in TIMES},
            **{name: _text_reader(name, size) for name, size in TEXTS.items()},
            **{name: _id_reader(name, ids) for name, ids in known_ids.items()},
        }

    def parse(self, row):
        """``{column: value}`` of one row, or RowError."""
        if type(row) is not dict:
            raise RowError("", "not_an_object")
        values = {}
        readers = self.readers
        for name, value in row.items():
            reader = readers.get(name)
            if reader is None:
                raise RowError(str(name)[:64], "unknown_field")
            if value is not None and value != "":
                values[name] = reader(value)
        for name in REQUIRED:
            if name not in values:
                raise RowError(name, "missing")
        check_times(values, values["started_at"])
        code = row["channel"]
        values["channel_id"] = values.pop("channel")
        self._rename(values)
        self._look_up(values, code)
        return {**self.defaults, **values}

    def _rename(self, values):
        for ours, theirs in (("user_id", "employee"), ("currency_id", "currency")):
            if theirs in values:
                values[ours] = values.pop(theirs)

    def _look_up(self, values, code):
        """Say how the address is looked up; E.164 and plain e-mails as they are."""
        address = values.pop("address", None)
        kind = values.pop("kind", None) or KIND_OF_CHANNEL.get(code)
        if not address:
            return
        values["raw_address"] = address
        if not kind:
            return
        values["kind"] = kind
        if (kind in PHONE_KINDS and E164.fullmatch(address)) or (
            kind == "email" and PLAIN_EMAIL.fullmatch(address)
        ):
            values["normalized"] = address
        else:
            values["normalized"] = self.normalize(kind, address)

    def _time_reader(self, name):
        latest = self.latest

        def read(value):
            moment = _moment(value, name)
            if not EARLIEST <= moment <= latest:
                raise RowError(name, "time_out_of_range")
            return moment

        return read


def parse_rows(rows, parser):
    """All rows of a call.

    :return: ``(good, errors, repeats)``: the good rows without repeats as
        ``{index: values}``, the bad ones as ``[(index, field, code)]``, and how many
        rows repeated an earlier one of the same call.
    """
    good, errors, place, repeats = {}, [], {}, 0
    for index, row in enumerate(rows):
        try:
            values = parser.parse(row)
            key = tuple(values[name] for name in KEY)
            first = place.get(key)
            if first is None:
                place[key] = index
                good[index] = values
                continue
            check_times(values, good[first]["started_at"])
            merge_into(good[first], values, parser.outcomes)
            repeats += 1
        except RowError as error:
            errors.append((index, error.field, error.code))
    return good, errors, repeats


def check_times(values, started_at):
    """An answer and an end lie after the start, or RowError."""
    for name in ("answered_at", "ended_at"):
        moment = values.get(name)
        if moment is not None and moment < started_at:
            raise RowError(name, "before_start")
    answered_at, ended_at = values.get("answered_at"), values.get("ended_at")
    if answered_at and ended_at and answered_at > ended_at:
        raise RowError("answered_at", "after_end")


def _moment(value, field):
    if type(value) is str:
        if value[-1:] == "Z":  # UTC, as all times here; Python 3.10 does not know it
            value = value[:-1]
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise RowError(field, "not_a_time") from None
    elif not isinstance(value, datetime):
        raise RowError(field, "not_a_time")
    if value.tzinfo is not None:
        try:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        except OverflowError:
            raise RowError(field, "time_out_of_range") from None
    return value.replace(microsecond=0) if value.microsecond else value


def _text(value, field):
    """Text that PostgreSQL can store."""
    if type(value) is not str:
        raise RowError(field, "not_a_text")
    if "\x00" in value:
        raise RowError(field, "unreadable_text")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise RowError(field, "unreadable_text") from None
    return value


def _text_reader(field, size):
    def read(value):
        text = _text(value, field)
        if field == "address":
            if len(text) > size:
                raise RowError(field, "too_long")
            return text
        if len(text) <= size and text.isprintable():
            return text  # what nearly all are
        return clip(text, size)

    return read


def _key(value):
    if len(_text(value, "external_key")) > KEY_LENGTH:
        raise RowError("external_key", "too_long")
    return value


def _known(value, ids, field):
    found = ids.get(value) if type(value) is str else None
    if found is None:
        raise RowError(field, f"unknown_{field}")
    return found


def _one_of(value, allowed, field):
    if type(value) is not str or value not in allowed:
        raise RowError(field, "not_a_choice")
    return value


def _amount(value):
    if (
        type(value) not in (int, float)
        or not math.isfinite(value)
        or abs(value) >= 1e12
    ):
        raise RowError("cost_amount", "not_a_number")
    return value


def _flag(value):
    if type(value) is not bool:
        raise RowError("is_automatic", "not_a_flag")
    return value


def _id_reader(field, existing):
    def read(value):
        if type(value) is not int or value not in existing:
            raise RowError(field, "unknown_record")
        return value

    return read
