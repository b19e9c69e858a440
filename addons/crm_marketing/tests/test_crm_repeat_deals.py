"""Whose deal it is, that there is one, and what invoices, merges and stops do to it."""

from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import tagged

from .repeat_common import NOW, RepeatCommon

DAY = timedelta(days=1)
DUE = date(2026, 2, 7)  # the last of even purchases by which a customer is due at NOW


@tagged("post_install", "-at_install")
class TestCrmRepeatDeals(RepeatCommon):
    def _make_stranger(self):
        """A salesperson of another company only."""
        foreign = self.env["res.company"].create({"name": "Foreign"})
        stranger = self._make_user("rel_stranger", "sales_team.group_sale_salesman")
        stranger.write(
            {"company_ids": [Command.set(foreign.ids)], "company_id": foreign.id}
        )
        return stranger

    # ------------------------------------------------------------ whose

    def test_a_salesperson_of_another_company_gets_no_deal(self):
        stranger = self._make_stranger()
        rule = self._make_rule(capacity=1)
        self.vera.user_id = stranger
        self._buy_evenly(self.vera, DUE)
        self.petya.user_id = self.olena
        self._buy_evenly(self.petya, DUE)
        self.firm.user_id = self.olena
        self._buy_evenly(self.firm, DUE, quantity=9)
        self._pass()
        vera = self._needs_of(rule, self.vera)
        self.assertEqual((vera.state, vera.user_id), ("opened", self.marketer))
        self.assertEqual(vera.lead_id.user_id, self.marketer)
        petya = self._needs_of(rule, self.petya)
        self.assertEqual((petya.state, petya.user_id), ("waiting", self.olena))
        self.petya.user_id = stranger
        self._pass(NOW + DAY)
        self.assertEqual((petya.state, petya.user_id), ("opened", self.marketer))

    def test_nobody_instead_of_one_who_has_left(self):
        rule = self._make_rule()
        self.vera.user_id = False
        self._buy_evenly(self.vera, DUE)
        self.marketer.active = False
        self._pass()
        need = self._needs_of(rule)
        self.assertEqual(
            (need.state, bool(need.user_id), bool(need.lead_id.user_id)),
            ("opened", False, False),
        )

    def _send_away(self, user, deputy):
        row = self.env["crm.deputy"].create(
            {"user_id": user.id, "deputy_id": deputy.id, "date_from": NOW.date(),
             "date_to": NOW.date() + 5 * DAY}
        )  # fmt: skip
        self.env["crm.deputy"]._run(NOW)
        return row

    def test_who_stands_in_gets_the_deals_and_they_go_back(self):
        rule = self._make_rule(capacity=1)
        self._buy_evenly(self.petya, DUE)  # Ivan's own
        self._buy_evenly(self.vera, DUE, quantity=9)  # of Olena, who is away
        absence = self._send_away(self.olena, self.ivan)
        self._pass()
        vera, petya = (self._needs_of(rule, who) for who in (self.vera, self.petya))
        self.assertEqual((vera.state, petya.state), ("opened", "waiting"))
        lead = vera.lead_id
        self.assertEqual(
            (vera.user_id, lead.user_id, lead.crm_deputy_for_id),
            (self.ivan, self.ivan, self.olena),
        )
        task = lead.activity_ids
        self.assertEqual(
            (task.user_id, task.crm_deputy_for_id), (self.ivan, self.olena)
        )
        self.env["crm.deputy"]._run(NOW + 7 * DAY)
        self.assertEqual(absence.state, "done")
        self._pass(NOW + 7 * DAY)
        self.assertEqual((vera.user_id, lead.user_id, task.user_id), (self.olena,) * 3)
        self.assertEqual(petya.state, "opened")

    def test_without_a_deputy_who_works_here_they_wait(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, DUE)
        self._send_away(self.olena, self._make_stranger())
        self._pass()
        need = self._needs_of(rule)
        self.assertEqual((need.state, need.user_id), ("waiting", self.olena))
        self.env["crm.deputy"]._run(NOW + 7 * DAY)
        self._pass(NOW + 7 * DAY)
        self.assertEqual((need.state, need.lead_id.user_id), ("opened", self.olena))

    def test_who_is_given_the_deal_sells_for_it(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, DUE)
        self._pass()
        need = self._needs_of(rule)
        orders = self.env["sale.order"]
        lead = need.lead_id
        own = orders.browse(
            lead.with_user(self.olena).action_crm_repeat_quotation()["res_id"]
        )
        lead.with_user(self.manager).user_id = self.ivan
        self.env.invalidate_all()
        action = lead.with_user(self.ivan).action_crm_repeat_quotation()
        order = orders.browse(action["res_id"])
        self.assertNotEqual(order, own, "he may not see his colleague's")
        self.assertEqual(order.user_id, self.ivan)
        self.assertEqual(order.order_line.product_id, self.oil)
        self._pass(NOW + DAY)
        self.assertEqual((need.user_id, need.state), (self.ivan, "opened"))
        self.assertEqual(need.with_user(self.ivan).basket, "Oil 5W-40 × 4")

    # ------------------------------------------------------------ one deal

    def test_invoicing_an_order_is_no_second_purchase(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, date(2026, 1, 8), times=3)
        order = self._order(self.vera)
        order.date_order = "2026-02-07 10:00:00"
        self._pass()
        need = self._needs_of(rule)
        self.assertEqual((need.state, need.last_on), ("opened", DUE))
        invoice = self._make_invoice(
            date(2026, 3, 4),
            {"product_id": self.oil.id, "quantity": 4, "price_unit": 30,
             "sale_line_ids": [Command.set(order.order_line.ids)]},
            partner=self.vera, post=False,
        )  # fmt: skip
        self.assertEqual(order.order_line.qty_invoiced, 4)
        rhythm = self.rhythms.search([("customer_id", "=", self.vera.id)])
        self.rhythms._refresh(rule, self.vera.ids)
        self.assertEqual(rhythm.last_on, DUE, "a draft takes nothing away")
        invoice.action_post()
        self._pass(NOW + 3 * DAY)
        self.assertEqual((rhythm.last_on, rhythm.purchase_count), (DUE, 4))
        self.assertEqual((need.state, need.bought_on), ("opened", False))
        self._pass(NOW + 30 * DAY)
        self.assertEqual(len(self._needs_of(rule)), 1)

    def test_what_is_called_off_from_a_standing_order_is_a_purchase_each_time(self):
        rule = self._make_rule(start=None)
        order = self._order(self.vera)
        order.date_order = "2025-12-01 22:30:00"
        order.company_id.partner_id.tz = "Europe/Kyiv"  # there it is the 2nd
        invoices = [
            self._make_invoice(
                day,
                {"product_id": self.oil.id, "quantity": 1, "price_unit": 30,
                 "sale_line_ids": [Command.set(order.order_line.ids)]},
                partner=self.vera,
            )
            for day in (date(2025, 12, 5), date(2025, 12, 20), date(2026, 1, 5),
                        date(2026, 2, 5))
        ]  # fmt: skip

        def days():
            rows = self.env.execute_query_dict(rule._purchases_sql(self.vera.ids))
            return {row["day"]: row["quantity"] for row in rows}

        first = date(2025, 12, 2)
        self.assertEqual(days(), {first: 2, date(2026, 1, 5): 1, date(2026, 2, 5): 1})
        self._credit(invoices[3], date(2026, 2, 6), quantity=1)
        self.assertEqual(days(), {first: 2, date(2026, 1, 5): 1})

    def test_expected_is_what_it_costs_him(self):
        group = self.env.ref("product.group_product_pricelist")
        self.env.ref("base.group_user").implied_ids += group
        rule = self._make_rule()
        for partner, percent in ((self.vera, 50), (self.petya, 0)):
            partner.property_product_pricelist = self.env["product.pricelist"].create(
                {
                    "name": f"Less {percent} %",
                    "currency_id": self.company.currency_id.id,
                    "company_id": self.company.id,
                    "item_ids": [
                        Command.create(
                            {"compute_price": "percentage", "percent_price": percent}
                        )
                    ],
                }
            )
        self._buy_evenly(self.vera, DUE)
        self._buy_evenly(self.petya, DUE)
        self._pass()
        self.assertEqual(self._needs_of(rule, self.vera).lead_id.expected_revenue, 60)
        self.assertEqual(self._needs_of(rule, self.petya).lead_id.expected_revenue, 120)

    def _credit(self, invoice, day, **values):
        """A posted credit note of this invoice; ``values`` of its line."""
        note = invoice._reverse_moves([{"invoice_date": day, "date": day}])
        note.invoice_line_ids.write(values)
        note.action_post()
        return note

    def test_what_was_taken_back_was_not_used_up(self):
        rule = self._make_rule(basis="consumption", start=None)
        days = date(2026, 1, 1), date(2026, 1, 31), date(2026, 3, 2)
        self._buy(self.vera, *days[:2])
        invoice = self._make_invoice(
            days[2], {"product_id": self.oil.id, "quantity": 8, "price_unit": 30},
            partner=self.vera,
        )  # fmt: skip
        self._credit(invoice, date(2026, 3, 5), quantity=4)
        found = self.env.execute_query_dict(rule._rhythm_sql(self.vera.ids))
        self.assertEqual(
            (found[0]["quantity"], found[0]["due_on"]), (4, date(2026, 4, 1))
        )

    def test_a_lower_price_takes_no_goods_back_and_a_returned_day_was_none(self):
        rule = self._make_rule(start=None)
        self._buy_evenly(self.vera, DUE)
        self._buy_evenly(self.petya, DUE)
        last = self.env["account.move"].search(
            [
                ("partner_id", "in", (self.vera | self.petya).ids),
                ("invoice_date", "=", DUE),
            ]
        )
        cheaper, returned = (
            last.filtered(lambda move, who=who: move.partner_id == who)
            for who in (self.vera, self.petya)
        )
        self._credit(cheaper, DUE + DAY, price_unit=3)
        self._credit(returned, DUE + DAY)
        found = {
            row["customer_id"]: (row["purchase_count"], row["last_on"])
            for row in self.env.execute_query_dict(rule._rhythm_sql())
        }
        self.assertEqual(
            found,
            {self.vera.id: (4, DUE), self.petya.id: (3, DUE - 30 * DAY)},
        )

    def test_what_one_rule_decided_no_other_asks_again(self):
        one = self._make_rule(sequence=1)
        two = self._make_rule(name="Oil again", sequence=2, capacity=1)
        self.petya.user_id = self.olena
        self._buy_evenly(self.vera, DUE)
        self._pass()
        self._needs_of(one).lead_id.action_set_lost()
        self._pass(NOW + DAY)
        self._pass(NOW + 2 * DAY)
        self.assertEqual(self._states(one), {"Vera": ["lost"]})
        self.assertFalse(self._needs_of(two))

    def test_what_a_stopped_rule_left_another_takes_on(self):
        one = self._make_rule(sequence=1, capacity=1)
        self.petya.user_id = self.olena
        self._buy_evenly(self.vera, DUE, quantity=9)
        self._buy_evenly(self.petya, DUE)
        self._pass()
        one.action_stop()
        two = self._make_rule(name="Oil again")
        self._pass(NOW + timedelta(hours=1))
        self.assertEqual(self._states(one), {"Vera": ["opened"], "Petya": ["dropped"]})
        self.assertEqual(self._states(two), {"Petya": ["opened"]})

    def _lose_until_later(self):
        rule = self._make_rule()
        self._buy_evenly(self.petya, DUE)
        self._pass()
        need = self._needs_of(rule)
        reason = self.env["crm.lost.reason"].create(
            {"name": "Later", "crm_again_days": 10}
        )
        need.lead_id.action_set_lost(lost_reason_id=reason.id)
        self._pass(NOW + DAY)
        self.assertEqual((need.state, need.again_on), ("later", date(2026, 3, 13)))
        return rule, need

    def test_a_deal_taken_up_again_takes_its_need_along(self):
        rule, need = self._lose_until_later()
        need.lead_id.action_unarchive()
        self.assertEqual(need.lead_id.won_status, "pending")
        self._pass(NOW + 2 * DAY)
        self.assertEqual((need.state, need.ended_at), ("opened", False))
        self._pass(NOW + 15 * DAY)
        self.assertEqual(self._states(rule), {"Petya": ["opened"]})

    def test_no_turn_comes_while_the_old_deal_is_at_work(self):
        rule, need = self._lose_until_later()
        later = NOW + 12 * DAY
        self.env["crm.repeat.rule"]._look_around(later)
        need.lead_id.action_unarchive()
        self._pass(later)
        self.assertEqual(self._states(rule), {"Petya": ["lost", "waiting"]})
        need.lead_id.action_set_lost()
        self._pass(later + DAY)
        self.assertEqual(self._states(rule), {"Petya": ["lost", "opened"]})

    def test_an_archived_deal_holds_nothing_up(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, DUE)
        self._pass()
        need = self._needs_of(rule)
        need.lead_id.write({"active": False, "probability": 40})
        self.assertEqual(need.lead_id.won_status, "pending")
        self._pass(NOW + DAY)
        self.assertEqual((need.state, need.reason_code), ("dropped", "gone"))
        self.assertTrue(need.ended_at)
        need.lead_id.active = True
        self._pass(NOW + 2 * DAY)
        self.assertEqual((need.state, need.reason_code), ("opened", False))

    # ------------------------------------------------------------ what was bought

    def test_a_stopped_rule_is_measured_to_the_end(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, DUE)
        self._buy_evenly(self.petya, DUE)
        self._pass()
        rule.action_stop()
        vera, petya = (self._needs_of(rule, who) for who in (self.vera, self.petya))
        self._buy(self.petya, date(2026, 3, 9))
        vera.lead_id.action_set_won()
        self._pass(NOW + 8 * DAY)
        self.assertEqual((vera.state, petya.bought_on), ("won", date(2026, 3, 9)))
        self.assertFalse(rule.waiting_count)

    def test_who_buys_while_his_deal_is_open_is_not_called_any_more(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, DUE)
        self._pass()
        need = self._needs_of(rule)
        lead = need.lead_id
        self.assertEqual(lead.activity_ids.activity_type_id.category, "phonecall")
        order = self._order(self.vera)
        self._pass(NOW + DAY)
        self.assertEqual((need.state, lead.won_status), ("bought", "pending"))
        task = lead.activity_ids
        self.assertEqual(task.summary, "He has bought it: close the deal")
        self.assertEqual(task.user_id, self.olena)
        self.assertIn("bought it by himself on 03/02/2026", lead.crm_repeat_reason)
        self._pass(NOW + 2 * DAY)
        self.assertEqual(lead.activity_ids, task, "he is told once")
        # undone: the deal is about something again
        order._action_cancel()
        self._pass(NOW + 3 * DAY)
        self.assertEqual((need.state, need.bought_on), ("opened", False))
        self._buy(self.vera, date(2026, 3, 9))
        self._pass(NOW + 8 * DAY)
        self._pass(NOW + 30 * DAY)
        following = self._needs_of(rule) - need
        self.assertEqual((need.state, following.state), ("bought", "opened"))
        self.assertEqual(lead.won_status, "lost", "nobody had closed it")

    def test_what_the_deal_itself_sold_waits_for_its_salesperson(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, DUE)
        self._pass()
        need = self._needs_of(rule)
        order = self._order(self.vera)
        order.opportunity_id = need.lead_id
        self._pass(NOW + DAY)
        self.assertEqual((need.state, need.bought_on), ("opened", date(2026, 3, 2)))
        need.lead_id.action_set_won()
        self._pass(NOW + 2 * DAY)
        self.assertEqual(need.state, "won")

    def test_a_cancelled_order_was_no_purchase(self):
        rule = self._make_rule(capacity=1)
        self.petya.user_id = self.olena
        self._buy_evenly(self.vera, DUE, quantity=9)
        self._buy_evenly(self.petya, DUE)
        self._pass()
        need = self._needs_of(rule, self.petya)
        order = self._order(self.petya)
        self._pass(NOW + DAY)
        self.assertEqual((need.state, need.bought_on), ("bought", date(2026, 3, 2)))
        order._action_cancel()
        self._pass(NOW + 2 * DAY)
        self.assertEqual((need.state, need.bought_on), ("opened", False))
        self.assertEqual(len(self._needs_of(rule, self.petya)), 1)

    # ------------------------------------------------------------ become one

    def test_deals_merged_twice_keep_all_needs(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, DUE)
        self._buy_evenly(self.petya, DUE)
        self._pass()
        needs = self._needs_of(rule)
        needs.lead_id.merge_opportunity()
        self.env.invalidate_all()
        self.assertEqual(len(needs.lead_id), 1)
        other = self.env["crm.lead"].create(
            {"name": "By hand", "type": "opportunity", "partner_id": self.vera.id,
             "team_id": self.north.id, "user_id": self.olena.id, "probability": 99}
        )  # fmt: skip
        kept = (needs.lead_id | other).merge_opportunity()
        self.env.invalidate_all()
        self.assertEqual([need.lead_id for need in needs], [kept, kept])

    def test_the_twin_of_two_cards_ends_and_takes_over(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, DUE)
        self._buy_evenly(self.petya, DUE)
        self._pass()
        vera, petya = (self._needs_of(rule, who) for who in (self.vera, self.petya))
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.vera | self.petya).ids, self.vera)
        self.env.invalidate_all()
        twin, first = (vera | petya).sorted(lambda need: need.state)
        self.assertEqual((twin.state, first.state), ("dropped", "opened"))
        self.assertTrue(twin.ended_at)
        first.lead_id.action_set_lost()
        self._pass(NOW + DAY)
        self._pass(NOW + DAY)
        self.assertEqual((first.state, twin.state), ("lost", "opened"))
