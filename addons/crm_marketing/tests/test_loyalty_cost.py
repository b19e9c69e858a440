from odoo import fields
from odoo.tests import tagged

from .loyalty_common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLoyaltyCost(LoyaltyCommon):
    def _cost(self):
        today = fields.Date.today()
        self.env.flush_all()
        self._work_out(today)
        return self._month(today.replace(day=1)).loyalty_cost

    def _owed(self, user=None):
        self.env.flush_all()
        rows = self.env["crm.loyalty.balance"].with_user(user or self.accountant)
        rows.invalidate_model()
        return sum(rows.search([("card_id", "=", self.card.id)]).mapped("liability"))

    def test_points_cost_until_they_are_spent(self):
        self.program.crm_point_value = 0.05
        self._make_invoice(fields.Date.today(), 1000)
        self.card.points = 200
        self.assertEqual(self._cost(), 10)
        self.assertEqual(self._owed(), 10)
        order = self._make_order(300)
        self._claim(order)
        order.action_confirm()
        # 300 came, 100 went
        self.assertEqual(self._cost(), 20)
        self.assertEqual(self._owed(), 20)
        order._action_cancel()
        self.assertEqual(self._cost(), 10)
        month = self._month(fields.Date.today().replace(day=1))
        self.assertEqual(
            month.profit,
            month.revenue - month.cost - month.direct_cost - month.acquisition_cost
            - month.service_cost - month.loyalty_cost,
        )  # fmt: skip
        self.assert_full_build_is_the_same()

    def test_another_worth_works_the_months_out_anew(self):
        self.card.points = 200
        self.assertFalse(self._cost())
        self.program.crm_point_value = 0.1
        self.assertEqual(self._cost(), 20)
        self.program.crm_point_value = 0
        self.assertFalse(self._cost())

    def test_points_go_with_their_card_and_a_deleted_card_leaves_nothing(self):
        self.program.crm_point_value = 0.1
        self.card.points = 200
        self.assertEqual(self._cost(), 20)
        other = self._make_customer("Other")
        self.card.partner_id = other
        self.assertFalse(self._cost())
        month = fields.Date.today().replace(day=1)
        self.assertEqual(self._month(month, customer=other).loyalty_cost, 20)
        self.card.unlink()
        self._work_out(fields.Date.today())
        self.assertFalse(self._month(month, customer=other).loyalty_cost)
        self.assert_full_build_is_the_same()

    def test_the_report_of_outstanding_points_says_what_they_are_worth(self):
        action = self.env.ref("crm_marketing.crm_loyalty_liability_action")
        rows = self.env["crm.loyalty.balance"].with_user(self.accountant)
        views = rows.get_views(action.views)["views"]
        for kind in ("list", "kanban", "pivot"):
            self.assertIn('name="liability"', views[kind]["arch"], kind)
