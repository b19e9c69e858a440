"""Scores of real customers: UCI bank marketing, ten folds by row number."""

import csv
import hashlib
import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CRM_SHARED") or ROOT.parent / "shared")
DATA = SHARED / "data" / "bank-marketing" / "bank-additional.csv"
TOOL = ROOT / "addons" / "crm_marketing" / "tools" / "portrait.py"
DIGEST = "7e59cf650004d65d1c9d6b08553bad2ee9a9ad70d594f536e3c584ee6ed5df50"
# when each column is known: a call's length only when it is over
KNOWN = {"duration": "after"}
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.exists(), reason="the bank marketing data is not here"),
]


def _tool():
    """The arithmetic alone, without Odoo."""
    spec = importlib.util.spec_from_file_location("portrait", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _rows(tool, columns=None):
    """[({trait: value}, bought)]; numbers as they stand, binned per fold"""
    with DATA.open(newline="") as source:
        for row in csv.DictReader(source, delimiter=";"):
            bought = row.pop("y") == "yes"
            yield (
                {
                    name: value
                    for name, value in row.items()
                    if tool.usable(KNOWN.get(name, "before"), True)
                    and (columns is None or name in columns)
                },
                bought,
            )


def _is_number(value):
    try:
        float(value)
    except ValueError:
        return False
    return True


def _folds(tool, rows):
    """[(score, bought)] of every row, by a model that has not seen it"""
    numbers = [name for name, value in rows[0][0].items() if _is_number(value)]
    scored = []
    for fold in range(10):
        known = [row for place, row in enumerate(rows) if place % 10 != fold]
        borders = {
            name: tool.edges([float(values[name]) for values, _won in known])
            for name in numbers
        }

        def binned(values, borders=borders):
            return values | {
                name: tool.bin_of(borders[name], float(values[name]))
                for name in borders
            }

        model = tool.learn((binned(values), won) for values, won in known)
        scored += [
            (tool.score(model, binned(values)), won)
            for place, (values, won) in enumerate(rows)
            if place % 10 == fold
        ]
    return scored


def test_the_file_is_the_published_one():
    assert hashlib.sha256(DATA.read_bytes()).hexdigest() == DIGEST


def test_what_is_known_only_afterwards_is_refused():
    rows = list(_rows(_tool()))
    assert len(rows) == 4119
    assert sum(won for _values, won in rows) == 451
    assert "duration" not in rows[0][0]


def test_area_under_the_curve():
    tool = _tool()
    area = tool.auc(_folds(tool, list(_rows(tool))))
    print(f"AUC without duration: {area:.4f}")
    assert area >= 0.76


def test_portrait_of_the_buyers():
    tool = _tool()
    counts, totals = {}, [0, 0]
    for values, won in _rows(tool, {"poutcome", "job", "contact"}):
        totals[not won] += 1
        for pair in values.items():
            counts.setdefault(pair, [0, 0])[not won] += 1
    found = tool.portrait(counts, totals)
    assert (found[0].trait, found[0].value) == ("poutcome", "success")
    assert round(found[0].lift, 1) == 15.0
    assert {(f.trait, f.value) for f in found if f.lift > 1} >= {
        ("job", "retired"), ("contact", "cellular"),
    }  # fmt: skip
