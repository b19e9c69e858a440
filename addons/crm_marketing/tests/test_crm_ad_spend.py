import io
from datetime import datetime

from openpyxl import Workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .campaign_common import CampaignCommon, day

FILE = """Campaign report
Day,Campaign,Ad,Impr.,Clicks,Cost
2026-03-01,Spring tyres,Red,100,10,12.50
2026-03-01,spring TYRES,Red,50,5,2.50
2026-03-02,Spring tyres,Blue,70,7,"1,000.00"
Total,,,220,22,"1,015.00"
"""


@tagged("post_install", "-at_install")
class TestAdSpend(CampaignCommon):
    def setUp(self):
        super().setUp()
        self.spends = self.env["crm.ad.spend"].with_user(self.marketer)
        self.imports = self.env["crm.ad.spend.import"].with_user(self.marketer)

    def _figures(self):
        """{ad: (clicks, amount)} of what counts."""
        return {
            row.content: (row.click_count, row.amount)
            for row in self.spends.search(
                [("campaign_id", "=", self.campaign.id), ("is_void", "=", False)]
            )
        }

    def test_a_file_is_read_by_the_names_of_its_columns(self):
        load = self._load(FILE, source_id=self.source.id, service="Google Ads")
        self.assertEqual(
            {column.name: column.target for column in load.column_ids},
            {"Day": "day", "Campaign": "campaign", "Ad": "ad", "Impr.": "impressions",
             "Clicks": "clicks", "Cost": "amount"},
        )  # fmt: skip
        self.assertTrue(load.is_ready)
        self.assertIn("2 new days of ads", load.preview)
        load.action_import()
        self.assertEqual(self._figures(), {"Red": (15, 15), "Blue": (7, 1000)})
        spend = self.spends.search([("content", "=", "Red")])
        self.assertEqual((spend.day, spend.impression_count), (day(1), 150))
        self.assertEqual(spend.source_id, self.source)

    def test_the_same_file_twice_changes_nothing(self):
        self._load(FILE).action_import()
        again = self._load(FILE)
        self.assertIn("2 unchanged", again.preview)
        answer = again.action_import()
        self.assertEqual(answer["tag"], "display_notification")
        self.assertEqual(self.imports.search_count([("name", "=", "ads.csv")]), 1)
        self.assertEqual(self.env["crm.ad.spend.revision"].search_count([]), 2)

    def test_a_changed_figure_corrects_and_keeps_its_history(self):
        self._load(FILE).action_import()
        load = self._load(FILE.replace("1,000.00", "900"))
        self.assertIn("1 corrected", load.preview)
        load.action_import()
        self.assertEqual(self._figures()["Blue"], (7, 900))
        blue = self.spends.search([("content", "=", "Blue")])
        self.assertEqual(blue.revision_ids.mapped("amount"), [900, 1000])
        taken = self.imports.search([], limit=1)
        self.assertEqual((taken.changed_count, taken.same_count), (1, 1))

    def test_the_reading_is_remembered(self):
        odd = "When;What;How much\n01.03.2026;Red;5,5\n"
        load = self._load(odd, service="Local paper", campaign_id=self.campaign.id)
        self.assertFalse(load.is_ready)
        for column, target in zip(
            load.column_ids, ("day", "ad", "amount"), strict=True
        ):
            column.target = target
        self.assertTrue(load.is_ready, load.preview)
        load.action_import()
        again = self._load(odd.replace("01.03", "02.03"))
        self.assertEqual(again.mapping_id.name, "Local paper")
        self.assertEqual(again.campaign_id, self.campaign)
        self.assertTrue(again.is_ready, again.preview)

    def test_errors_by_line_and_column_and_nothing_written(self):
        wrong = (
            "Day,Campaign,Cost\n2026-03-01,Spring tyres,5\n2026-13-01,Spring tyres,5\n"
            "2026-03-02,Spring tyres,five\n"
        )
        load = self._load(wrong)
        self.assertFalse(load.is_ready)
        self.assertIn("Line 3, column Day: “2026-13-01” cannot be read.", load.preview)
        self.assertIn("Line 4, column Cost: “five” cannot be read.", load.preview)
        with self.assertRaises(UserError):
            load.action_import()
        unknown = self._load("Day,Campaign,Cost\n2026-03-01,Sprung tyres,5\n")
        self.assertIn("Line 2, column Campaign", unknown.preview)
        self.assertFalse(self._figures())

    def test_unknown_campaigns_are_added_when_asked(self):
        load = self._load(
            "Day,Campaign,Cost\n2026-03-01,Autumn Tyres,5\n", add_campaigns=True
        )
        self.assertTrue(load.is_ready, load.preview)
        load.action_import()
        made = self.env["utm.campaign"].search([("title", "=", "Autumn Tyres")])
        self.assertEqual(self._cost(made), (5, 0, 5, 5))

    def test_a_spreadsheet(self):
        book = Workbook()
        book.active.append(["Дата", "Кампания", "Расход", "Клики"])
        book.active.append([datetime(2026, 3, 1), "Spring tyres", 12.34, 3])
        buffer = io.BytesIO()
        book.save(buffer)
        self._load(buffer.getvalue(), name="ads.xlsx").action_import()
        self.assertEqual(self._figures(), {"": (3, 12.34)})
        with self.assertRaises(UserError):
            self._load(b"PK nonsense", name="ads.xlsx")

    def test_currencies_at_the_rate_of_the_day(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        for name, rate in (("2026-03-01", 0.5), ("2026-03-02", 0.25)):
            self.env["res.currency.rate"].create(
                {"currency_id": other.id, "name": name, "rate": rate,
                 "company_id": self.company.id}
            )  # fmt: skip
        head = "Day,Campaign,Ad,Cost,Currency\n"
        self._load(
            head
            + "2026-03-01,Spring tyres,A,10,XTS\n2026-03-05,Spring tyres,B,10,XTS\n"
        ).action_import()
        rows = self.spends.search([], order="day")
        self.assertEqual(rows.mapped("company_amount"), [20, 40])
        self.assertEqual(rows.mapped("amount"), [10, 10])
        early = self._load(head + "2026-02-28,Spring tyres,A,10,XTS\n")
        self.assertIn("Line 2: there is no rate of XTS", early.preview)
        strange = self._load(head + "2026-03-28,Spring tyres,A,10,QQQ\n")
        self.assertIn("Line 2, column Currency", strange.preview)

    def test_undo_gives_back_what_was_there(self):
        first = self._take_in((day(1), "A", 1, 10), (day(1), "B", 2, 20))
        second = self._take_in((day(1), "A", 3, 30), (day(1), "C", 4, 40))
        third = self._take_in((day(1), "C", 5, 50))
        second.with_user(self.marketer).action_undo()
        self.assertEqual(self._figures(), {"A": (1, 10), "B": (2, 20), "C": (5, 50)})
        with self.assertRaises(UserError):
            second.with_user(self.marketer).action_undo()
        third.with_user(self.marketer).action_undo()
        self.assertEqual(self._figures(), {"A": (1, 10), "B": (2, 20)})
        self.assertEqual(self._cost(), (30, 0, 30, 30))
        # what was taken back may come again
        again = self._take_in((day(1), "C", 5, 50))
        self.assertEqual((again.new_count, again.changed_count), (0, 1))
        first.with_user(self.marketer).action_undo()
        self.assertEqual(self._figures(), {"C": (5, 50)})

    def test_who_may_import(self):
        with self.assertRaises(AccessError):
            self._load(FILE, user=self.olena)
        with self.assertRaises(AccessError):
            self._load(FILE, user=self.accountant)
        taken = self._take_in((day(1), "A", 1, 10))
        with self.assertRaises(AccessError):
            taken.with_user(self.accountant).action_undo()
        with self.assertRaises(AccessError):
            self.spends.search([], limit=1).write({"amount": 1})
        with self.assertRaises(AccessError):
            self.imports.create({"name": "x"})

    def test_another_companys_spend_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        taken = self._take_in((day(1), "A", 1, 10), company=other)
        self.assertFalse(self.spends.search([]))
        self.assertFalse(self.imports.search([]))
        with self.assertRaises(AccessError):
            taken.with_user(self.marketer).action_undo()

    def test_many_lines_cost_few_queries(self):
        def content(days):
            lines = [f"2026-03-{number:02},Spring tyres,Ad,1" for number in days]
            return "\n".join(["Day,Campaign,Ad,Cost", *lines, ""])

        self._load(content(range(1, 3))).action_import()
        few, many = self._load(content(range(3, 5))), self._load(content(range(5, 29)))
        counts = []
        for load in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            load.action_import()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)
