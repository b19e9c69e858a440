from datetime import datetime

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.loyalty_card import Change
from ..tools.loyalty_told import KEY
from .loyalty_common import LoyaltyCommon

NOW = datetime(2026, 3, 20, 12)


@tagged("post_install", "-at_install")
class TestCrmLoyaltyEntry(LoyaltyCommon):
    # ---- every change of the host leaves its entries -------------------------

    def test_confirmed_order_earns_and_spends(self):
        self.card.points = 150
        order = self._make_order(300)
        self._claim(order)
        order.action_confirm()
        self.assertEqual(
            self._ledger(), [("manual", 150), ("order", 300), ("reward", -100)]
        )
        self.assertEqual(self.card.points, 350)
        self.assert_agrees()
        earned, spent = self.entries.search(
            [("source_model", "=", "sale.order"), ("source_id", "=", order.id)],
            order="id",
        )
        history = self.env["loyalty.history"].search([("order_id", "=", order.id)])
        self.assertEqual((earned | spent).history_id, history)
        self.assertEqual(earned.lot_id, earned)
        self.assertEqual(spent.lot_id.reason, "manual", "the oldest points go first")

    def test_cancelled_order_is_reversed_and_the_host_forgets_its_history(self):
        self.card.points = 150
        order = self._make_order(300)
        self._claim(order)
        order.action_confirm()
        order._action_cancel()
        self.assertFalse(
            self.env["loyalty.history"].search([("order_id", "=", order.id)])
        )
        self.assertEqual(self._ledger()[3:], [("cancelled", 100), ("cancelled", -300)])
        given, taken = self.entries.search(
            [("card_ref", "=", self.card.id), ("reason", "=", "cancelled")], order="id"
        )
        self.assertEqual(given.reversal_of_id.reason, "reward")
        self.assertEqual(given.lot_id.reason, "manual", "back into the lot they left")
        self.assertEqual(taken.reversal_of_id.reason, "order")
        self.assertEqual(taken.lot_id, taken.reversal_of_id)
        self.assertFalse(taken.reversal_of_id.history_id, "the host's line is gone")
        self.assertEqual(self.card.points, 150)
        self.assert_agrees()

    def test_the_same_order_confirmed_again_earns_again(self):
        order = self._make_order(300)
        order.action_confirm()
        order._action_cancel()
        order.action_draft()
        order._update_programs_and_rewards()
        order.action_confirm()
        self.assertEqual(
            self._ledger(), [("order", 300), ("cancelled", -300), ("order", 300)]
        )
        self.assert_agrees()

    def test_points_of_a_cancelled_order_that_are_spent_become_debt(self):
        first = self._make_order(300)
        first.action_confirm()
        second = self._make_order(10)
        self._claim(second)
        second.action_confirm()
        first._action_cancel()
        self.assertLess(self.card.points, 0)
        self.assert_agrees()
        third = self._make_order(500)
        third.action_confirm()
        self.assertIn("settled", dict(self._ledger()))
        self.assert_agrees()

    def test_several_orders_at_once_are_told_apart(self):
        orders = self._make_order(100) | self._make_order(200)
        orders.action_confirm()
        found = self.entries.search([("source_model", "=", "sale.order")])
        self.assertEqual(
            {entry.source_id: entry.points for entry in found},
            {orders[0].id: 100, orders[1].id: 200},
        )
        orders._action_cancel()
        self.assertEqual(self.card.points, 0)
        self.assert_agrees()

    def test_reward_on_a_confirmed_order_and_off_again(self):
        self.card.points = 150
        order = self._make_order(300)
        order.action_confirm()
        self._claim(order)
        self.assertEqual(self._ledger()[-1], ("reward", -100))
        order.order_line.filtered("reward_id").points_cost = 0
        reason, points = self._ledger()[-1]
        self.assertEqual((reason, points), ("cancelled", 100))
        self.assert_agrees()

    def test_odd_points_stay_exact(self):
        for _time in range(7):
            order = self._make_order(100 / 3)
            order.action_confirm()
        self.card.points += 1 / 3
        self.card.points -= 1 / 7
        self.assert_agrees()

    def test_by_hand_with_the_words_and_the_line_of_history(self):
        wizard = self.env["loyalty.card.update.balance"].with_user(self.olena)
        wizard.create(
            {"card_id": self.card.id, "new_balance": 50, "description": "Apology"}
        ).action_update_card_point()
        entry = self.entries.search([("card_id", "=", self.card.id)])
        self.assertEqual(
            (entry.reason, entry.points, entry.note, entry.user_id),
            ("manual", 50, "Apology", self.olena),
        )
        self.assertEqual(entry.history_id.description, "Apology")
        self.assert_agrees()

    def test_generated_coupons_and_deleted_cards(self):
        card = self._make_card(40, self._make_customer("Other"))
        self.assertEqual(self._ledger(card), [("grant", 40)])
        ref = card.id
        card.unlink()
        found = self.entries.search([("card_ref", "=", ref)], order="id")
        self.assertEqual(found.mapped("points"), [40, -40])
        self.assertFalse(found.card_id)
        self.assert_agrees()

    def test_coupon_for_the_next_order(self):
        program = self._make_program(
            program_type="next_order_coupons", applies_on="future"
        )
        order = self._make_order(200)
        order.action_confirm()
        coupon = program.coupon_ids
        self.assertEqual(
            [reason for reason, _points in self._ledger(coupon)], ["order"]
        )
        order._action_cancel()
        self.assertFalse(coupon.exists())
        self.assert_agrees()

    def test_expiry_is_told_by_the_program(self):
        self.program.crm_expiry_months = 6
        self._make_order(300).action_confirm()
        [lot] = self.entries.search([("card_id", "=", self.card.id)])
        self.assertTrue(lot.expires_on)
        self.program.crm_expiry_months = 0
        self._make_order(300).action_confirm()
        self.assertEqual(
            len(self.entries.search([("expires_on", "!=", False)])), 1, "as it was then"
        )

    # ---- nothing is rewritten ---------------------------------------------------

    def test_nobody_rewrites_or_deletes(self):
        self.card.points = 10
        entry = self.entries.search([("card_id", "=", self.card.id)])
        for person in (self.env.user, self.manager, self.marketer):
            with self.assertRaises(UserError):
                entry.with_user(person).write({"points": 5})
            with self.assertRaises(UserError):
                entry.with_user(person).unlink()
            with self.assertRaises(AccessError):
                self.entries.with_user(person if person != self.env.user else self.manager).create(
                    {"card_ref": 1, "points": 1, "reason": "manual",
                     "source_model": "loyalty.card", "source_id": 1, "line_key": "x",
                     "at": NOW}
                )  # fmt: skip

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_too(self):
        self.card.points = 10
        self.env.flush_all()
        for statement in (
            "UPDATE crm_loyalty_entry SET points = 5 WHERE card_ref = %s",
            "UPDATE crm_loyalty_entry SET note = 'x' WHERE card_ref = %s",
            "UPDATE crm_loyalty_entry SET card_ref = -1 WHERE card_ref = %s",
            "DELETE FROM crm_loyalty_entry WHERE card_ref = %s",
        ):
            with self.subTest(statement), self.assertRaises(psycopg2.Error):
                self.env.cr.execute(statement, [self.card.id])

    @mute_logger("odoo.sql_db")
    def test_the_same_key_is_refused(self):
        change = Change("birthday", 5000, "res.partner", self.customer.id, key="2026")
        self.card._crm_change_points({self.card.id: [change]}, "Happy birthday")
        with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.card._crm_change_points({self.card.id: [change]}, "Happy birthday")
        self.card.invalidate_recordset()
        self.assertEqual(self.card.points, 5)
        self.assert_agrees()

    def test_nobody_outside_says_what_a_change_is(self):
        """The context of a call by RPC is whatever the caller likes."""
        order = self._make_order(300)
        source = ("sale.order", order.id)
        said = {
            "is_unbooked": True, "reason": "order", "source": source, "note": "Fine",
            "changes": {self.card.id: [["order", 7000, *source, "k", None, None, None]]},
        }  # fmt: skip
        context = {f"crm_loyalty_{name}": value for name, value in said.items()}
        context["crm_loyalty_unbooked"] = context[KEY] = said
        card = self.card.with_user(self.olena).with_context(**context)
        card.write({"points": 7})
        [entry] = self.entries.search([("card_ref", "=", self.card.id)])
        self.assertEqual(
            (entry.reason, entry.points, entry.source_id, entry.user_id, entry.note),
            ("manual", 7, self.card.id, self.olena, False),
        )
        self.assert_agrees()

    # ---- merging ------------------------------------------------------------------

    def test_merged_customers_keep_lots_and_days(self):
        self.program.crm_expiry_months = 6
        other = self._make_customer("Romashka twin")
        twin = self._make_card(30, other)
        self.card.points = 20
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | other).ids, self.customer)
        self.assertEqual(self.card.points, 50)
        self.assertEqual(self._ledger(twin), [("grant", 30), ("merged", -30)])
        moved = self.entries.search(
            [("card_id", "=", self.card.id), ("reason", "=", "merged")]
        )
        self.assertEqual(moved.points, 30)
        lot = self.entries.search([("card_ref", "=", twin.id), ("points", ">", 0)])
        self.assertEqual(moved.expires_on, lot.expires_on)
        self.assert_agrees()

    def test_cards_that_sum_to_nothing_are_merged_lot_by_lot(self):
        self.card.points = 10
        rich, poor = (
            self._make_card(points, self._make_customer(name))
            for points, name in ((50, "Rich twin"), (-50, "Poor twin"))
        )
        people = self.customer | rich.partner_id | poor.partner_id
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge(people.ids, self.customer)
        self.assertEqual(self.card.points, 10)
        moved = self.entries.search([("reason", "=", "merged")])
        self.assertEqual(
            {(row.card_ref, row.source_id, row.points) for row in moved},
            {
                (rich.id, self.card.id, -50),
                (poor.id, self.card.id, 50),
                (self.card.id, rich.id, 50),
                (self.card.id, poor.id, -10),
                (self.card.id, poor.id, -40),
            },
        )
        self.assert_agrees()

    # ---- the check ------------------------------------------------------------------

    def _break(self):
        self.card.points = 10
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE loyalty_card SET points = 35 WHERE id = %s", [self.card.id]
        )
        self.env.invalidate_all()

    def test_the_check_shows_and_repairs_nothing(self):
        self.entries._compare(NOW)
        check = self.env.ref("crm_marketing.crm_health_check_loyalty_ledger")
        self.assertEqual((check.problem_count, check.last_run_at), (0, NOW))
        self._break()
        different = self.entries._compare(NOW)
        self.assertEqual(different.card_id, self.card)
        self.assertEqual(check.problem_count, 1)
        self.assertIn("35 / 10", check.message)
        self.assertEqual(self._ledger(), [("manual", 10)])
        self.assertEqual(self.card.points, 35)

    def test_a_person_books_the_difference_with_a_reason(self):
        self._break()
        wizard = self.env["crm.loyalty.difference"].with_context(
            active_ids=self.card.ids
        )
        with self.assertRaises(AccessError):
            wizard.with_user(self.olena).create({"reason": "No"}).action_book()
        asked = wizard.with_user(self.marketer).create({"reason": "Old till"})
        self.assertEqual((asked.card_count, asked.points), (1, 25))
        asked.action_book()
        entry = self.entries.search([("reason", "=", "difference")])
        self.assertEqual((entry.points, entry.note), (25, "Old till"))
        self.assertEqual(self.card.points, 35, "no card is changed")
        self.assert_agrees()

    def test_cards_deleted_in_sql_can_be_closed(self):
        self.card.points = 10
        self.env.flush_all()
        ref = self.card.id
        self.env.cr.execute("DELETE FROM loyalty_card WHERE id = %s", [ref])
        self.env.invalidate_all()
        self.assertEqual(self.entries._compare(NOW).ids, [ref])
        self.env["crm.loyalty.difference"].with_context(active_ids=[ref]).create(
            {"reason": "Cleaned up"}
        ).action_book()
        self.assertFalse(self.entries._compare(NOW))

    def test_cards_from_before_begin_with_what_they_have(self):
        self.env["ir.config_parameter"].flush_model()
        self.env.cr.execute("ALTER TABLE crm_loyalty_entry DISABLE TRIGGER USER")
        self.card.points = 10
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM crm_loyalty_entry")
        self.env.cr.execute("ALTER TABLE crm_loyalty_entry ENABLE TRIGGER USER")
        self.assertGreaterEqual(self.entries._open_balances(), 1)
        self.assertFalse(self.entries._open_balances(), "once")
        self.assertEqual(self._ledger(), [("opening", 10)])
        self.assert_agrees()

    # ---- who sees ---------------------------------------------------------------------

    def test_salespeople_read_their_own_customers(self):
        foreign = self._make_card(
            5, self._make_customer("Petro's", user_id=self.petro.id)
        )
        self.card.points = 10
        seen = self.entries.with_user(self.olena).search([]).mapped("card_ref")
        self.assertIn(self.card.id, seen)
        self.assertNotIn(foreign.id, seen)
        heads = self.entries.with_user(self.south_head).search([]).mapped("card_ref")
        self.assertIn(foreign.id, heads)
        self.assertNotIn(self.card.id, heads)
        everything = self.entries.with_user(self.marketer).search([])
        self.assertIn(foreign.id, everything.mapped("card_ref"))

    def test_other_companies_are_closed(self):
        company = self.env["res.company"].create({"name": "South LLC"})
        program = self._make_program(company_id=company.id)
        card = self._make_card(5, program=program)
        self.assertNotIn(
            card.id,
            self.entries.with_user(self.marketer).search([]).mapped("card_ref"),
        )

    # ---- figures ------------------------------------------------------------------------

    def test_the_price_of_an_entry(self):
        """Booking costs the same few statements however much a card has seen."""
        self._make_order(300).action_confirm()
        self.env.flush_all()
        self.card.read(["points", "program_id", "company_id"])
        with self.assertQueryCount(10):
            self.card.with_context(tracking_disable=True).points += 5
            self.env.flush_all()

    def test_list_of_entries_reads_in_a_few_statements(self):
        for number in range(5):
            self._make_card(number + 1, self._make_customer(f"Customer {number}"))
        self.env.flush_all()
        self.env.invalidate_all()
        entries = self.entries.with_user(self.marketer)
        entries.search([], limit=1)
        self.env.invalidate_all()
        with self.assertQueryCount(12):
            entries.search_read([], ["partner_id", "program_id", "reason", "points"])


@tagged("post_install", "-at_install")
class TestDiscountCode(LoyaltyCommon):
    def test_promotions_of_one_order_leave_nothing_behind(self):
        self._make_program(
            name="Ten percent", program_type="promotion", applies_on="current",
            rule_ids=[Command.clear(), Command.create({"minimum_amount": 0})],
        )  # fmt: skip
        order = self._make_order(100)
        order._update_programs_and_rewards()
        order.action_confirm()
        self.assert_agrees()
        order._action_cancel()
        self.assert_agrees()
