"""Columns of the ledger and the arithmetic of repeats. Pure Python, no ORM."""

from hashlib import sha256

# {column: (PostgreSQL type, what a later row of the same key may do to it)}
#   key       part of the key
#   first     as the first row said
#   once      fills while empty
#   rank      rises only
#   document  a better document replaces a worse one
COLUMNS = {
    "company_id": ("int4", "key"),
    "channel_id": ("int4", "key"),
    "external_key": ("varchar", "key"),
    "direction": ("varchar", "first"),
    "started_at": ("timestamp", "first"),
    "answered_at": ("timestamp", "once"),
    "ended_at": ("timestamp", "once"),
    "partner_id": ("int4", "once"),
    "customer_id": ("int4", "once"),
    "lead_id": ("int4", "once"),
    "contact_point_id": ("int4", "once"),
    "raw_address": ("varchar", "once"),
    "user_id": ("int4", "once"),
    "owner_id": ("int4", "document"),
    "team_id": ("int4", "document"),
    "source_id": ("int4", "once"),
    "medium_id": ("int4", "once"),
    "campaign_id": ("int4", "once"),
    "outcome": ("varchar", "rank"),
    "subject": ("varchar", "once"),
    "preview": ("varchar", "once"),
    "page": ("varchar", "once"),
    "cost_amount": ("numeric", "once"),
    "currency_id": ("int4", "once"),
    "is_automatic": ("bool", "first"),
    "res_model": ("varchar", "document"),
    "res_id": ("int4", "document"),
}
# Not columns of the ledger: how the address is looked up, and the feed's own team.
EXTRA_COLUMNS = {"kind": "varchar", "normalized": "varchar", "default_team_id": "int4"}

# When one message reaches several documents, the first of these is its document.
DOCUMENT_RANK = (
    "crm.lead",
    "sale.order",
    "account.move",
    "stock.picking",
    "res.partner",
)

KEY = ("company_id", "channel_id", "external_key")
KEY_LENGTH = 128


def mail_key(message_id):
    """Key of an e-mail; a Message-Id too long for the column is hashed.

    >>> mail_key(" <1@example.com> ")
    'mail:<1@example.com>'
    >>> len(mail_key("<" + "x" * 300 + ">")) <= KEY_LENGTH
    True
    """
    key = "mail:" + "".join(message_id.split())
    if len(key) <= KEY_LENGTH:
        return key
    return "mail:sha256:" + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def is_auto_reply(headers):
    """True when the headers of an e-mail say that a machine wrote it (RFC 3834 and habits).

    >>> is_auto_reply([("Subject", "On leave"), ("Auto-Submitted", "auto-replied")])
    True
    >>> is_auto_reply([("auto-submitted", "no"), ("Precedence", "bulk")])
    False
    """
    for name, value in headers:
        name, value = name.lower(), str(value).strip().lower()
        if name == "auto-submitted" and value.split(";")[0].strip() not in ("", "no"):
            return True
        if (
            name in ("x-autoreply", "x-autorespond", "x-auto-response")
            and value != "no"
        ):
            return True
        if name == "precedence" and value == "auto_reply":
            return True
    return False


def clip(text, size):
    """One line of at most ``size`` characters that PostgreSQL can store, or None.

    >>> clip("two\\n lines\\x00", 6)
    'two li'
    >>> clip("  ", 6) is None
    True
    """
    if not text:
        return None
    text = " ".join(text.replace("\x00", "").split())[:size].rstrip()
    return text.encode("utf-8", "replace").decode() or None


def merge_rows(rows, outcome_rank):
    """Rows of one call by key, a repeat filling in what the first left empty.

    :return: ``(rows without repeats, [position of each given row in them])``

    >>> a = {"company_id": 1, "channel_id": 2, "external_key": "k", "outcome": "sent"}
    >>> b = dict(a, outcome="answered", ended_at="2026-03-02 09:00:00")
    >>> rows, positions = merge_rows([a, b], {"sent": 0, "answered": 7})
    >>> positions, rows[0]["outcome"], "ended_at" in rows[0]
    ([0, 0], 'answered', True)
    """
    merged, positions, place = [], [], {}
    for row in rows:
        key = tuple(row[name] for name in KEY)
        if key not in place:
            place[key] = len(merged)
            merged.append(dict(row))
        else:
            merge_into(merged[place[key]], row, outcome_rank)
        positions.append(place[key])
    return merged, positions


def merge_into(first, later, outcome_rank):
    """Fill ``first`` from ``later``, never backwards."""
    better = _document_rank(later) < _document_rank(first)
    for name, value in later.items():
        policy = COLUMNS.get(name, ("", "once"))[1]
        if value is None or policy in ("key", "first"):
            continue
        old = first.get(name)
        if policy == "rank":
            if old is None or outcome_rank[value] > outcome_rank[old]:
                first[name] = value
        elif old is None or (policy == "document" and better):
            first[name] = value


def _document_rank(row):
    model = row.get("res_model")
    return DOCUMENT_RANK.index(model) if model in DOCUMENT_RANK else len(DOCUMENT_RANK)
