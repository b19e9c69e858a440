from datetime import date, datetime

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from odoo.addons.crm_relations.tests.money_common import MoneyCommon

from .test_touch import MARKETER

PERIOD = ("2026-03-01", "2026-03-31")


class FunnelCommon(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = cls._make_user("rel_marketer", MARKETER, password="rel_marketer")
        cls.campaign, cls.other = cls.env["utm.campaign"].create(
            [{"name": "Spring tyres"}, {"name": "Autumn tyres"}]
        )
        mine = {"campaign_id": cls.campaign.id}
        for number in range(4):
            cls._make_interaction(
                f"click {number}", "ad", touch_kind="visit", is_automatic=True,
                started_at=datetime(2026, 3, 5), **mine,
            )  # fmt: skip
        leads = cls._make_lead(user_id=cls.olena.id, **mine)
        leads |= cls._make_lead(
            "Deal", type="opportunity", user_id=cls.olena.id, **mine
        )
        leads |= cls._make_lead("Other", campaign_id=cls.other.id)
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE crm_lead SET create_date = '2026-03-06' WHERE id = ANY(%s)",
            [leads.ids],
        )
        leads.invalidate_recordset()
        leads[1].qualification_state = "qualified"
        order = cls.env["sale.order"].create(
            {"partner_id": cls.customer.id, **mine,
             "order_line": [(0, 0, {"product_id": cls.product.id, "price_unit": 500,
                                    "tax_ids": False})]}
        )  # fmt: skip
        order.action_confirm()
        order.date_order = datetime(2026, 3, 8)
        cls.invoice = cls._make_invoice(date(2026, 3, 10), 500, **mine)
        cls._pay(cls.invoice, date(2026, 3, 12), 200)
        cls.report = cls.env["crm.campaign.report"]

    def _funnel(self, user=None, campaign=None):
        report = self.report.with_user(user or self.marketer)
        return report.get_funnel(*PERIOD, campaign.id if campaign else False)


@tagged("post_install", "-at_install")
class TestCampaignFunnel(FunnelCommon):
    def test_counts_money_and_cost(self):
        funnel = self._funnel(campaign=self.campaign)
        steps = {
            step["step"]: (step["count"], step["amount"]) for step in funnel["steps"]
        }
        self.assertEqual(
            steps,
            {
                "click": (4, None),
                "lead": (2, None),
                "qualified": (1, None),
                "deal": (1, None),
                "order": (1, 500),
                "posted": (1, 500),
                "paid": (1, 200),
            },
        )
        self.assertEqual(funnel["cost"], 0)
        names = [name for _id, name in funnel["campaigns"]]
        self.assertIn("Spring tyres", names)
        everything = self._funnel()["steps"][1]
        self.assertGreaterEqual(everything["count"], 3)

    def test_the_cost_of_one(self):
        costs = {self.campaign.id: 100.0, self.other.id: 50.0}
        campaigns = type(self.env["utm.campaign"])
        self.patch(campaigns, "_campaign_costs", lambda *args: costs)
        funnel = self._funnel(campaign=self.campaign)
        each = {step["step"]: step["cost"] for step in funnel["steps"]}
        self.assertEqual(
            (funnel["cost"], each["click"], each["lead"], each["paid"]),
            (100, 25, 50, 100),
        )
        self.assertEqual(self._funnel()["cost"], 150)

    def test_who_may_not_see_costs(self):
        self.assertIsNone(self._funnel(self.olena)["cost"])
        self.assertEqual(
            self._funnel(self.olena, self.campaign)["steps"][1]["count"], 2
        )
        self.assertEqual(
            self._funnel(self.petro, self.campaign)["steps"][1]["count"], 0
        )
        with self.assertRaises(AccessError):
            self._funnel(self.accountant)

    def test_each_step_opens_what_it_counts(self):
        funnel = self._funnel(self.manager, self.campaign)
        for step in funnel["steps"]:
            for user in (self.manager, self.marketer):
                action = self.report.with_user(user).get_funnel_action(
                    step["step"], *PERIOD, self.campaign.id
                )
                model = self.env[action["res_model"]].with_user(user)
                found = model.with_context(**action["context"]).search_count(
                    action["domain"]
                )
                self.assertEqual(found, step["count"], (step["step"], user.login))
        self.assertEqual(action["res_model"], "crm.campaign.report")

    def test_the_number_of_queries(self):
        self._funnel()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            self._funnel()


@tagged("post_install", "-at_install")
class TestCampaignFunnelTour(FunnelCommon, HttpCase):
    def test_tour(self):
        self.start_tour("/odoo/crm-campaign-funnel", "crm_campaign_funnel",
                        login="rel_marketer")  # fmt: skip
