"""Real telemarketing contacts through the host's own import, twice."""

import csv
import io
import os
import unittest
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from odoo.tests import tagged

from .common import RelationsCommon

SET = "bank-marketing/bank-additional.csv"
OPTIONS = {
    "quoting": '"',
    "separator": ";",
    "has_headers": True,
    "encoding": "utf-8",
    "float_decimal_separator": ".",
    "float_thousand_separator": ",",
    "datetime_format": "%Y-%m-%d %H:%M:%S",
}
INTEGERS = {"age", "campaign", "pdays", "previous"}
FLOATS = {"emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"}
# what belongs to the call, not to the person
CALL_COLUMNS = {"month", "day_of_week", "duration", "y"}
MONTHS = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
YEAR = 2010  # the file names month and weekday only
OUTCOMES = {"yes": "done", "no": "answered"}


def read_contacts():
    """Rows of the set as dicts, or a skip that says what is missing."""
    root = Path(
        os.environ.get("CRM_SHARED") or Path(os.environ["CRM_ROOT"]).parent / "shared"
    )
    path = root / "data" / SET
    if not path.exists():
        raise unittest.SkipTest(f"{path} is not there (CRM_SHARED names the folder)")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def property_name(column):
    return "bank_" + column.replace(".", "_")


def started_at(row):
    """The first such weekday of the month, ten o'clock."""
    first = datetime(YEAR, MONTHS.index(row["month"]) + 1, 1, 10)
    return first + timedelta(
        days=(DAYS.index(row["day_of_week"]) - first.weekday()) % 7
    )


def write_csv(header, rows):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


@tagged("post_install", "-at_install")
class TestImportBank(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = read_contacts()
        cls.attributes = [name for name in cls.rows[0] if name not in CALL_COLUMNS]
        cls.bank = cls.env["crm.team"].create(
            {
                "name": "Term deposits by phone",
                "use_leads": True,
                "lead_properties_definition": [
                    cls._define(column) for column in cls.attributes
                ],
            }
        )
        profile = cls.env["crm.qualification.profile"].create(
            {"name": "Deposit", "team_ids": [(4, cls.bank.id)]}
        )
        cls.env["crm.qualification.criterion"].create(
            {"profile_id": profile.id, "name": "Has savings?"}
        )

    @classmethod
    def _define(cls, column):
        definition = {"name": property_name(column), "string": column}
        if column in INTEGERS:
            return definition | {"type": "integer"}
        if column in FLOATS:
            return definition | {"type": "float"}
        values = sorted({row[column] for row in cls.rows})
        return definition | {"type": "selection", "selection": [[v, v] for v in values]}

    def _lead_file(self):
        header = ["External ID", "Lead", "Sales Team", *self.attributes]
        fields = ["id", "name", "team_id"]
        fields += [f"lead_properties.{property_name(name)}" for name in self.attributes]
        rows = [
            [
                f"bank_additional_{number}",
                f"Deposit for a person of {row['age']}, {row['job']}",
                self.bank.name,
                *(row[name] for name in self.attributes),
            ]
            for number, row in enumerate(self.rows, 1)
        ]
        return fields, write_csv(header, rows)

    def _call_file(self):
        fields = [
            "id", "external_key", "company_id", "channel_id/id", "direction", "lead_id/id",
            "started_at", "answered_at", "ended_at", "outcome", "subject", "team_id",
        ]  # fmt: skip
        rows = []
        for number, row in enumerate(self.rows, 1):
            start = started_at(row)
            end = start + timedelta(seconds=int(row["duration"]))
            rows.append(
                [
                    f"bank_call_{number}",
                    f"bank:{number}",
                    self.company.name,
                    "crm_relations.crm_channel_call",
                    "out",
                    f"bank_additional_{number}",
                    start,
                    start,
                    end,
                    OUTCOMES[row["y"]],
                    f"Call no. {row['campaign']} of the campaign",
                    self.bank.name,
                ]  # fmt: skip
            )
        return fields, write_csv(fields, rows)

    def _import(self, model, fields, content):
        wizard = self.env["base_import.import"].create(
            {"res_model": model, "file": content, "file_type": "text/csv"}
        )
        answer = wizard.execute_import(fields, fields, dict(OPTIONS))
        self.assertEqual(answer["messages"], [])
        self.env.flush_all()
        return answer["ids"]

    def _import_both(self):
        leads = self._import("crm.lead", *self._lead_file())
        calls = self._import("crm.interaction", *self._call_file())
        return leads, calls

    def _fingerprint(self):
        """{table: hash of everything in it except who touched it last}"""
        tables = {
            "crm_lead": "to_jsonb(t) - 'write_date' - 'write_uid'",
            "crm_interaction": "to_jsonb(t)",
            "crm_qualification_answer": "to_jsonb(t)",
            "crm_qualification_decision": "to_jsonb(t)",
            "res_partner": "to_jsonb(t) - 'write_date' - 'write_uid'",
            "mail_message": "to_jsonb(t)",
        }
        found = {}
        for table, row in tables.items():
            self.env.cr.execute(
                f"SELECT count(*), md5(string_agg(({row})::text, '|' ORDER BY id)) FROM {table} t"
            )
            found[table] = self.env.cr.fetchone()
        return found

    @pytest.mark.real
    def test_counts_match_and_a_second_import_changes_nothing(self):
        leads, calls = self._import_both()
        self.assertEqual((len(self.rows), len(leads), len(calls)), (4119, 4119, 4119))
        self._check_leads()
        self._check_calls()
        before = self._fingerprint()
        self.assertEqual(self._import_both(), (leads, calls))
        self.assertEqual(self._fingerprint(), before)

    def _check_leads(self):
        domain = [("team_id", "=", self.bank.id)]
        Lead = self.env["crm.lead"]
        self.assertEqual(Lead.search_count(domain), 4119)
        self.assertEqual(
            Lead.search_count([*domain, ("qualification_state", "=", "open")]), 4119
        )
        for column in ("job", "poutcome", "contact", "education"):
            path = f"lead_properties.{property_name(column)}"
            counted = dict(Lead._read_group(domain, [path], ["__count"]))
            expected = {}
            for row in self.rows:
                expected[row[column]] = expected.get(row[column], 0) + 1
            self.assertEqual(counted, expected, column)
        first = self.env.ref("__import__.bank_additional_1")
        values = {
            row["name"]: row["value"]
            for row in first.read(["lead_properties"])[0]["lead_properties"]
        }
        self.assertEqual((values["bank_age"], values["bank_job"]), (30, "blue-collar"))
        self.assertEqual(values["bank_emp_var_rate"], -1.8)

    def _check_calls(self):
        domain = [("team_id", "=", self.bank.id)]
        groups = self.env["crm.interaction"]._read_group(
            domain,
            ["outcome"],
            ["__count", "handling_seconds:sum", "lead_id:count_distinct"],
        )
        expected = {}
        for row in self.rows:
            count, seconds = expected.get(OUTCOMES[row["y"]], (0, 0))
            expected[OUTCOMES[row["y"]]] = (count + 1, seconds + int(row["duration"]))
        self.assertEqual(
            {o: (n, seconds) for o, n, seconds, _leads in groups}, expected
        )
        self.assertEqual(expected["done"][0], 451, "as the set's own description says")
        self.assertEqual(sum(leads for *_rest, leads in groups), 4119)
