"""Needs are foreseen from the books, open one deal each, and end as they should."""

import random
from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import tagged

from ..tools.lift import control_part
from ..tools.rhythm import consumption, is_steady, rhythm, window
from .repeat_common import NOW, TODAY, RepeatCommon

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestCrmRepeat(RepeatCommon):
    def test_who_is_due_by_his_own_rhythm_gets_a_deal(self):
        rule = self._make_rule(script_id=self.script.id)
        self._buy_evenly(self.vera, date(2026, 2, 10))
        self._pass()
        self.assertFalse(self._needs_of(rule), "his day to be asked is 5 March")
        self._pass(NOW + 3 * DAY)
        need = self._needs_of(rule)
        self.assertEqual(need.customer_id, self.vera)
        self.assertEqual(
            (need.interval_days, need.spread_days, need.due_on),
            (30, 0, date(2026, 3, 12)),
        )
        lead = need.lead_id
        self.assertEqual((need.state, lead.user_id), ("opened", self.olena))
        self.assertEqual((lead.funnel_id, lead.team_id), (self.funnel, self.north))
        self.assertEqual(lead.stage_id, self.funnel._get_ordered_stages()[0])
        self.assertEqual(
            (lead.name, lead.qualification_state), ("Oil: Vera", "qualified")
        )
        self.assertIn("every 30 ± 0 days, last on 02/10/2026", need.reason)
        self.assertIn("every 30 ± 0 days", lead.description)
        self.assertEqual(need.basket, "Oil 5W-40 × 4")
        self.assertEqual(lead.load_stage_guide()["script"]["name"], "Time for oil")
        self.assertEqual(lead.activity_ids.user_id, self.olena)
        self.assertEqual(lead.expected_revenue, 120, "four litres at the list price")

    def test_the_database_reckons_as_the_words_say(self):
        chance, made = random.Random(7), {}
        partners = self.env["res.partner"].create(
            [{"name": f"P{number}"} for number in range(25)]
        )
        for partner in partners:
            days = sorted(
                {TODAY - timedelta(days=chance.randrange(400)) for _ in range(6)}
            )
            made[partner.id] = [(day, chance.randrange(1, 9)) for day in days]
        self._buy_all(
            [(partner, *bought) for partner in partners for bought in made[partner.id]]
        )
        self.env.flush_all()
        for basis in ("rhythm", "consumption"):
            rule = self._make_rule(basis=basis, start=None)
            found = {
                row["customer_id"]: row
                for row in self.env.execute_query_dict(rule._rhythm_sql())
            }
            for partner_id, purchases in made.items():
                if basis == "rhythm":
                    own = rhythm([day for day, _quantity in purchases])
                    days, spread = (own.interval, own.spread) if own else (0, 0)
                else:
                    own = consumption(purchases)
                    days, spread = (own.days, own.spread) if own else (0, 0)
                row = found.get(partner_id)
                if not own or not is_steady(days, spread):
                    self.assertIsNone(row)
                    continue
                self.assertAlmostEqual(float(row["interval_days"]), days)
                self.assertAlmostEqual(float(row["spread_days"]), spread)
                self.assertEqual(row["due_on"], own.due)
                self.assertEqual(
                    (row["opens_on"], row["closes_on"]),
                    window(own.due, days, spread, 7),
                )

    def test_what_he_bought_lasts_as_long_as_he_uses_it(self):
        rule = self._make_rule(basis="consumption", start=None)
        self._buy(self.vera, date(2026, 1, 1), date(2026, 1, 31))
        self._buy(self.vera, date(2026, 3, 2), quantity=8)
        found = self.env.execute_query_dict(rule._rhythm_sql([self.vera.id]))
        self.assertEqual(found[0]["due_on"], date(2026, 5, 1))

    def test_uneven_rare_or_returned_purchases_foresee_nothing(self):
        rule = self._make_rule(start=None)
        self._buy(self.vera, date(2025, 1, 1), date(2025, 1, 3), date(2025, 11, 1))
        self._buy(self.petya, date(2026, 1, 1), date(2026, 2, 1))
        self._buy_evenly(self.firm, date(2026, 2, 10), product=self.product)
        self.assertFalse(self.env.execute_query(rule._rhythm_sql()))

    def test_nothing_of_the_past_at_the_start_unless_asked_for(self):
        self._buy_evenly(
            self.vera, date(2026, 1, 26)
        )  # was to be asked from 18 February
        rule = self._make_rule()
        self._pass()
        self.assertFalse(self._needs_of(rule))
        rule.action_stop()
        rule._start_from(TODAY, is_backlog=True)
        self._pass()
        self.assertEqual(self._states(rule), {"Vera": ["opened"]})

    def test_one_deal_for_one_need_whatever_the_rules_and_passes(self):
        self._buy_evenly(self.vera, date(2026, 2, 10))
        one = self._make_rule()
        two = self._make_rule(name="Oil again")
        for days in range(3, 8):
            self._pass(NOW + days * DAY)
        self.assertEqual(len(self._needs_of(one)), 1)
        self.assertFalse(self._needs_of(two))
        self.assertEqual(
            self.env["crm.lead"].search_count([("partner_id", "=", self.vera.id)]), 1
        )

    def test_rules_whose_goods_overlap_are_about_one_need(self):
        self._buy_evenly(self.vera, date(2026, 2, 7))
        parent = self.env["product.category"].create({"name": "For cars"})
        self.oils.parent_id = parent
        one = self._make_rule()
        goods = [Command.set(self.oil.product_tmpl_id.ids)]
        others = (
            self._make_rule(name="Litre", categ_ids=False, product_tmpl_ids=goods)
            + self._make_rule(name="Car", categ_ids=[Command.set(parent.ids)])
            + self._make_rule(name="All", categ_ids=False)
        )
        filters = self._make_rule(
            name="Filters", categ_ids=False,
            product_tmpl_ids=[Command.set(self.product.product_tmpl_id.ids)],
        )  # fmt: skip
        self._buy_evenly(self.vera, date(2026, 2, 7), product=self.product)
        for days in range(3):
            self._pass(NOW + days * DAY)
        self.assertEqual(self._states(one), {"Vera": ["opened"]})
        self.assertEqual(self._states(filters), {"Vera": ["opened"]})
        self.assertFalse(self.needs.search([("rule_id", "in", others.ids)]))

    def test_who_is_held_out_by_one_rule_is_not_called_by_another(self):
        self._buy_evenly(self.vera, date(2026, 2, 7))
        one = self._make_rule(sequence=1, goal_days=60, control_percent=99.99)
        two = self._make_rule(name="All", sequence=2, categ_ids=False)
        self._pass()
        self.assertEqual(self._states(one), {"Vera": ["held"]})
        self._buy(self.vera, date(2026, 3, 9))
        self._pass(NOW + 32 * DAY)  # his next time, still measured
        self.assertEqual(self._states(one), {"Vera": ["held", "held"]})
        self.assertFalse(self._needs_of(two))

    def test_a_quotation_made_by_hand_is_talk_enough(self):
        self._buy_evenly(self.vera, date(2026, 2, 7))
        self._buy_evenly(self.petya, date(2026, 2, 7))
        other = self._order(self.petya, confirm=False)
        other.order_line.product_id = self.product
        quote = self._order(self.vera, confirm=False)
        rule = self._make_rule()
        self._pass()
        self.assertEqual(self._states(rule), {"Petya": ["opened"]})
        quote._action_cancel()
        self._pass(NOW + DAY)
        self.assertEqual(self._states(rule), {"Petya": ["opened"], "Vera": ["opened"]})

    def test_the_most_valuable_first_and_the_rest_waits(self):
        partners = self.env["res.partner"].create(
            [{"name": f"P{number}", "user_id": self.olena.id} for number in range(4)]
        )
        rule = self._make_rule(capacity=2)
        for number, partner in enumerate(partners):
            self._buy_evenly(partner, date(2026, 2, 7), quantity=number + 1)
        self._pass()
        opened = self._needs_of(rule).filtered(lambda need: need.state == "opened")
        self.assertEqual(opened.customer_id, partners[2] | partners[3])
        self._pass(NOW + timedelta(hours=1))
        self.assertEqual(rule.opened_count, 2)
        self._pass(NOW + DAY)
        self.assertEqual(rule.opened_count, 4)

    def test_room_is_shared_by_the_rules(self):
        self._buy_evenly(self.vera, date(2026, 2, 7))
        self._buy_evenly(self.vera, date(2026, 2, 7), product=self.product)
        oil = self._make_rule(capacity=1, sequence=1)
        rest = self._make_rule(
            name="Rest", capacity=1, sequence=2, categ_ids=[Command.clear()],
            product_tmpl_ids=[Command.set(self.product.product_tmpl_id.ids)],
        )  # fmt: skip
        self._pass()
        self.assertEqual(
            (self._states(oil), self._states(rest)),
            ({"Vera": ["opened"]}, {"Vera": ["waiting"]}),
        )

    def test_who_buys_by_himself_before_his_turn_gets_no_deal(self):
        rule = self._make_rule(capacity=1)
        self.petya.user_id = self.olena
        self._buy_evenly(self.vera, date(2026, 2, 7), quantity=9)
        self._buy_evenly(self.petya, date(2026, 2, 7))
        self._pass()
        self.assertEqual(self._states(rule), {"Vera": ["opened"], "Petya": ["waiting"]})
        self._order(self.petya)
        self._pass(NOW + DAY)
        need = self._needs_of(rule, self.petya)
        self.assertEqual((need.state, rule.bought_count), ("bought", 1))

    def test_won_lost_and_later_teach(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, date(2026, 2, 7))
        self._buy_evenly(self.petya, date(2026, 2, 7))
        self._buy_evenly(self.firm, date(2026, 2, 7))
        self._pass()
        vera = self._needs_of(rule, self.vera)
        petya = self._needs_of(rule, self.petya)
        firm = self._needs_of(rule, self.firm)
        vera.lead_id.action_set_won()
        later = self.env["crm.lost.reason"].create(
            {"name": "Later", "crm_again_days": 20}
        )
        wizard = self.env["crm.lead.lost"].create(
            {"lead_ids": petya.lead_id.ids, "lost_reason_id": later.id}
        )
        wizard.crm_again_on = date(2026, 3, 20)
        wizard.action_lost_reason_apply()
        firm.lead_id.action_set_lost()
        self._pass(NOW + DAY)
        self.assertEqual(
            (vera.state, petya.state, firm.state), ("won", "later", "lost")
        )
        self.assertEqual(petya.again_on, date(2026, 3, 20))
        self._pass(NOW + 17 * DAY)
        self.assertEqual(len(self._needs_of(rule)), 3)
        self._pass(NOW + 18 * DAY)
        again = self._needs_of(rule, self.petya) - petya
        self.assertEqual((petya.state, again.state), ("lost", "opened"))
        self.assertIn("asked us to come back on 03/20/2026", again.reason)
        self._pass(NOW + 19 * DAY)
        self.assertEqual(len(self._needs_of(rule)), 4)

    def test_held_out_are_chosen_by_chance_and_measured(self):
        partners = self.env["res.partner"].create(
            [{"name": f"P{number}", "user_id": self.olena.id} for number in range(20)]
        )
        self._buy_evenly(partners, date(2026, 2, 7), times=3)
        rule = self._make_rule(control_percent=50, capacity=100)
        self._pass()
        for need in self._needs_of(rule):
            part = control_part(f"repeat{rule.id}", need.customer_id.id)
            self.assertEqual(need.is_control, part < 5000)
            self.assertEqual(need.state, "held" if need.is_control else "opened")
            self.assertEqual(bool(need.lead_id), not need.is_control)
        held = self._needs_of(rule).filtered("is_control")
        self._buy(held[0].customer_id, date(2026, 3, 9))
        self._pass(NOW + 10 * DAY)
        self.assertEqual(held[0].bought_on, date(2026, 3, 9))
        groups = rule._get_groups(NOW + 31 * DAY)[rule.id]
        self.assertEqual(groups[True], (len(held), 1))
        self.assertEqual(groups[False], (20 - len(held), 0))

    def test_the_room_is_for_deals_and_not_for_those_held_out(self):
        partners = self.env["res.partner"].create(
            [{"name": f"P{number}", "user_id": self.olena.id} for number in range(20)]
        )
        self._buy_evenly(partners, date(2026, 2, 7), times=3)
        rule = self._make_rule(control_percent=50, capacity=3)
        self._pass()
        self.assertEqual(rule.opened_count, 3)

    def test_service_dates_of_things(self):
        rule = self._make_rule(
            basis="asset", what="service", categ_ids=[Command.clear()], ahead_days=14
        )
        car = self._make_car(self.vera)
        car.next_service_date = date(2026, 3, 20)
        self._pass()
        self.assertFalse(self._needs_of(rule))
        self._pass(NOW + 4 * DAY)
        need = self._needs_of(rule)
        self.assertEqual(
            (need.state, need.lead_id.asset_id, need.due_on),
            ("opened", car, date(2026, 3, 20)),
        )
        self.assertIn("Volkswagen Golf is due on 03/20/2026", need.reason)
        # another car of the same man is another need; a date that moves, another time
        second = self._make_car(self.vera, "Polo")
        second.next_service_date = date(2026, 3, 20)
        rule.capacity = 1
        self._pass(NOW + 4 * DAY)
        waiting = self._needs_of(rule) - need
        self.assertEqual((waiting.asset_id, waiting.state), (second, "waiting"))
        second.next_service_date = date(2026, 9, 20)
        self._pass(NOW + 4 * DAY)
        self.assertEqual((waiting.state, waiting.reason_code), ("dropped", "moved"))

    def test_a_thing_served_in_between_is_not_asked_about_again(self):
        rule = self._make_rule(
            basis="asset", what="service", categ_ids=[Command.clear()], ahead_days=14
        )
        car = self._make_car(self.vera)
        car.next_service_date = date(2026, 3, 10)
        rule.action_stop()
        rule._start_from(TODAY, is_backlog=True)
        self._pass()
        need = self._needs_of(rule)
        reason = self.env["crm.lost.reason"].create(
            {"name": "Later", "crm_again_days": 20}
        )
        need.lead_id.action_set_lost(lost_reason_id=reason.id)
        self._pass(NOW + DAY)
        self.assertEqual(need.state, "later")
        car.write(
            {"last_service_date": date(2026, 3, 4),
             "next_service_date": date(2026, 9, 4)}
        )  # fmt: skip
        self._pass(NOW + 3 * DAY)
        self.assertEqual((need.state, need.bought_on), ("bought", date(2026, 3, 4)))
        self._pass(NOW + 22 * DAY)
        self.assertEqual(len(self._needs_of(rule)), 1)

    def test_a_service_is_measured_by_what_is_sold_with_it(self):
        partners = self.env["res.partner"].create(
            [{"name": f"P{number}", "user_id": self.olena.id} for number in range(20)]
        )
        for partner in partners:
            self._make_car(partner).next_service_date = date(2026, 3, 9)
        rule = self._make_rule(
            basis="asset", what="service", control_percent=50, capacity=100
        )
        self._pass()
        needs = self._needs_of(rule)
        held = needs.filtered("is_control")
        asked = needs - held
        self.assertTrue(held and asked)
        # a button that only those press who have a deal proves nothing
        asked[0].asset_id.write(
            {"last_service_date": date(2026, 3, 4),
             "next_service_date": date(2026, 9, 4)}
        )  # fmt: skip
        self._buy_all(
            [(need.customer_id, date(2026, 3, 5)) for need in (asked[1], held[0])]
        )
        self._pass(NOW + 5 * DAY)
        groups = rule._get_groups(NOW + 31 * DAY)[rule.id]
        self.assertEqual(groups, {False: (len(asked), 1), True: (len(held), 1)})
        rule.action_stop()
        rule.categ_ids = False
        self.assertFalse(rule._get_groups(NOW + 31 * DAY))
        self.assertIn("cannot be measured", rule.lift_text)

    def test_only_members_of_the_segment(self):
        segment = self.env["crm.segment"].create(
            {"name": "Odesa", "domain": "[('city', '=', 'Odesa')]"}
        )
        segment._refresh(NOW)
        rule = self._make_rule(segment_id=segment.id)
        self._buy_evenly(self.vera, date(2026, 2, 7))
        self._buy_evenly(self.petya, date(2026, 2, 7))
        self._pass()
        self.assertEqual(self._states(rule), {"Vera": ["opened"]})

    def test_stop_ends_what_waits_and_leaves_deals(self):
        rule = self._make_rule(capacity=1)
        self.petya.user_id = self.olena
        self._buy_evenly(self.vera, date(2026, 2, 7), quantity=9)
        self._buy_evenly(self.petya, date(2026, 2, 7))
        self._pass()
        rule.action_stop()
        self._pass(NOW + DAY)
        self.assertEqual(self._states(rule), {"Vera": ["opened"], "Petya": ["dropped"]})
