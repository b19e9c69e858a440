"""The pure normaliser: doctests, our 35 Ukrainian spellings, the library's number sets."""

import csv
import doctest
import os
from pathlib import Path

import pytest

from odoo.tools import email_normalize

from odoo.addons.crm_relations.tools import contact_point
from odoo.addons.crm_relations.tools.contact_point import normalize, split_phones

UA, KYIV = "+380501234567", "+380441234567"
# {as written: (what it is, extension)}; None: it is nobody's number
UKRAINIAN = {
    "0501234567": (UA, None),
    "050 123 45 67": (UA, None),
    "(050) 123-45-67": (UA, None),
    "+380501234567": (UA, None),
    "380501234567": (UA, None),
    "80501234567": (UA, None),
    "8-050-123-45-67": (UA, None),
    "00380501234567": (UA, None),
    "0038 050 1234567": (UA, None),
    "+38 (050) 123-45-67": (UA, None),
    "+38050123456": (None, None),
    "+3805012345678": (None, None),
    "044 123-45-67": (KYIV, None),
    "+380 44 123 45 67 дод. 12": (KYIV, "12"),
    "+380441234567 ext 12": (KYIV, "12"),
    "501234567": (UA, None),
    "+380 39 123 4567": ("+380391234567", None),
    "+7 (495) 123-45-67": ("+74951234567", None),
    "8 (495) 123-45-67": ("+74951234567", None),
    "+7 701 123 45 67": ("+77011234567", None),
    "+48 601 234 567": ("+48601234567", None),
    "112": (None, None),
    "*161#": (None, None),
    "+380800500500": ("+380800500500", None),
    "0 800 500 500": ("+380800500500", None),
    "０５０１２３４５６７": (UA, None),
    "+380-50-I23-45-67": (UA, None),
    "tel:+380501234567": (UA, None),
    "050\u00a0123\u00a045\u00a067": (UA, None),
    "+380(0)501234567": (UA, None),
    "+380 0 50 123 45 67": (UA, None),
    "0501234567, 0671234567": (UA, None),
    "0671234567;0931234567": ("+380671234567", None),
    "050123456": (None, None),
    "": (None, None),
}
MORE = {
    "+8(050)1234567": (UA, None),
    "8 0512 12 34 56": ("+380512123456", None),
    "8 0 800 500 500": ("+380800500500", None),
    "8 800 555 35 35": ("+78005553535", None),
    "810 380 50 123 45 67": (UA, None),
    "48601234567": ("+48601234567", None),
    "тел. 050-123-45-67 Іван": (UA, None),
    "050 123 45 67 (вн. 305)": (UA, "305"),
    "+380441234567;ext=12": (KYIV, "12"),
    "044 123-45-67,,12": (KYIV, "12"),
    "044 123-45-67/68": (KYIV, None),
    "O5O l23 45 67": (UA, None),
    "\u200e+380 50 123 45 67\u202c": (UA, None),
    "без телефону": (None, None),
    "0" * 300: (None, None),
}
ADDRESSES = [
    ("email", "  Olena.K@Example.COM ", "olena.k@example.com"),
    ("email", "mailto:olena@example.com", "olena@example.com"),
    ("email", '"K, Olena" <Olena@Example.com>, b@example.com', "olena@example.com"),
    ("email", "not an address", None),
    ("telegram", "@Olena_K", "olena_k"),
    ("telegram", "https://t.me/Olena_K?start=1", "olena_k"),
    ("telegram", "123456789", "123456789"),
    ("telegram", "two words", None),
    ("viber", "050 123 45 67", UA),
    ("viber", "01234567890A=", "01234567890A="),
    ("whatsapp", "380501234567@s.whatsapp.net", UA),
    ("whatsapp", "?", None),
    ("social", "https://www.Facebook.com/Olena.K/?ref=x", "facebook.com/olena.k"),
    ("social", "facebook.com/profile.php?id=42", "facebook.com/profile.php?id=42"),
]


def test_doctests():
    result = doctest.testmod(contact_point)
    assert result.attempted > 8
    assert not result.failed


@pytest.mark.parametrize("text", list(UKRAINIAN) + list(MORE))
def test_ukrainian_spelling(text):
    point = normalize("phone", text, "UA")
    assert (point.normalized, point.extension) == (UKRAINIAN | MORE)[text]
    assert point.value == text, "what was typed is kept"


@pytest.mark.parametrize(("kind", "text", "expected"), ADDRESSES)
def test_address(kind, text, expected):
    assert normalize(kind, text, "UA").normalized == expected


