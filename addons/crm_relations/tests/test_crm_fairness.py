"""The fairness guard: who pays more than a worse customer, and who may know whom."""

from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .money_common import TODAY, MoneyCommon

NOW = datetime(2026, 3, 20, 12, 0)


class FairnessCommon(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.standard_price = 0
        cls.other_product = cls.env["product.product"].create(
            {"name": "Reward", "type": "service", "taxes_id": False}
        )
        cls.pricelist = cls.env["product.pricelist"].create({"name": "Plain"})

    @classmethod
    def _make_order(cls, customer, price, day=date(2026, 3, 1), quantity=1, **values):
        """A confirmed order, or a quotation when there is no day."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "pricelist_id": cls.pricelist.id,
                "user_id": customer.user_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "product_uom_qty": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
                **values,
            }
        )
        if day:
            order.action_confirm()
            order.date_order = datetime.combine(day, NOW.time())
        return order

    @classmethod
    def _make_classed(cls, name, letter, company=None, **values):
        customer = cls._make_customer(name, **values)
        cls.env["crm.customer.metric"].create(
            {
                "customer_id": customer.id,
                "company_id": (company or cls.company).id,
                "crm_class": letter,
                "user_id": customer.user_id.id,
            }
        )
        return customer

    def _found(self, order, now=NOW):
        """What the guard finds about the only product."""
        verdicts = order._crm_judge(now).get(order)
        return verdicts[0]["found"] if verdicts else []


@tagged("post_install", "-at_install")
class TestStory(FairnessCommon):
    """Two friends are insured with one company."""

    def test_careful_is_warned_of_careless_shows_a_loss(self):
        careful = self._make_customer("Careful", user_id=self.olena.id)
        careless = self._make_customer("Careless", user_id=self.petro.id)
        year_ago = date(2025, 4, 10)
        for driver in (careful, careless):
            self._make_order(driver, 1000, day=year_ago)
            self._make_invoice(year_ago, 1000, partner=driver)
        claims = self._account("expense")
        self._make_entry(date(2025, 10, 5), careless, claims, 5000)
        self._work_out()
        self.metrics._classify(TODAY)
        self.assertEqual(self._metric(careful).crm_class, "A")
        self.assertEqual(self._metric(careless).crm_class, "N")
        self.assertEqual(self._metric(careless).profit_year, -4000)

        with freeze_time(NOW):
            renewal = self._make_order(careless, 1000, day=None)
            self.assertFalse(renewal.crm_unfair_text, "nobody is worse than he is")
            self.assertIn("4,000.00", renewal.crm_loss_text)
            with self.assertRaises(AccessError):
                renewal.with_user(self.petro).read(["crm_loss_text"])
            renewal.action_confirm()
            renewal.date_order = datetime(2026, 3, 19)

            offer = self._make_order(careful, 1100, day=None)
            text = offer.with_user(self.olena).crm_unfair_text
            self.assertIn("10.0 % more than last time", text)
            self.assertIn("raised by 0.0 %", text)
            self.assertNotIn("Careless", text)
            self.assertFalse(offer.crm_loss_text)
            offer.order_line.price_unit = 1000
            self.assertFalse(offer.with_user(self.olena).crm_unfair_text)


@tagged("post_install", "-at_install")
class TestCompared(FairnessCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls._make_classed("Good", "A", user_id=cls.olena.id)
        cls.worse = [
            cls._make_classed(f"Worse {n}", "C", user_id=cls.petro.id) for n in range(3)
        ]
        for customer, price in zip(cls.worse, (90, 100, 130), strict=True):
            cls._make_order(customer, price)

    def _offer(self, price, **values):
        return self._make_order(self.good, price, day=None, **values)

    def test_more_than_five_per_cent_above_the_median(self):
        self.assertEqual(self._found(self._offer(105)), [])
        self.assertEqual(self._found(self._offer(106)), ["above"])

    def test_three_customers_at_least_each_counted_once(self):
        last = self.env["sale.order"].search(
            [("partner_id", "=", self.worse[2].id)], limit=1
        )
        self._make_order(self.worse[0], 80, day=date(2026, 2, 1))  # older: not counted
        self.assertEqual(self._found(self._offer(106)), ["above"])
        last._action_cancel()
        self.assertEqual(self._found(self._offer(106)), [], "only two are left")

    def test_only_worse_classes(self):
        metrics = self.metrics.search([("customer_id", "=", self.worse[0].id)])
        metrics.crm_class = "A"
        self.assertEqual(self._found(self._offer(106)), [])
        self.metrics.search([("customer_id", "=", self.good.id)]).crm_class = "C"
        self.assertEqual(self._found(self._offer(500)), [])
        self.metrics.search([("customer_id", "=", self.good.id)]).unlink()
        self.assertEqual(self._found(self._offer(500)), [], "he has no class")

    def test_twelve_months_product_and_confirmed(self):
        later = datetime(2027, 3, 2, 12)
        self.assertEqual(self._found(self._offer(106), later), [])
        offer = self._offer(106)
        offer.order_line.product_id = self.other_product
        offer.order_line.price_unit = 106
        self.assertEqual(self._found(offer), [])

    def test_quantity_within_half(self):
        self.assertEqual(self._found(self._offer(106, quantity=2)), ["above"])
        self.assertEqual(self._found(self._offer(106, quantity=3)), [])
        dozen = self.env.ref("uom.product_uom_dozen")
        offer = self._offer(106)
        offer.order_line.write({"product_uom_id": dozen.id, "price_unit": 106 * 12})
        self.assertEqual(self._found(offer), [], "twelve are not one")

    def test_brackets_of_either_price_list_are_never_mixed(self):
        self.assertEqual(self._found(self._offer(106, quantity=2)), ["above"])
        bracket = {
            "applied_on": "1_product",
            "product_tmpl_id": self.product.product_tmpl_id.id,
            "min_quantity": 2,
            "compute_price": "fixed",
            "fixed_price": 70,
        }
        item = self.env["product.pricelist.item"].create(
            {"pricelist_id": self.pricelist.id, **bracket}
        )
        self.assertEqual(self._found(self._offer(106, quantity=2)), [])
        self.assertEqual(self._found(self._offer(106, quantity=1)), ["above"])
        base = self.env["product.pricelist"].create({"name": "Base"})
        item.pricelist_id = base
        self.assertEqual(self._found(self._offer(106, quantity=2)), ["above"])
        self.env["product.pricelist.item"].create(
            {"pricelist_id": self.pricelist.id, "applied_on": "3_global",
             "base": "pricelist", "base_pricelist_id": base.id,
             "compute_price": "formula"}
        )  # fmt: skip
        self.assertEqual(self._found(self._offer(106, quantity=2)), [])

    def test_promotions_are_not_compared_and_who_approves(self):
        orders = self.env["sale.order"].search(
            [("partner_id", "in", [customer.id for customer in self.worse])]
        )
        self.assertEqual(self._found(self._offer(106)), ["above"])
        orders.team_id = self.south
        with self.assertRaises(AccessError):
            orders.with_user(self.petro).action_crm_approve_promotion()
        with self.assertRaises(AccessError):
            orders[0].order_line.with_user(self.petro).crm_is_promotion = True
        orders[0].with_user(self.south_head).action_crm_approve_promotion()
        self.assertEqual(self._found(self._offer(106)), [], "two are left")
        orders[0].with_user(self.manager).action_crm_withdraw_promotion()
        offer = self._offer(106)
        self.assertEqual(self._found(offer), ["above"])
        offer.action_crm_approve_promotion()
        self.assertEqual(self._found(offer), [], "his own is a promotion")

    def test_net_after_rewards_and_in_the_company_currency(self):
        offer = self._offer(106)
        reward = {"product_id": self.other_product.id, "price_unit": -6}
        self.env["sale.order.line"].create({"order_id": offer.id, **reward})
        self.assertEqual(self._found(offer), [])
        for order in self.env["sale.order"].search(
            [("partner_id", "in", [customer.id for customer in self.worse])]
        ):
            order.currency_rate = 2  # 100 of that money are 50 of ours
        self.assertEqual(self._found(offer), ["above"])

    def test_other_companies_are_others(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._make_classed("Theirs", "A", company=other)
        self.metrics.create(
            {"customer_id": self.good.id, "company_id": other.id, "crm_class": "A"}
        )
        offer = (
            self.env["sale.order"]
            .with_company(other)
            .create(
                {
                    "partner_id": self.good.id,
                    "company_id": other.id,
                    "order_line": [
                        Command.create(
                            {"product_id": self.product.id, "price_unit": 500,
                             "tax_ids": [Command.clear()]}
                        )
                    ],
                }
            )
        )  # fmt: skip
        self.assertEqual(self._found(offer), [])

    def test_his_rise_against_theirs(self):
        self._make_order(self.good, 80, day=date(2025, 3, 1))
        offer = self._offer(90)
        self.assertEqual(self._found(offer), [], "nobody worse was raised or not")
        self._make_order(self.worse[0], 60, day=date(2025, 3, 1))  # + 50 %
        self.assertEqual(self._found(offer), [], "12.5 % are less than 50 %")
        self._make_order(self.worse[1], 100, day=date(2025, 3, 1))  # + 0 %
        self._make_order(self.worse[2], 130, day=date(2025, 3, 1))  # + 0 %
        self.assertEqual(self._found(offer), ["rise"])

    def test_names_only_for_who_may_read_them(self):
        offer = self._offer(106)
        with freeze_time(NOW):
            for user, is_named in ((self.olena, False), (self.manager, True)):
                wizard = (
                    self.env["crm.fairness.comparison"]
                    .with_user(user)
                    .create({"order_id": offer.id})
                )
                page = str(wizard.comparison)
                self.assertIn("Good", page)
                self.assertIn("100.00", page, "the median customer's price")
                self.assertEqual("Worse 1" in page, is_named)
                self.assertEqual("A customer of class C" in page, not is_named)
                self.assertNotIn("margin", page.lower())
        stranger = new_test_user(
            self.env,
            "fair_stranger",
            "base.group_user,sales_team.group_sale_salesman",
        )
        with self.assertRaises(AccessError):
            self.env["crm.fairness.comparison"].with_user(stranger).create(
                {"order_id": offer.id}
            ).read(["comparison"])

    def test_sending_asks_for_a_reason_and_tells_the_head(self):
        with freeze_time(NOW):
            offer = self._offer(106, team_id=self.north.id)
            mine = offer.with_user(self.olena)
            action = mine.action_quotation_send()
            self.assertEqual(action["res_model"], "crm.fairness.reason")
            wizard = (
                self.env["crm.fairness.reason"]
                .with_user(self.olena)
                .create({"order_id": offer.id, "reason": "Express delivery"})
            )
            self.assertEqual(wizard.action_send()["res_model"], "mail.compose.message")
            mine.action_quotation_sent()
            self.assertEqual(offer.crm_unfair_sent_at, NOW)
            activity = offer.activity_ids
            self.assertEqual(activity.user_id, self.head)
            self.assertIn("Express delivery", activity.note)
            self.assertIn("Express delivery", offer.message_ids[0].body)
            mine.action_confirm()
            self.assertEqual(len(offer.activity_ids), 1, "told once")

    def test_the_alarm_tells_the_head_instead(self):
        self.env.ref("crm_relations.alarm_rule_unfair").active = True
        with freeze_time(NOW):
            offer = self._offer(106, team_id=self.north.id)
            offer.with_user(self.olena).action_quotation_sent()
        self.assertTrue(offer.crm_unfair_sent_at)
        self.assertFalse(offer.activity_ids)

    def test_an_order_that_was_never_sent_is_told_too(self):
        self.env.ref("crm_relations.alarm_rule_unfair").active = True
        with freeze_time(NOW):
            offer = self._offer(106, team_id=self.north.id)
            offer.with_user(self.olena).action_confirm()
        self.assertTrue(offer.crm_unfair_sent_at)
        self.assertEqual(offer.activity_ids.user_id, self.head)

    def test_the_loss_of_a_colleagues_customer_is_not_shown(self):
        loser = self._make_classed("Loser", "N", user_id=self.petro.id)
        self.env["crm.customer.metric"].search(
            [("customer_id", "=", loser.id)]
        ).profit_year = -500
        self.env.ref("crm_relations.group_see_margin").user_ids = [
            Command.link(self.olena.id),
            Command.link(self.petro.id),
        ]
        order = self._make_order(loser, 100, day=None)
        order.user_id = self.olena
        self.env.flush_all()
        self.assertFalse(order.with_user(self.olena).crm_loss_text)
        order.user_id = self.petro
        self.env.invalidate_all()
        self.assertIn("500.00", order.with_user(self.petro).crm_loss_text)

    def test_one_query_for_many_quotations(self):
        orders = self.env["sale.order"].union(
            *(self._offer(106 + number) for number in range(5))
        )
        self.env.flush_all()
        orders._crm_judge(NOW)  # whatever the records read is in the cache
        with self.assertQueryCount(1):
            self.assertEqual(len(orders._crm_judge(NOW)), 5)
        self.assertFalse(orders.browse()._crm_judge(NOW))
