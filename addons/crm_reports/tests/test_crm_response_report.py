from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.crm_relations.tests.common import TIME_ZERO, RelationsCommon

ANALYST = "base.group_user,crm_reports.group_analyst"
MEASURES = [
    "contact_count:sum", "incoming_count:sum", "answered_count:sum", "unanswered_count:sum",
    "wait_seconds:avg", "wait_median:avg", "fast_share:avg",
]  # fmt: skip


@tagged("post_install", "-at_install")
class TestResponseReport(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.analyst = cls._make_user("rel_analyst", ANALYST)
        cls.number = 0

    def _answered(self, minutes, **values):
        type(self).number += 1
        answered = TIME_ZERO + timedelta(minutes=minutes)
        return self._make_interaction(
            f"response{self.number}",
            team_id=self.north.id,
            answered_at=answered,
            **values,
        )

    def _figures(self, user=None, team=None):
        domain = [("team_id", "=", (team or self.north).id)]
        report = self.env["crm.response.report"].with_user(user or self.analyst)
        return dict(
            zip(MEASURES, report._read_group(domain, [], MEASURES)[0], strict=True)
        )

    def test_median_average_share(self):
        for minutes in (1, 2, 600):
            self._answered(minutes)
        figures = self._figures()
        self.assertEqual(figures["wait_median:avg"], 120)
        self.assertEqual(figures["wait_seconds:avg"], 603 * 60 / 3)
        self.assertAlmostEqual(figures["fast_share:avg"], 2 / 3)

    def test_median_of_all_is_not_the_average_of_medians(self):
        for minutes in (1, 2, 3):
            self._answered(minutes)
        self._answered(100, channel="email")
        report = self.env["crm.response.report"].with_user(self.analyst)
        groups = report.formatted_read_group(
            [("team_id", "=", self.north.id)], ["channel_id"], ["wait_median:avg"]
        )
        self.assertEqual(sorted(g["wait_median:avg"] for g in groups), [120, 6000])
        self.assertEqual(self._figures()["wait_median:avg"], 150)

    def test_what_counts(self):
        self._answered(1)
        self._answered(1, is_automatic=True)
        self._answered(1, direction="out")
        self._answered(1, channel="ad")
        self._make_interaction("missed", team_id=self.north.id)
        closed = TIME_ZERO + timedelta(minutes=1)
        self._make_interaction(
            "spam", team_id=self.north.id, ended_at=closed, outcome="cancelled"
        )
        figures = self._figures()
        counts = [figures[measure] for measure in MEASURES[:4]]
        self.assertEqual(counts, [5, 2, 1, 1])
        self.assertEqual(
            figures["wait_seconds:avg"], 60, "who was not answered is no 0"
        )

    def test_a_customer_of_the_last_hour_is_not_late_yet(self):
        self._answered(1)
        self._make_interaction("waits", team_id=self.north.id)
        with freeze_time(TIME_ZERO + timedelta(minutes=59)):
            self.assertEqual(self._figures()["fast_share:avg"], 1.0)
        with freeze_time(TIME_ZERO + timedelta(minutes=61)):
            self.assertEqual(self._figures()["fast_share:avg"], 0.5)

    def test_own_team_all(self):
        self._answered(1, user_id=self.olena.id, owner_id=self.olena.id)
        self._answered(1, user_id=self.ivan.id, owner_id=self.ivan.id)
        seen = {
            user.login: self._figures(user)["contact_count:sum"] or 0
            for user in self.olena
            | self.head
            | self.south_head
            | self.manager
            | self.analyst
        }
        self.assertEqual(
            seen,
            {
                "rel_olena": 1,
                "rel_head": 2,
                "rel_south_head": 0,
                "rel_manager": 2,
                "rel_analyst": 2,
            },
        )
        with self.assertRaises(AccessError):
            self._figures(self.accountant)

    def test_another_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._answered(1, company_id=other.id)
        self.assertFalse(self._figures()["contact_count:sum"])

    def test_an_analyst_reads_figures_but_not_the_ledger(self):
        row = self._answered(1)
        with self.assertRaises(AccessError):
            row.with_user(self.analyst).read(["subject"])
        with self.assertRaises(AccessError):
            self.env["crm.response.report"].with_user(self.analyst).browse(
                row.id
            ).unlink()