@pytest.mark.parametrize(
    "text",
    [
        "Olena <Olena.K@Example.COM>",
        '"K, Olena" <a@example.com>, b@example.com',
        "a@example.com; b@example.com",
        "плюс+Тег@Приклад.УКР",
        "a@localhost",
        "nobody",
        "  ",
    ],
)
def test_email_reads_as_the_host_does(text):
    assert normalize("email", text).normalized == (
        email_normalize(text, strict=False) or None
    )


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("0501234567, 0671234567", ["0501234567", "0671234567"]),
        ("0671234567;0931234567", ["0671234567", "0931234567"]),
        ("050 123 45 67 / 067 123 45 67", ["050 123 45 67", "067 123 45 67"]),
        ("0501234567 або 0671234567", ["0501234567", "0671234567"]),
        ("0501234567\n0671234567\n", ["0501234567", "0671234567"]),
        ("+380501234567 +380671234567", ["+380501234567", "+380671234567"]),
        ("044 123-45-67/68", ["044 123-45-67/68"]),
        ("+380441234567;ext=12", ["+380441234567;ext=12"]),
        ("050 123 45 67", ["050 123 45 67"]),
        ("", []),
    ],
)
def test_two_numbers_in_a_field(text, pieces):
    assert split_phones(text) == pieces


def test_normalised_is_a_fixed_point():
    numbers = {value for value, _ext in (UKRAINIAN | MORE).values() if value}
    for number in numbers:
        for region in ("UA", "PL", None):
            assert normalize("phone", number, region).normalized == number


# ---------------------------------------------------------------- real data


def _folder():
    root = Path(
        os.environ.get("CRM_SHARED") or Path(os.environ["CRM_ROOT"]).parent / "shared"
    )
    folder = root / "data" / "phones"
    if not folder.exists():
        pytest.skip(
            f"no sets of phone numbers: {folder} is not there (CRM_SHARED names the folder)"
        )
    return folder


def _rows(name):
    with open(_folder() / name, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.real
def test_real_ukrainian_spellings():
    """All 35; the file holds the library's answers, ours say what is right."""
    rows = _rows("ua_input_forms_expected.csv")
    assert len(rows) == 35
    wrong_in_library = []
    for row in rows:
        text = row["input"]
        point = normalize("phone", text, row["default_region"])
        assert (point.normalized, point.extension) == UKRAINIAN[
            text.replace("\u2009", " ")
        ], text
        library = (row["e164"] or None) if row["is_valid"] == "True" else None
        if (library, row["ext"] or None) != (point.normalized, point.extension):
            wrong_in_library.append(text)
    assert sorted(wrong_in_library) == [
        "+380 44 123 45 67 дод. 12",
        "+380-50-I23-45-67",
        "0501234567, 0671234567",
        "0671234567;0931234567",
        "8 (495) 123-45-67",
        "8-050-123-45-67",
        "80501234567",
    ]


@pytest.mark.real
def test_real_example_numbers_of_all_regions():
    """Our rules for Ukraine spoil no other country, whoever writes the number."""
    rows = [
        row
        for row in _rows("example_numbers_all_regions.csv")
        if row["is_valid"] == "True"
    ]
    assert len(rows) > 1000
    wrong = []
    for row in rows:
        spellings = [
            (row["national"], row["region"]),
            (row["international"], row["region"]),
            (row["international"], "UA"),
            (row["international"], None),
            (row["e164"], "UA"),
        ]
        for text, region in spellings:
            found = normalize("phone", text, region).normalized
            if found != row["e164"]:
                wrong.append((text, region, found, row["e164"]))
    assert not wrong, f"{len(wrong)}: {wrong[:20]}"


@pytest.mark.real
def test_real_ukrainian_prefixes_in_every_spelling():
    """Each area and operator code of Ukraine, in eight spellings, is one number."""
    prefixes = set()
    for name in ("geocoding_uk_380.txt", "carrier_uk_380.txt"):
        for line in (_folder() / name).read_text(encoding="utf-8").splitlines():
            head = line.split("|")[0]
            if head.startswith("380") and head.isdigit():
                prefixes.add(head[3:])
    checked = 0
    for prefix in sorted(prefixes):
        national = (prefix + "2345678")[:9]
        right = "+380" + national
        if contact_point._parse(right, None) is None:
            continue
        checked += 1
        a, b, c, d = national[:2], national[2:5], national[5:7], national[7:]
        for text in (
            f"0{national}",
            f"0{a} {b} {c} {d}",
            f"(0{a}) {b}-{c}-{d}",
            f"8-0{a}-{b}-{c}-{d}",
            f"80{national}",
            f"+38 (0{a}) {b}-{c}-{d}",
            f"38 0{a} {b} {c} {d}",
            f"0{national}, 0671234567",
        ):
            assert normalize("phone", text, "UA").normalized == right, text
    assert checked > 500
