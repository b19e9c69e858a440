"""Triggers of goods, documents and firms.

Deliveries and ratings are skipped where their modules are not.
"""

from datetime import date, datetime, timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .scenario_common import DAY, HOUR, LETTER, START, ScenarioCommon

TODAY = START.date()


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

    def test_a_rating_belongs_to_one_company(self):
        self._need("rating.rating")
        other = self.env["res.company"].create({"name": "Other"})
        values = {"trigger": "rating", "rating_below": 2, "start": self.start}
        ours = self._make_scenario(**values)
        theirs = self._make_scenario(company_id=other.id, **values)
        orders = self.env["sale.order"].create(
            [{"partner_id": self.vera.id, "company_id": company.id}
             for company in (self.company, other)]
        )  # fmt: skip
        model = self.env["ir.model"]._get_id("sale.order")
        ratings = self.env["rating.rating"].create(
            [{"res_model_id": model, "res_id": order.id, "partner_id": self.vera.id,
              "rating": 1, "consumed": True} for order in orders]
        )  # fmt: skip
        self._people(ours)
        self.assertEqual(self._runs_of(ours).occurrence, f"rating:{ratings[0].id}")
        self.assertEqual(self._runs_of(theirs).occurrence, f"rating:{ratings[1].id}")

    # ------------------------------------------------------------ who and what about

    def test_a_warranty_is_about_the_day_it_ends(self):
        scenario = self._make_scenario(
            {**LETTER, "body": "<p>{thing}: {date}</p>"},
            trigger="asset_since", offset_months=24, offset_days=-14,
        )  # fmt: skip
        car = self._due(self.vera, date(2027, 1, 1))
        car.acquired_date = date(2024, 3, 17)
        self._due(self.petya, date(2027, 1, 1)).acquired_date = date(2024, 3, 20)
        self._pass(START + DAY)
        self.assertEqual(self._runs_of(scenario).partner_id, self.vera)
        self.assertIn("Golf: 03/17/2026", self._letters(self.vera).body_html)

    def test_a_birthday_is_told_by_its_own_day_and_a_moment_by_her_clock(self):
        letter = {**LETTER, "body": "<p>{date}</p>"}
        scenario = self._make_scenario(letter, trigger="birthday", offset_days=-14)
        self.vera.crm_birthday = "--03-17"
        self._pass(START + DAY)
        self.assertIn("03/17/2026", self._letters(self.vera).body_html)
        run = self._runs_of(scenario)
        scenario.action_stop()
        scenario.trigger = "delivery" if "stock.picking" in self.env else "segment_in"
        run.write({"occurred_on": False, "occurred_at": datetime(2026, 3, 2, 23)})
        self.assertEqual(
            run._get_told_day(), date(2026, 3, 3), "it is one o'clock there"
        )

    def test_new_arrivals_below_a_category_once_a_week(self):
        categories = self.env["product.category"]
        tyres = categories.create({"name": "Tyres"})
        winter, summer, oil = categories.create(
            [{"name": "Winter", "parent_id": tyres.id},
             {"name": "Summer", "parent_id": tyres.id}, {"name": "Oil"}]
        )  # fmt: skip
        old = [("Old winter", winter, self.vera), ("Old oil", oil, self.petya)]
        for name, category, buyer in old:
            product = self.env["product.product"].create(
                {"name": name, "categ_id": category.id}
            )
            line = {"product_id": product.id, "price_unit": 100}
            self._make_invoice(self.now.date(), line, partner=buyer)
        by_tyres = self._make_scenario(
            trigger="arrivals", categ_ids=[Command.link(tyres.id)], start=self.start
        )
        by_any = self._make_scenario(trigger="arrivals", start=self.start)
        new = self.env["product.template"].create(
            [{"name": "New summer", "categ_id": summer.id},
             {"name": "New tyre", "categ_id": tyres.id},
             {"name": "New winter", "categ_id": winter.id}]
        )  # fmt: skip
        # the old ones are older than the scenarios
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE product_template SET create_date = %s WHERE id <> ALL(%s)",
            [self.now - 30 * DAY, new.ids],
        )
        self.assertEqual(self._people(by_tyres), self.vera)
        run = self._runs_of(by_tyres)
        self.assertEqual((len(run), run.res_id), (1, new[0].id))
        # of any category: her own, and what is new right above it is not below
        self.assertEqual(self._runs_of(by_any).partner_id, self.vera)
        self.assertEqual(len(self._runs_of(by_any)), 1)

    def test_a_quotation_left_and_one_that_a_colleague_answered(self):
        scenario = self._make_scenario(
            LETTER, {**LETTER, "wait_days": 2}, trigger="quotation", quotation_days=3
        )
        self.clerk.email = "clerk@example.com"
        quotes = self.env["sale.order"].create(
            [{"partner_id": partner.id} for partner in (self.vera, self.clerk)]
        )
        quotes.write({"state": "sent"})
        quotes.write({"crm_sent_at": START})
        self._make_interaction(
            "answer", "call", partner_id=self.firm.id, direction="in",
            started_at=START + DAY,
        )  # fmt: skip
        self._pass(START + 2 * DAY)
        self.assertFalse(self._runs_of(scenario), "not yet")
        self._pass(START + 3 * DAY)
        self.assertEqual(self._runs_of(scenario).partner_id, self.vera)
        self.assertEqual(self._runs_of(scenario)._get_told_day(), TODAY)
        quotes[0]._action_cancel()
        self._pass(START + 5 * DAY)
        self.assertEqual(
            [row[2:] for row in self._told(scenario)],
            [("sent", ""), ("skipped", "over")],
        )
        self.assertEqual(self._runs_of(scenario).state, "over")

    def test_a_class_that_falls_is_told_to_who_bought_last(self):
        falls, rises = (
            self._make_scenario(trigger="class_change", class_direction=way)
            for way in ("down", "up")
        )
        buyers = self.env["res.partner"].create(
            [{"name": name, "parent_id": self.firm.id, "email": f"{name}@example.com"}
             for name in ("ann", "bob")]
        )  # fmt: skip
        for day, buyer in enumerate(buyers):
            self._make_invoice(TODAY - (9 - day) * DAY, 100, partner=buyer)
        self.env["crm.customer.class.log"].create(
            [{"customer_id": customer.id, "company_id": self.company.id,
              "date": TODAY + DAY, "old_class": old, "new_class": new}
             for customer, old, new in (
                 (self.firm, "A", "B"), (self.vera, "B", "A"), (self.petya, False, "A"))]
        )  # fmt: skip
        self._pass(START + DAY)
        self.assertEqual(self._runs_of(falls).partner_id, buyers[1])
        self.assertEqual(self._runs_of(rises).partner_id, self.vera)
        # another one of them buys: it was told already
        self._make_invoice(TODAY + DAY, 100, partner=buyers[0])
        self._pass(START + DAY + HOUR)
        self.assertEqual(len(self._runs_of(falls)), 1)
