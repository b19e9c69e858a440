"""Phones, e-mails and numbers of cards out of a file. Pure Python but for openpyxl."""

import csv
import io

MAX_LINES = 100_000
MAX_BYTES = 20 * 1024 * 1024


class FileError(ValueError):
    """The file cannot be read; ``args[0]`` is why: ``large``, ``lines`` or ``format``."""


def read_rows(content, name):
    """``[(number of the line, [cells as text])]``, empty lines left out.

    >>> read_rows("phone;e-mail\\n067 1;\\n\\n;a@b.ua\\n".encode(), "x.csv")
    [(1, ['phone', 'e-mail']), (2, ['067 1', '']), (4, ['', 'a@b.ua'])]
    """
    if len(content) > MAX_BYTES:
        raise FileError("large")
    if (name or "").lower().endswith((".xlsx", ".xlsm")):
        rows = _read_xlsx(content)
    else:
        rows = _read_csv(content)
    if len(rows) > MAX_LINES:
        raise FileError("lines")
    return [(number, cells) for number, cells in rows if any(cells)]


def _read_csv(content):
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise FileError("format")
    if "\0" in text:
        raise FileError("format")
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise FileError("format") from error
    return [
        (number, [cell.strip() for cell in cells])
        for number, cells in enumerate(rows, 1)
    ]


def _read_xlsx(content):
    import openpyxl  # the host brings it; slow to load

    try:
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True
        )
        rows = list(book.worksheets[0].iter_rows(values_only=True))
    except Exception as error:
        raise FileError("format") from error
    return [
        (number, [_text(cell) for cell in cells])
        for number, cells in enumerate(rows, 1)
    ]


def _text(cell):
    """A telephone number that a sheet keeps as a number is no 3.80671E+11."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def guess(cell):
    """What a cell is: ``email``, ``id`` (number of a card), ``phone`` or nothing.

    >>> [guess(x) for x in ("a@b.ua", "id:12", "+380 67 123 45 67", "Olena", "")]
    ['email', 'id', 'phone', None, None]
    """
    if "@" in cell:
        return "email"
    if cell.lower().startswith("id:") and cell[3:].strip().isdigit():
        return "id"
    if sum(character.isdigit() for character in cell) >= 7:
        return "phone"
    return None
