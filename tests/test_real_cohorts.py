"""Cohorts of the CDNOW sample: 2,357 people who first bought in early 1997.

Data: ``CDNOW_sample.txt`` of B. Hardie and P. Fader (brucehardie.com/datasets), kept out of
the project; without the file the test is skipped.
"""

import os
from pathlib import Path

import pytest

from odoo.tests import TransactionCase, tagged

from odoo.addons.crm_marketing.tools.retention import cohorts

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CRM_SHARED") or ROOT.parent / "shared")
FILE = SHARED / "data" / "cdnow" / "CDNOW_sample.txt"
# distinct buyers 0 … 17 months after the first purchase
EXPECTED = {
    "1997-01": "781 124 95 70 65 77 65 53 52 45 62 59 45 47 63 37 37 33",
    "1997-02": "857 134 110 75 77 75 61 61 74 70 59 57 59 70 56 59 60",
    "1997-03": "719 87 84 78 63 64 55 57 73 65 47 51 78 32 38 45",
}


@pytest.mark.real
@pytest.mark.skipif(not FILE.exists(), reason=f"no data: {FILE}")
@tagged("post_install", "-at_install")
class TestRealCohorts(TransactionCase):
    def _read(self):
        """[(customer, first day of a month)] once a month."""
        rows = set()
        for line in FILE.read_text().splitlines():
            customer, _sample, day, _number, _amount = line.split()
            rows.add((customer, f"{day[:4]}-{day[4:6]}-01"))
        return sorted(rows)

    def test_in_words(self):
        months = [
            (customer, int(month[:4]) * 12 + int(month[5:7]))
            for customer, month in self._read()
        ]
        table = cohorts(months, 1998 * 12 + 6)
        self.assertEqual(
            [" ".join(map(str, row)) for row in table.values()], list(EXPECTED.values())
        )

    def test_in_the_database(self):
        rows = self._read()
        names = sorted({customer for customer, _month in rows})
        company = self.env["res.company"].create({"name": "CDNOW"})
        self.env["res.partner"].create([{"name": f"cdnow{name}"} for name in names])
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO crm_customer_month (customer_id, company_id, month, invoice_count)
            SELECT partner.id, %s, bought.month::date, 1
              FROM unnest(%s, %s) AS bought(name, month)
              JOIN res_partner partner ON partner.name = 'cdnow' || bought.name
            """,
            [
                company.id,
                [name for name, _month in rows],
                [month for _n, month in rows],
            ],
        )
        model = self.env["crm.retention.cohort"]
        self.patch(
            type(model),
            "_get_last_month",
            lambda _self: self.env["crm.customer.month"]
            ._fields["month"]
            .to_date("1998-06-01"),
        )
        found = {}
        for row in model.search([("company_id", "=", company.id)], order="cohort, age"):
            found.setdefault(str(row.cohort)[:7], []).append(str(row.customers))
        self.assertEqual({key: " ".join(row) for key, row in found.items()}, EXPECTED)
