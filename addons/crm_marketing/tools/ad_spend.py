"""Reading the tables that advertising services export: no ORM here.

A *table* is a list of rows, a row a list of cells: texts, numbers, dates, ``None``.
Which column holds what is one of ``TARGETS``; what a service calls its columns is in
``WORDS``.
"""

import csv
import io
from datetime import date, datetime

TARGETS = ("day", "campaign", "ad", "clicks", "impressions", "amount", "currency")
NEEDED = ("day", "amount")
ENCODINGS = ("utf-8-sig", "utf-16", "cp1251")
# Headers as Google Ads, Meta, Yandex Direct, LinkedIn and TikTok write them.
WORDS = {
    "day": ("day", "date", "reporting starts", "start date (in utc)", "by day", "дата",
            "день", "дата початку"),
    "campaign": ("campaign", "campaign name", "utm_campaign", "кампания", "кампанія",
                 "название кампании", "назва кампанії"),
    "ad": ("ad", "ad name", "utm_content", "creative name", "объявление",
           "название объявления", "оголошення", "назва оголошення"),
    "clicks": ("clicks", "link clicks", "клики", "кліки", "клики по ссылке"),
    "impressions": ("impressions", "impr.", "показы", "покази"),
    "amount": ("cost", "amount spent", "spend", "spent", "total spent", "расход",
               "витрати", "вартість", "стоимость", "сумма затрат"),
    "currency": ("currency", "currency code", "валюта", "код валюти", "код валюты"),
}  # fmt: skip
# the first cell of a line that only adds up
TOTALS = ("total", "totals", "всего", "итого", "усього", "разом", "всього")


def read_csv(content):
    """The table of a CSV file, whatever its delimiter and usual encoding.

    >>> read_csv("\\ufeffДень;Сума\\n01.03.2026;1 234,50\\n".encode())
    [['День', 'Сума'], ['01.03.2026', '1 234,50']]
    >>> read_csv("Day\\tCost\\n2026-03-01\\t5\\n".encode("utf-16"))
    [['Day', 'Cost'], ['2026-03-01', '5']]

    :param bytes content: the file
    :raises ValueError: no encoding fits
    """
    text = None
    for encoding in ENCODINGS:
        if encoding == "utf-16" and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None:
        raise ValueError("encoding")
    head = text[:4096]
    delimiter = max(("\t", ";", ","), key=lambda sign: _evenness(head, sign))
    return [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)]


def _evenness(text, sign):
    """How many cells most lines have with this delimiter."""
    counts = [len(row) for row in csv.reader(io.StringIO(text), delimiter=sign)][:20]
    return max(counts, key=counts.count, default=0)


def guess(header):
    """``{index of a column: target}`` by the names that services give.

    >>> guess(["Campaign", "Day", "Impr.", "Clicks", "Cost", "CTR"])
    {0: 'campaign', 1: 'day', 2: 'impressions', 3: 'clicks', 4: 'amount'}
    >>> guess(["Дата", "Расход, руб.", "Amount spent (USD)"])
    {0: 'day', 1: 'amount'}
    """
    found = {}
    for index, cell in enumerate(header):
        name = str(cell or "").strip().lower().partition("(")[0].partition(",")[0]
        for target, words in WORDS.items():
            if name.strip() in words and target not in found.values():
                found[index] = target
    return found


def find_header(table):
    """Number of the row with the names of the columns: services put titles above it.

    >>> find_header([["Campaign report"], ["1 March"], ["Day", "Cost"], ["x", 1]])
    2
    >>> find_header([["a", "b"], ["c", "d"]])
    0
    """
    best = max(
        range(min(len(table), 20)),
        key=lambda number: (len(guess(table[number])), -number),
        default=0,
    )
    return best if table and len(guess(table[best])) >= 2 else 0


def to_number(cell):
    """A number as people write it.

    >>> [to_number(text) for text in ("1 234,50", "1,234.50", "1.234,50", "$5", "-3")]
    [1234.5, 1234.5, 1234.5, 5.0, -3.0]
    >>> to_number("1,234"), to_number("0,5"), to_number("12,50"), to_number("--")
    (1234.0, 0.5, 12.5, 0.0)

    :raises ValueError: no number
    """
    if cell is None or isinstance(cell, bool):
        return 0.0
    if isinstance(cell, int | float):
        return float(cell)
    if not isinstance(cell, str):
        raise ValueError(cell)
    text = cell.strip()
    for sign in ("\xa0", "\u202f", " ", "'", "$", "€", "£", "₴", "₽"):
        text = text.replace(sign, "")
    if text.strip("-–—") == "":
        return 0.0
    return float(_one_point(text))


