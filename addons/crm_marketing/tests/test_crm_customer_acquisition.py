from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.crm_relations.tests.money_common import FEBRUARY, MARCH, TODAY

from .campaign_common import CampaignCommon, day


@tagged("post_install", "-at_install")
class TestCustomerAcquisition(CampaignCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._make_customer("Berizka LLC")
        cls.third = cls._make_customer("Sosna LLC")
        cls.won = cls.env["crm.customer.acquisition"]

    def _costs(self):
        """{customer: his acquisition cost}, of the months and of the rows: the same."""
        self._work_out()
        months = dict(
            self.months._read_group(
                [("acquisition_cost", "!=", 0)],
                ["customer_id"],
                ["acquisition_cost:sum"],
            )
        )
        rows = {
            row.customer_id: row.amount
            for row in self.won.search([("amount", "!=", 0)])
        }
        self.assertEqual(months, rows)
        return months

    def test_the_cost_is_divided_among_first_customers(self):
        campaign = {"campaign_id": self.campaign.id}
        self._bill(day(1), 100)
        self._make_invoice(day(3), 500, **campaign)
        self._make_invoice(day(4), 500, partner=self.second, **campaign)
        self._make_invoice(day(5), 500, **campaign)  # he is a customer already
        self.assertEqual(self._costs(), {self.customer: 50, self.second: 50})
        self._make_invoice(day(5), 10, partner=self.third, **campaign)
        self.assertEqual(
            self._costs(), {self.customer: 33.33, self.second: 33.34, self.third: 33.33}
        )
        month = self._month(MARCH)
        self.assertEqual(month.profit, month.margin - 33.33)
        self.assert_full_build_is_the_same()

    def test_late_bills_and_imports_change_it(self):
        self._make_invoice(day(3), 500, campaign_id=self.campaign.id)
        self.assertEqual(self._costs(), {})
        taken = self._take_in((day(1), "A", 5, 80))
        self.assertEqual(self._costs(), {self.customer: 80})
        bill = self._bill(day(30), 90)
        self.assertEqual(self._costs(), {self.customer: 90})
        bill.button_draft()
        self.assertEqual(self._costs(), {self.customer: 80})
        taken.action_undo()
        self.assertEqual(self._costs(), {})
        self.assert_full_build_is_the_same()

    def test_an_earlier_invoice_moves_it(self):
        self._bill(day(1), 100)
        self._make_invoice(day(3), 500, campaign_id=self.campaign.id)
        self._work_out()
        early = self._make_invoice(day(3, 2), 5)
        self.assertEqual(self._costs(), {}, "nobody's campaign won him")
        early.campaign_id = self.campaign
        self.assertEqual(self._costs(), {self.customer: 100})
        self.assertEqual(self._month(FEBRUARY).acquisition_cost, 100)
        self.assertEqual(self._month(MARCH).acquisition_cost, 0)
        early.button_draft()
        self._work_out()
        self.assertEqual(self._month(MARCH).acquisition_cost, 100)
        self.assert_full_build_is_the_same()

    def test_a_second_customer_takes_half(self):
        other = self.env["utm.campaign"].create(
            {"title": "Other", "crm_budget_amount": 10}
        )
        self._bill(day(1), 100)
        self._bill(day(1), 60, account=other.crm_account_id)
        invoice = self._make_invoice(day(3), 500, campaign_id=self.campaign.id)
        self._make_invoice(day(4), 5, partner=self.second, campaign_id=other.id)
        self.assertEqual(self._costs(), {self.customer: 100, self.second: 60})
        invoice.campaign_id = other
        self.assertEqual(self._costs(), {self.customer: 30, self.second: 30})

    def test_the_winning_touch_by_the_chosen_model(self):
        """Two touches before the invoice, which itself names the last: the first wins."""
        first = self.env["utm.campaign"].create(
            {"title": "First", "crm_budget_amount": 10}
        )
        self._bill(day(1), 60, account=first.crm_account_id)
        self._bill(day(1), 100)
        for key, campaign in (("1", first), ("2", self.campaign)):
            self._make_interaction(
                key, "ad", partner_id=self.customer.id, touch_kind="visit",
                is_automatic=True, campaign_id=campaign.id,
                started_at=datetime(2026, 3, int(key)),
            )  # fmt: skip
        invoice = self._make_invoice(day(3), 500, campaign_id=self.campaign.id)
        credits = self.env["crm.attribution.line"]
        credits._pass(datetime(2026, 3, 20))
        self.assertEqual(self._costs(), {self.customer: 100}, "the document's own")
        model = self.env.ref("crm_marketing.crm_attribution_model_first")
        self.company.crm_attribution_model_ids = model
        self.company.crm_acquisition_model_id = model
        credits._pass(datetime(2026, 3, 20))
        self.assertEqual(self._costs(), {self.customer: 60})
        self.assert_full_build_is_the_same()
        # an earlier touch comes to light: nobody's campaign
        self._make_interaction(
            "0", "ad", partner_id=self.customer.id, touch_kind="visit",
            is_automatic=True, started_at=datetime(2026, 2, 27),
        )  # fmt: skip
        credits._pass(datetime(2026, 3, 21))
        self.assertEqual(self._costs(), {})
        self.assertFalse(self.won.search([("move_id", "=", invoice.id)]).campaign_id)
        self.company.crm_acquisition_model_id = False
        self.assertEqual(self._costs(), {self.customer: 100})

    def test_merged_customers_are_won_once(self):
        self._bill(day(1), 100)
        self._make_invoice(day(3), 500, campaign_id=self.campaign.id)
        self._make_invoice(day(4), 5, partner=self.second, campaign_id=self.campaign.id)
        self._work_out()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.second).ids, self.second)
        self.assertEqual(self._costs(), {self.second: 100})
        self.assertEqual(self.won.search([("campaign_id", "!=", False)]).date, day(3))
        self.assert_full_build_is_the_same()

    def test_the_night_finds_what_sql_changed(self):
        self._bill(day(1), 100)
        self._make_invoice(day(3), 500, campaign_id=self.campaign.id)
        self._work_out()
        self.env.cr.execute("UPDATE crm_customer_acquisition SET amount = 7")
        self.env.invalidate_all()
        self.months._nightly(self.env.cr.now(), day(20))
        self.assertEqual(self._costs(), {self.customer: 100})

    def test_companies_are_apart(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._take_in((day(1), "A", 5, 80), company=other)
        self._make_invoice(day(3), 500, campaign_id=self.campaign.id)
        self.assertEqual(self._costs(), {})

    def test_what_he_cost_is_on_his_card(self):
        self._bill(day(1, 2), 100)
        self._make_invoice(day(3, 2), 500, campaign_id=self.campaign.id)
        self._work_out()
        self.env.ref("crm_relations.group_see_margin").user_ids |= (
            self.olena | self.ivan
        )
        self.assertEqual(
            self._worth(self.olena)["won"],
            {"amount": 100, "since": "2026-02-03", "campaign": "Spring tyres"},
        )
        self.assertFalse(self._worth(self.ivan), "another's customer")
        action = (
            self.env["crm.card.head"]
            .with_user(self.director)
            .open_bar(self.customer.id, "acquisition_cost", "2026-01-01", "2026-12-31")
        )
        self.assertEqual(action["res_model"], "crm.customer.acquisition")

    @freeze_time(TODAY)
    def _worth(self, user):
        timeline = self.env["crm.timeline"].with_user(user)
        return timeline.load_card(self.customer.id)["head"]["worth"]

    def test_who_reads_it(self):
        self._make_invoice(day(3), 500, campaign_id=self.campaign.id)
        self._work_out()
        for user in (self.marketer, self.accountant, self.director):
            self.assertTrue(self.won.with_user(user).search([]))
        with self.assertRaises(AccessError):
            self.won.with_user(self.olena).search([])
        with self.assertRaises(AccessError):
            self.won.with_user(self.accountant).search([]).write({"amount": 1})
