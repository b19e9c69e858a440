import doctest
from datetime import date, datetime

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools import lift
from ..tools.lift import control_part
from .loyalty_common import LoyaltyCommon

FROM, TO = date(2026, 1, 1), date(2026, 3, 31)


@tagged("post_install", "-at_install")
class TestLoyaltyResult(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.standard_price = 60
        cls.other = cls._make_customer("Other")
        late = cls._make_customer("Late")
        cls._make_card(0, late)
        # a card of before the period; the other came with it
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE loyalty_card SET create_date = '2025-06-01' WHERE id = %s",
            [cls.card.id],
        )
        for customer in (cls.customer, cls.other, late):
            cls._make_invoice(date(2025, 5, 10), 100, partner=customer)
        for day in (date(2026, 1, 15), date(2026, 2, 15)):
            cls._make_invoice(day, 100)
        cls._make_invoice(date(2026, 2, 15), 100, partner=late)
        while cls.env["crm.customer.month"]._pass(date(2026, 3, 20)):
            pass

    def _result(self, user):
        return (
            self.env["crm.loyalty.result"]
            .with_user(user)
            .create({"date_from": FROM, "date_to": TO, "company_id": self.company.id})
        )

    def test_members_of_before_against_the_other_customers(self):
        groups = self._result(self.marketer)._get_groups()
        member = groups[True]
        self.assertEqual(
            (member["people"], member["kept"], member["repeated"]), (1, 1, 1)
        )
        self.assertEqual(member["margin"], 80)
        # who got his card with the period's purchase is no member of before
        other = groups[False]
        self.assertGreaterEqual(other["people"], 2)
        self.assertGreaterEqual(other["kept"], 1)

    def test_margins_only_for_those_who_may_see_them(self):
        self.assertIn("Bought again", self._result(self.marketer).result_html)
        self.assertNotIn("Margin per", self._result(self.marketer).result_html)
        self.marketer.group_ids += self.env.ref("crm_relations.group_see_margin")
        page = self._result(self.marketer).result_html
        self.assertIn("Margin per", page)
        self.assertIn("Fewer than 30", page)
        self.assertIn("no cause", page)

    def test_salespeople_do_not(self):
        with self.assertRaises(AccessError):
            self._result(self.olena)

    # ---- against customers held out ------------------------------------------------

    def _draw(self, percent=50, since="2025-06-01"):
        """Set the share as if on that day; the cache knows it."""
        self.program.crm_control_percent = percent
        self.program.crm_control_since = since
        self.env.registry.clear_cache()
        return self.program._crm_get_holdout()

    def _make_sides(self, number, holdout):
        """(members, held out): so many customers of each side, as the hash has them."""
        partners = self.env["res.partner"].create(
            [{"name": f"Drawn {count}"} for count in range(8 * number)]
        )
        sides = {True: partners.browse(), False: partners.browse()}
        for one in partners:
            sides[control_part(holdout.key, one.id) < holdout.percent * 100] |= one
        return sides[False][:number], sides[True][:number]

    def _fill_months(self, customer, *months):
        """Rows of the engine, without the books: (month, invoices, revenue, cost)."""
        for month, bills, revenue, cost in months:
            self.env.cr.execute(
                "INSERT INTO crm_customer_month (customer_id, company_id, month, "
                "invoice_count, revenue, cost) VALUES (%s, %s, %s, %s, %s, %s)",
                [customer.id, self.company.id, month, bills, revenue, cost],
            )

    def test_doctests_of_the_arithmetic(self):
        result = doctest.testmod(lift)
        self.assertFalse(result.failed)

    def test_members_against_held_out_by_hand(self):
        holdout = self._draw()
        members, held = self._make_sides(4, holdout)
        bought = date(2025, 8, 1)
        for one in members | held:
            self._fill_months(one, (bought, 1, 50, 30))
        # 3 of 4 members came back, one of them twice; 1 of 4 held out did
        self._fill_months(members[0], (FROM, 2, 200, 120))
        self._fill_months(members[1], (FROM, 1, 100, 60))
        self._fill_months(members[2], (FROM, 1, 100, 60))
        self._fill_months(held[0], (FROM, 1, 100, 60))
        # neither our customer, whose card is of before the draw, nor a first invoice of the
        # period itself
        self.env.cr.execute(
            "UPDATE loyalty_card SET create_date = '2025-05-01' WHERE id = %s",
            [self.card.id],
        )
        self._fill_months(self._make_customer("New"), (FROM, 5, 500, 0))
        self._months_of_others_go(members | held | self.customer)
        result = self._result(self.marketer)
        result.program_id = self.program
        groups = result._get_control_groups(holdout, FROM)
        for side, numbers in ((False, (4, 3, 1)), (True, (4, 1, 0))):
            group = groups[side]
            self.assertEqual(
                (group["people"], group["kept"], group["repeated"]), numbers
            )
        # 200, 100, 100, 0: mean 100, variance 20000/3; 100, 0, 0, 0: 25 and 2500
        self.assertEqual(groups[False]["revenue"].mean, 100)
        self.assertAlmostEqual(groups[False]["revenue"].variance, 20000 / 3, 4)
        self.assertEqual(groups[True]["revenue"][1:], (25, 2500))
        self.assertEqual(groups[False]["margin"].mean, 40)
        retention, repeat, revenue = result._prepare_control_rows(groups)
        # Newcombe by hand: Wilson (0.3006, 0.9544) and (0.0456, 0.6994)
        self.assertEqual(retention["texts"], ["75.0 %", "25.0 %"])
        self.assertEqual(retention["spread"], "+50.0 (-13.5 to +78.9)")
        self.assertFalse(retention["is_certain"])
        self.assertEqual(repeat["texts"], ["25.0 %", "0.0 %"])
        # 75 ± 1.96 × sqrt(6666.67 / 4 + 2500 / 4) = 75 ± 93.83
        self.assertRegex(revenue["spread"], r"75\.00.*-.*18\.83.*168\.83")
        page = result.result_html
        self.assertIn("Fewer than 30 customers on one side: that is too few", page)
        self.assertIn("Left out:", page)

    def _months_of_others_go(self, customers):
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM crm_customer_month WHERE NOT customer_id = ANY(%s)",
            [customers.ids],
        )

    def test_without_a_holdout_the_page_says_so(self):
        self.assertIn(
            "No program of the company", self._result(self.marketer).result_html
        )
        result = self._result(self.marketer)
        result.program_id = self.program
        self.assertIn("leaves nobody out", result.result_html)
        self._draw(since="2026-03-15")
        self.assertIn("no full month yet", self._result(self.marketer).result_html)

    def test_queries_of_the_page(self):
        self._draw()
        result = self._result(self.marketer)
        # the template and rights are read once
        self.assertTrue(result.result_html)
        self.env.invalidate_all()
        with self.assertQueryCount(18):
            self.assertTrue(result.result_html)

    def test_held_out_customers_earn_nothing(self):
        holdout = self._draw(since="2026-03-01")
        (member,), (held,) = self._make_sides(1, holdout)
        self.program.crm_birthday_points = 5
        for one, points in ((member, [105]), (held, [])):
            self._make_order(100, customer=one).action_confirm()
            cards = self.env["loyalty.card"].with_company(self.company)
            cards._crm_give(self.program, one, "birthday", 5, one, "2026", "!")
            found = cards.search([("partner_id", "=", one.id)])
            self.assertEqual(found.mapped("points"), points)
        # a person of the held out company as well
        clerk = self.env["res.partner"].create({"name": "Clerk", "parent_id": held.id})
        self._make_order(100, customer=clerk).action_confirm()
        self.assertFalse(
            self.env["loyalty.card"].search([("partner_id", "=", clerk.id)])
        )
        wizard = self.env["loyalty.generate.wizard"].create(
            {"program_id": self.program.id, "mode": "selected",
             "customer_ids": (member | held).ids}
        )  # fmt: skip
        self.assertEqual(wizard._get_partners(), member)
        # ended: everybody earns again
        self.program.crm_control_percent = 0
        self.assertFalse(self.program.crm_control_since)
        self._make_order(100, customer=held).action_confirm()
        self.assertTrue(self.env["loyalty.card"].search([("partner_id", "=", held.id)]))

    def test_held_out_customers_have_no_points_for_margin_and_no_level(self):
        holdout = self._draw(since="2026-03-01")
        (member,), (held,) = self._make_sides(1, holdout)
        self.program.write(
            {"crm_margin_points": 1, "crm_margin_since": date(2026, 3, 1)}
        )
        level = self.env["crm.loyalty.level"].create({"name": "Silver", "floor": 50})
        for one in (member, held):
            self._make_invoice(date(2026, 3, 10), 100, partner=one)
        self.env["loyalty.card"]._crm_give_margins()
        cards = self.env["loyalty.card"].search(
            [("partner_id", "in", (member | held).ids)]
        )
        self.assertEqual(cards.partner_id, member)
        self._work_out(date(2026, 3, 20))
        self.env["crm.customer.level"]._refresh(self.company, date(2026, 3, 20))
        self.assertEqual(member.crm_loyalty_level_id, level)
        self.assertFalse(held.crm_loyalty_level_id)
        self.assertFalse(held._crm_get_level_text())
        page = held._crm_get_loyalty_page()
        self.assertFalse(page["levels"] or page["friends"] or page["is_promised"])
        self.assertTrue(member._crm_get_loyalty_page()["levels"])

    def test_who_has_a_card_or_level_before_keeps_it(self):
        self._draw(percent=99.99)
        self.env.cr.execute(
            "UPDATE loyalty_card SET create_date = '2025-05-01' WHERE id = %s",
            [self.card.id],
        )
        held = self.program._crm_get_held_ids
        self.assertFalse(held(self.customer, self.company))
        self.assertEqual(held(self.other, self.company), self.program.ids)
        level = self.env["crm.loyalty.level"].create({"name": "Gold", "floor": 1})
        self.env["crm.customer.level"]._log_changes(
            self.company, [(self.other.id, None, level.id)], date(2025, 5, 30)
        )
        self.assertFalse(held(self.other, self.company))

    def test_another_share_draws_anew(self):
        self.program.crm_control_percent = 10
        first = self.program._crm_get_holdout()
        self.program.crm_control_percent = 10
        self.assertEqual(self.program._crm_get_holdout(), first)
        self.program.crm_control_since = "2026-01-01"
        self.program.crm_control_percent = 20
        self.assertNotEqual(
            self.program._crm_get_holdout().key,
            first._replace(since=datetime(2026, 1, 1)).key,
        )
        self.assertFalse(self.program.copy().crm_control_percent)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.program.crm_control_percent = 100
            self.env.flush_all()

    def test_merged_customers_do_not_leak(self):
        holdout = self._draw(since="2026-03-01")
        members, held = self._make_sides(3, holdout)
        merge = self.env["crm.partner.merge.log"]._merge
        held_ids = self.program._crm_get_held_ids
        # a second card of nobody changes nothing
        merge(members[0], held[0], "the same")
        self.assertTrue(held_ids(held[0], self.company))
        self.assertFalse(self.env["crm.loyalty.side"].search([]))
        # who bought brings his side along when the one that stays never did
        self._make_invoice(date(2026, 3, 10), 100, partner=members[1])
        merge(members[1], held[1], "the same")
        self.assertFalse(held_ids(held[1], self.company))
        side = self.env["crm.loyalty.side"].search([])
        self.assertEqual((side.is_held, side.is_compared), (False, True))
        # both bought: nobody loses his points, and neither is compared
        for one in (members[2], held[2]):
            self._make_invoice(date(2026, 3, 10), 100, partner=one)
        self._make_card(10, members[2])
        merge(members[2], held[2], "the same")
        self.assertFalse(held_ids(held[2], self.company))
        side = self.env["crm.loyalty.side"].search([("customer_id", "=", held[2].id)])
        self.assertEqual((side.is_held, side.is_compared), (False, False))

    def test_only_marketers_set_the_share(self):
        self.program.with_user(self.marketer).crm_control_percent = 5
        with self.assertRaises(AccessError):
            self.program.with_user(self.olena).crm_control_percent = 50
        with self.assertRaises(AccessError):
            self.env["crm.loyalty.side"].with_user(self.olena).search([])
