"""Triggers that other modules bring: a delivery, a bad rating. Skipped without them."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .scenario_common import LETTER, ScenarioCommon


@tagged("post_install", "-at_install")
class TestCrmScenarioGlue(ScenarioCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.start = cls.now - timedelta(hours=1)

    def _need(self, model):
        if model not in self.env:
            self.skipTest(f"no {model} here")

    def _people(self, scenario):
        self._pass(self.now + timedelta(minutes=5))
        return self._runs_of(scenario).partner_id

    def test_goods_that_were_delivered(self):
        self._need("stock.picking")
        scenario = self._make_scenario(LETTER, trigger="delivery", start=self.start)
        goods = self.env["product.product"].create(
            {"name": "Tyre", "type": "consu", "is_storable": False}
        )
        orders = self.env["sale.order"].create(
            [
                {"partner_id": partner.id,
                 "order_line": [Command.create({"product_id": goods.id})]}
                for partner in (self.vera, self.petya)
            ]
        )  # fmt: skip
        orders.action_confirm()
        self.assertFalse(self._people(scenario), "nothing has left the house")
        picking = orders[0].picking_ids
        picking.move_ids.write({"quantity": 1, "picked": True})
        picking._action_done()
        self.assertEqual(picking.state, "done")
        self.assertEqual(self._people(scenario), self.vera)
        self._people(scenario)
        self.assertEqual(len(self._runs_of(scenario)), 1, "once for a delivery")

    def test_who_ordered_hears_of_goods_that_went_to_an_address(self):
        self._need("stock.picking")
        scenario = self._make_scenario(LETTER, trigger="delivery", start=self.start)
        door = self.env["res.partner"].create(
            {"name": "Back door", "type": "delivery", "parent_id": self.firm.id}
        )
        goods = self.env["product.product"].create({"name": "Tyre", "type": "consu"})
        order = self.env["sale.order"].create(
            {"partner_id": self.vera.id, "partner_shipping_id": door.id,
             "order_line": [Command.create({"product_id": goods.id})]}
        )  # fmt: skip
        order.action_confirm()
        order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        order.picking_ids._action_done()
        self.assertEqual(self._people(scenario), self.vera)

    def test_an_old_rating_that_we_answer_today_starts_nobody(self):
        self._need("rating.rating")
        scenario = self._make_scenario(
            LETTER, trigger="rating", rating_below=2, start=self.start
        )
        rating = self.env["rating.rating"].create(
            {"res_model_id": self.env["ir.model"]._get_id("res.partner"),
             "res_id": self.vera.id, "partner_id": self.vera.id, "rating": 1,
             "consumed": True}
        )  # fmt: skip
        rating.rated_on = self.start - timedelta(days=30)
        self.assertFalse(self._people(scenario))

    def test_a_bad_rating_and_no_good_one(self):
        self._need("rating.rating")
        scenario = self._make_scenario(
            LETTER, trigger="rating", rating_below=2, start=self.start
        )
        model = self.env["ir.model"]._get_id("res.partner")
        self.env["rating.rating"].create(
            [
                {"res_model_id": model, "res_id": partner.id, "partner_id": partner.id,
                 "rating": stars, "consumed": consumed}
                for partner, stars, consumed in (
                    (self.vera, 1, True), (self.petya, 5, True), (self.petya, 1, False))
            ]
        )  # fmt: skip
        self.assertEqual(self._people(scenario), self.vera)
