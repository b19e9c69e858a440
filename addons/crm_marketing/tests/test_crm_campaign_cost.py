from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .campaign_common import CampaignCommon, day


@tagged("post_install", "-at_install")
class TestCampaignCost(CampaignCommon):
    def test_a_budget_brings_an_account_on_our_plan(self):
        plan = self.env.ref("crm_marketing.analytic_plan_marketing")
        self.assertEqual(self.account.plan_id, plan)
        self.assertEqual(self.account.name, "Spring tyres")
        self.assertEqual(self.account.crm_campaign_id, self.campaign)
        self.campaign.title = "Spring wheels"
        self.assertEqual(self.account.name, "Spring wheels")
        second = self.env["utm.campaign"].create({"title": "Free"})
        self.assertFalse(second.crm_account_id)
        second.with_user(self.marketer).action_crm_open_account()
        self.assertEqual(second.crm_account_id.plan_id, plan)

    def test_bills_are_the_cost(self):
        self._bill(day(5), 1000, percent=40)
        self._bill(day(6), 500)
        self._bill(day(7), 100, move_type="in_refund")
        draft = self._bill(day(8), 5000)
        draft.button_draft()
        self.assertEqual(self._cost(), (800, 800, 0, 0))

    def test_what_is_no_expense_is_no_cost(self):
        asset = self._account("asset_current")
        bill = self._bill(day(5), 1000)
        bill.button_draft()
        bill.invoice_line_ids.account_id = asset
        bill.action_post()
        self.assertEqual(self._cost(), (0, 0, 0, 0))

    def test_ad_spend_counts_until_a_bill_comes(self):
        """Bill 100 over spend 10 + 20 + 30: 16.67, 33.33, 50 and not a cent more."""
        self._take_in((day(1), "A", 5, 10), (day(2), "A", 6, 20), (day(2), "B", 7, 30))
        self._take_in((day(1, 4), "A", 1, 7))
        self.assertEqual(self._cost(), (67, 0, 67, 67))
        self._bill(day(31), 100)
        self.assertEqual(self._cost(), (107, 100, 67, 7))
        rows = self.costs.search(
            [("campaign_id", "=", self.campaign.id), ("kind", "=", "shared")],
            order="date, id",
        )
        self.assertEqual(rows.mapped("bill_amount"), [16.67, 33.33, 50])
        self.assertEqual(rows.mapped("content"), ["A", "A", "B"])
        self.assertEqual(sum(rows.mapped("difference_amount")), 40)
        self.assertEqual(sum(rows.mapped("click_count")), 18)

    def test_a_bill_in_another_currency_counts_by_the_ledger(self):
        dollar = self._other_currency()
        self._bill(day(5), 100, currency_id=dollar.id)
        self.assertEqual(self._cost(), (200, 200, 0, 0))

    def _other_currency(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": "2026-01-01", "rate": 0.5,
             "company_id": self.company.id}
        )  # fmt: skip
        return other

    def test_another_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        campaigns = self.campaign.with_company(other)
        self.assertFalse(campaigns.crm_budget_amount)
        campaigns.with_context(allowed_company_ids=[other.id]).crm_budget_amount = 9
        self.assertEqual(
            self.campaign.with_user(self.marketer).crm_budget_amount, 50000
        )
        rows = self.env["crm.campaign.budget"].with_user(self.marketer).search([])
        self.assertEqual(rows.company_id, self.company)
        self._take_in((day(1), "A", 5, 10), company=other)
        self.assertEqual(self._cost(), (0, 0, 0, 0))

    def test_as_of_leaves_late_bills_out(self):
        self._take_in((day(1), "A", 5, 10), now=datetime(2026, 3, 2, 9))
        bill = self._bill(day(5), 100)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_analytic_line SET create_date = '2026-05-04 10:00' "
            "WHERE move_line_id = ANY(%s)",
            [bill.line_ids.ids],
        )
        self.assertEqual(self._cost(), (100, 100, 10, 0))
        self.assertEqual(self._cost(as_of="2026-04-30"), (10, 0, 10, 10))
        self.assertEqual(self._cost(as_of="2026-03-01"), (0, 0, 0, 0))
        self.assertEqual(self._cost(as_of="2026-05-04"), (100, 100, 10, 0))

    def test_other_entries_count_only_where_the_company_says_so(self):
        expense, other = self._account("expense"), self._account("asset_current")
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day(9),
                "line_ids": [
                    Command.create(
                        {"account_id": expense.id, "debit": 300,
                         "analytic_distribution": {str(self.account.id): 100}}
                    ),
                    Command.create({"account_id": other.id, "credit": 300}),
                ],
            }
        )  # fmt: skip
        move.action_post()
        self.assertEqual(self._cost(), (0, 0, 0, 0))
        self.company.crm_campaign_other_costs = True
        self.assertEqual(self._cost(), (300, 300, 0, 0))

    def test_from_campaign_to_bill_and_back(self):
        bill = self._bill(day(5), 100)
        accountant = self.accountant
        action = self.campaign.with_user(accountant).action_crm_open_bills()
        found = self.env["account.move"].with_user(accountant).search(action["domain"])
        self.assertEqual(found, bill)
        mine = bill.with_user(accountant)
        self.assertEqual(mine.crm_campaign_count, 1)
        self.assertEqual(mine.action_crm_open_campaigns()["res_id"], self.campaign.id)
        row = self.costs.with_user(accountant).search(
            [("campaign_id", "=", self.campaign.id)]
        )
        self.assertEqual(row.action_open_document()["res_id"], bill.id)
        with self.assertRaises(AccessError):
            row.with_user(self.marketer).action_open_document()

    def test_bills_on_the_plan_without_a_campaign(self):
        plan = self.env.ref("crm_marketing.analytic_plan_marketing")
        stray = self.env["account.analytic.account"].create(
            {"name": "Stray", "plan_id": plan.id}
        )
        self._bill(day(5), 70, account=stray)
        self._bill(day(5), 100)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_campaign_cost_action_lost"
        )
        rows = self.costs.with_user(self.accountant).search(
            [("campaign_id", "=", False), ("company_id", "=", self.company.id)]
        )
        self.assertIn("('campaign_id', '=', False)", action["domain"])
        self.assertEqual(rows.mapped("bill_amount"), [70])
        self.assertEqual(rows.account_id, stray)

    def test_money_is_not_everybodys(self):
        """The host lets every employee edit campaigns; their money it does not."""
        mine = self.campaign.with_user(self.olena)
        mine.title = "Renamed"
        self.assertEqual(self.account.name, "Renamed")
        with self.assertRaises(AccessError):
            mine.crm_budget_amount = 1
        with self.assertRaises(AccessError):
            mine.read(["crm_budget_amount"])
        for model in ("crm.campaign.budget", "crm.campaign.cost", "crm.ad.spend"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.olena).search([])
        for user in (self.marketer, self.accountant, self.director):
            self.assertEqual(self.campaign.with_user(user).crm_budget_amount, 50000)
        self.campaign.with_user(self.marketer).crm_budget_amount = 60000
        self.assertEqual(self.campaign.crm_budget_amount, 60000)
        with self.assertRaises(AccessError):
            self.env["crm.campaign.cost"].with_user(self.accountant).create({})

    def test_a_campaign_that_cost_something_stays(self):
        free = self.env["utm.campaign"].create(
            {"title": "Nothing spent", "crm_budget_amount": 5}
        )
        account = free.crm_account_id
        free.unlink()
        self.assertFalse(account.exists(), "an empty account goes with its campaign")
        self._bill(day(5), 100)
        with self.assertRaises(UserError):
            self.campaign.unlink()

    def test_the_form_opens_for_everybody(self):
        for user in (self.olena, self.marketer, self.accountant):
            form = Form(self.campaign.with_user(user))
            form.crm_date_start = "2026-03-01"
            form.save()
        self.assertEqual(self.campaign.crm_date_start, day(1))
