r"""What a site's script may tell us, and where a visitor came from. Pure Python, no Odoo.

Everything here was written by a stranger: lengths are bounded, what is not understood is
left out, what is wrong is a ValueError.
"""

import json
import re
from urllib.parse import parse_qsl, urlsplit

MAX_BODY = 16 * 1024
MAX_TOUCHES = 20
KINDS = ("visit", "view", "save")
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
VISITOR = re.compile(r"[0-9a-f]{32}")
NAME_LENGTH = 80  # of source, medium, campaign, term, content
PAGE_LENGTH = 200
CLICK_LENGTH = 128

# {parameter of the address: (source, medium)} of advertisers that mark their clicks
CLICK_IDS = {
    "gclid": ("google", "cpc"),
    "gbraid": ("google", "cpc"),
    "wbraid": ("google", "cpc"),
    "yclid": ("yandex", "cpc"),
    "msclkid": ("bing", "cpc"),
    "fbclid": ("facebook", "social"),
    "ttclid": ("tiktok", "cpc"),
}
PAID = re.compile(r"cpc|ppc|cpm|cpv|cpa|paid.*|display|banner|retargeting|ads?")
SEARCH = re.compile(
    r"(?:^|\.)(google|bing|yandex|duckduckgo|yahoo|ecosia|ukr|meta)\.[a-z.]{2,6}$"
)
# crawlers, link previews, monitors, programs: none of them is a person
ROBOT = re.compile(
    r"bot\b|bot[/;_-]|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram"
    r"|skype|viber|monitor|uptime|lighthouse|headless|phantom|selenium|python|curl|wget"
    r"|java/|go-http|okhttp|libwww|scan|proofpoint|mimecast|barracuda|fetch",
    re.IGNORECASE,
)


def is_robot(user_agent):
    """Whether a program is calling that is nobody's browser.

    >>> is_robot("Mozilla/5.0 (compatible; Googlebot/2.1)"), is_robot("")
    (True, True)
    >>> is_robot("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    False
    """
    return not user_agent or bool(ROBOT.search(user_agent[:500]))


def parse(body):
    """A call of the script: ``(site key, visitor or None, [touch])``.

    A touch is ``{"kind", "id", "page", "product"}`` and what :func:`find_origin` says.

    :param bytes body: JSON ``{"key": …, "v": 32 hex digits, "t": [{"k": visit | view |
        save, "id": …, "u": address, "r": referrer, "p": product}]}``
    :raise ValueError: too big, not such an object, too many touches

    >>> key, visitor, touches = parse(b'{"key": "site-key-1", "t": [{"k": "visit", '
    ...     b'"id": "one-two-3", "u": "https://shop.example/a?utm_source=news"}]}')
    >>> key, visitor, touches[0]["source"], touches[0]["page"]
    ('site-key-1', None, 'news', 'shop.example/a')
    """
    if len(body) > MAX_BODY:
        raise ValueError("too big")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("t"), list):
        raise ValueError("not a call of the script")
    if len(data["t"]) > MAX_TOUCHES:
        raise ValueError("too many touches")
    key, visitor = data.get("key"), data.get("v")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise ValueError("no key")
    if not isinstance(visitor, str) or not VISITOR.fullmatch(visitor):
        visitor = None
    touches = [_touch(item) for item in data["t"] if isinstance(item, dict)]
    return key, visitor, [touch for touch in touches if touch]


def _touch(item):
    kind, name = item.get("k"), item.get("id")
    if kind not in KINDS or not isinstance(name, str) or not KEY.fullmatch(name):
        return None
    product = item.get("p")
    product = (
        text(str(product), NAME_LENGTH) if isinstance(product, (str, int)) else None
    )
    if kind != "visit" and not product:
        return None
    address, referrer = (text(item.get(part), 2000) or "" for part in ("u", "r"))
    origin = find_origin(address, referrer)
    if kind == "visit" and origin is None:
        return None
    return {
        "kind": kind,
        "id": name,
        "page": _page(address),
        "product": product,
        **(origin or {}),
    }


def text(value, size):
    r"""One line of at most ``size`` characters that a database can keep, or None.

    >>> text(" a\0 b\n", 9), text(5, 9), text("\ud83d", 9)
    ('a b', None, '?')
    """
    if not isinstance(value, str):
        return None
    value = " ".join(value[: size * 4].replace("\0", "").split())
    return value.encode("utf-8", "replace").decode()[:size].strip() or None


def _split(address):
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _page(address):
    """Host and path, without what the address carries."""
    parts = _split(address)
    return text(f"{parts.netloc.rpartition('@')[2]}{parts.path}", PAGE_LENGTH)


def find_origin(address, referrer):
    """Where a visitor came from, or None when he only went on inside the site.

    :return: ``{"source", "medium", "campaign", "term", "content", "click_kind",
        "click_ref", "is_ad", "token"}``; without a source it is a direct visit

    >>> def short(*pages): return {k: v for k, v in find_origin(*pages).items() if v}
    >>> short("https://shop.example/?gclid=Cj0K", "")
    {'source': 'google', 'medium': 'cpc', 'click_kind': 'gclid', 'click_ref': 'Cj0K', 'is_ad': True}
    >>> short("https://shop.example/", "https://www.google.com.ua/")
    {'source': 'google', 'medium': 'organic'}
    >>> short("https://shop.example/", "https://blog.example/tyres")
    {'source': 'blog.example', 'medium': 'referral'}
    >>> short("https://shop.example/", "")
    {}
    >>> find_origin("https://shop.example/b", "https://shop.example/a") is None
    True
    """
    page, from_page = _split(address), _split(referrer)
    try:
        query = dict(parse_qsl(page.query[:4000], max_num_fields=60))
    except ValueError:
        query = {}
    names = {
        name: text(query.get(f"utm_{name}"), NAME_LENGTH)
        for name in ("source", "medium", "campaign", "term", "content")
    }
    click_kind = next((name for name in CLICK_IDS if query.get(name)), None)
    if click_kind:
        source, medium = CLICK_IDS[click_kind]
        names["source"] = names["source"] or source
        names["medium"] = names["medium"] or medium
    elif not any(names.values()):
        if from_page.hostname and from_page.hostname == page.hostname:
            return None
        names["source"], names["medium"] = _refer(from_page.hostname)
    medium = (names["medium"] or "").lower()
    return {
        **names,
        "click_kind": click_kind,
        "click_ref": text(query.get(click_kind), CLICK_LENGTH) if click_kind else None,
        "is_ad": bool(PAID.fullmatch(medium)) or click_kind not in (None, "fbclid"),
        "token": text(query.get("crm_t"), CLICK_LENGTH),
    }


def _refer(host):
    if not host:
        return None, None
    found = SEARCH.search(host)
    if found:
        return found[1], "organic"
    return text(host.removeprefix("www."), NAME_LENGTH), "referral"


def visitor_code(visitor):
    """The six digits that a visitor may tell an operator; the script shows the same.

    >>> visitor_code("0123456789abcdef0123456789abcdef")
    '896491'
    """
    return f"{int(visitor[:12], 16) % 1_000_000:06d}"