def _one_point(text):
    """The text with a point as its only sign: the last of two different ones is it."""
    comma, point = text.rfind(","), text.rfind(".")
    if comma >= 0 and point >= 0:
        thousands, decimal = (".", ",") if comma > point else (",", ".")
        return text.replace(thousands, "").replace(decimal, ".")
    if comma >= 0:
        groups = text.lstrip("-").split(",")
        whole = all(len(group) == 3 for group in groups[1:]) and groups[0] not in (
            "",
            "0",
        )
        return text.replace(",", "" if whole else ".")
    return text


def to_day(cell, order="dmy"):
    """A day as people and spreadsheets write it.

    >>> to_day("2026-03-31"), to_day("31.03.2026")
    (datetime.date(2026, 3, 31), datetime.date(2026, 3, 31))
    >>> to_day("03/04/2026", "mdy"), to_day("03/04/2026", "dmy")
    (datetime.date(2026, 3, 4), datetime.date(2026, 4, 3))
    >>> to_day("20260331")
    datetime.date(2026, 3, 31)

    :param str order: ``ymd``, ``dmy`` or ``mdy``, for texts with the year last
    :raises ValueError: no day
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = str(cell or "").strip().partition(" ")[0].partition("T")[0]
    if len(text) == 8 and text.isdigit():
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    parts = [int(part) for part in text.replace("/", ".").replace("-", ".").split(".")]
    if len(parts) != 3:
        raise ValueError(text)
    first, second, third = parts
    if first > 31:
        return date(first, second, third)
    year = third + 2000 if third < 100 else third
    return date(year, first, second) if order == "mdy" else date(year, second, first)


def read_rows(table, header, targets, order="dmy"):
    """Lines of a table as ``(rows, errors)``.

    >>> table = [["Day", "Ad", "Cost"], ["1.3.2026", "A", "5"], ["Total", "", "5"],
    ...          ["32.3.2026", "B", "6"], ["2.3.2026", "B", "many"]]
    >>> rows, errors = read_rows(table, 0, {0: "day", 1: "ad", 2: "amount"})
    >>> rows[0]["line"], rows[0]["ad"], rows[0]["amount"]
    (2, 'A', 5.0)
    >>> errors
    [(4, 'Day', '32.3.2026'), (5, 'Cost', 'many')]

    :param int header: row with the names of the columns; data begin below it
    :param dict targets: ``{index of a column: target}``
    :return: ``[{"line", "day", "campaign", "ad", "clicks", "impressions", "amount",
        "currency"}]``, ``[(line, name of the column, what stands there)]``; lines are
        counted from 1 as spreadsheets do
    """
    rows, errors = [], []
    names = table[header] if table else []
    for number in range(header + 1, len(table)):
        cells = {
            target: table[number][index] if index < len(table[number]) else None
            for index, target in targets.items()
        }
        if _is_idle(table[number], cells):
            continue
        row = {"line": number + 1}
        for index, target in targets.items():
            try:
                row[target] = _read_cell(target, cells[target], order)
            except (ValueError, OverflowError):
                errors.append((number + 1, str(names[index]), str(cells[target] or "")))
        rows.append(row)
    return rows, errors


def _is_idle(line, cells):
    """Empty lines and lines that only add up."""
    if all(cell in (None, "") for cell in line):
        return True
    first = str(line[0] or "").strip().lower().split(":")[0].split(" ")[0]
    return first in TOTALS


def _read_cell(target, cell, order):
    if target == "day":
        return to_day(cell, order)
    if target == "amount":
        return to_number(cell)
    if target in ("clicks", "impressions"):
        return round(to_number(cell))
    return " ".join(str(cell if cell is not None else "").split())[:500]


def add_up(rows, key):
    """Rows of one key become one: services split ads by device, keyword, place.

    >>> rows = [{"day": 1, "amount": 2.0, "clicks": 1}, {"day": 1, "amount": 3.0}]
    >>> add_up(rows, lambda row: row["day"])
    [{'day': 1, 'amount': 5.0, 'clicks': 1, 'impressions': 0}]
    """
    sums = {}
    for row in rows:
        found = sums.setdefault(
            key(row), dict(row, amount=0.0, clicks=0, impressions=0)
        )
        for name in ("amount", "clicks", "impressions"):
            found[name] += row.get(name) or 0
    return list(sums.values())
