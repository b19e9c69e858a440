"""Who may do what with repeat sales; what people see; cards that become one or go."""

from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .repeat_common import NOW, RepeatCommon


@tagged("post_install", "-at_install")
class TestCrmRepeatPeople(RepeatCommon):
    def _rule_with_deals(self):
        rule = self._make_rule(script_id=self.script.id)
        for partner in (self.vera, self.petya, self.firm):
            self._buy_evenly(partner, date(2026, 2, 7))
        self._pass()
        return rule

    def test_the_salesperson_sees_his_deal_why_and_makes_the_quotation(self):
        rule = self._rule_with_deals()
        need = self._needs_of(rule, self.vera).with_user(self.olena)
        lead = need.lead_id
        self.assertIn("buys every 30 ± 0 days", lead.crm_repeat_reason)
        self.assertEqual(lead.crm_repeat_basket, "Oil 5W-40 × 4")
        guide = lead.load_stage_guide()
        self.assertEqual(guide["script"]["steps"][0]["text"], "Good day, Vera!")
        action = lead.action_crm_repeat_quotation()
        order = self.env["sale.order"].browse(action["res_id"])
        self.assertEqual(order.opportunity_id, lead)
        self.assertEqual(
            [(line.product_id, line.product_uom_qty) for line in order.order_line],
            [(self.oil, 4)],
        )
        self.assertEqual(order.user_id, self.olena)
        again = lead.action_crm_repeat_quotation()
        self.assertEqual(again["res_id"], order.id, "a second click opens the same")

    def test_a_template_makes_the_quotation(self):
        template = self.env["sale.order.template"].create(
            {
                "name": "Oil change",
                "sale_order_template_line_ids": [
                    (0, 0, {"product_id": self.oil.id, "product_uom_qty": 5}),
                    (0, 0, {"product_id": self.product.id, "product_uom_qty": 1}),
                ],
            }
        )
        rule = self._make_rule(template_id=template.id)
        self._buy_evenly(self.vera, date(2026, 2, 7))
        self._pass()
        lead = self._needs_of(rule).lead_id.with_user(self.olena)
        self.assertEqual(lead.crm_repeat_basket, "Oil 5W-40 × 5, Policy × 1")
        order = self.env["sale.order"].browse(
            lead.action_crm_repeat_quotation()["res_id"]
        )
        self.assertEqual(order.sale_order_template_id, template)
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [5, 1])

    def test_own_team_all_and_nobody_else(self):
        self._rule_with_deals()
        counts = {}
        for user in (self.olena, self.ivan, self.petro, self.head, self.south_head,
                     self.manager, self.director, self.marketer):  # fmt: skip
            counts[user.login] = self.needs.with_user(user).search_count([])
        self.assertEqual(list(counts.values()), [1, 1, 1, 2, 1, 3, 3, 3], counts)
        with self.assertRaises(AccessError):
            self.needs.with_user(self.accountant).search([])

    def test_rules_are_marketers_and_needs_are_nobodys_to_write(self):
        rule = self._rule_with_deals()
        need = self._needs_of(rule, self.vera)
        for user in (self.olena, self.head, self.director):
            rule.with_user(user).read(["name", "what"])
            for forbidden in ("action_stop", "action_preview"):
                with self.assertRaises(AccessError):
                    if forbidden == "action_stop":
                        rule.with_user(user).action_stop()
                    else:
                        self._preview(rule.with_user(user))
        for user in (self.marketer, self.manager, self.olena):
            with self.assertRaises(AccessError):
                need.with_user(user).write({"state": "won"})
        with self.assertRaises(UserError):
            need.unlink()
        rule.with_user(self.marketer).what = "engine oil"  # a word may change …
        with self.assertRaises(UserError):
            rule.with_user(self.marketer).ahead_days = 3  # … what it works with not
        rule.with_user(self.marketer).action_stop()
        self.assertEqual(rule.state, "stopped")

    def _preview(self, rule):
        return (
            self.env["crm.repeat.preview"]
            .with_user(rule.env.user)
            .create({"rule_id": rule.id})
        )

    def test_the_marketer_looks_before_he_starts(self):
        rule = self._make_rule(start=None).with_user(self.marketer)
        today = rule._get_today(self.env.cr.now())
        self._buy_evenly(self.vera, today - timedelta(days=20))  # in ten days
        self._buy_evenly(self.petya, today - timedelta(days=33))  # three days ago
        preview = self._preview(rule)
        self.assertEqual((preview.coming_count, preview.overdue_count), (1, 1))
        self.assertIn("Vera", preview.sample_html)
        self.assertIn("Oil: buys every 30 ± 0 days", preview.sample_html)
        self.assertFalse(self._needs_of(rule), "a look makes nothing")
        preview.action_start_with_overdue()
        self.assertEqual((rule.state, rule.is_backlog), ("running", True))

    def test_the_preview_counts_only_who_will_get_a_deal(self):
        rule = self._make_rule(start=None)
        now = self.env.cr.now()
        self._buy_evenly(self.vera, rule._get_today(now) - timedelta(days=33))
        self._buy_evenly(self.petya, rule._get_today(now) - timedelta(days=33))
        rule._start_from(rule._get_today(now), is_backlog=True)
        self._pass(now)
        self._needs_of(rule, self.vera).lead_id.action_set_lost()
        self._pass(now)
        self._buy_evenly(self.firm, rule._get_today(now) - timedelta(days=33))
        rule.action_stop()
        self.assertEqual(self._preview(rule).overdue_count, 1, "the firm alone")

    def test_without_consent_to_calls_it_is_said(self):
        rule = self._rule_with_deals()
        need = self._needs_of(rule, self.vera).with_user(self.olena)
        self.assertEqual(need.may_call, "never agreed")
        self.env["crm.consent"].create(
            {
                "partner_id": self.vera.id,
                "kind": "call",
                "purpose_id": self.marketing_purpose.id,
                "state": "given",
                "source": "hand",
            }
        )
        need.invalidate_recordset()
        self.assertEqual(need.may_call, "may be called")

    @property
    def marketing_purpose(self):
        return self.env.ref("crm_relations.crm_contact_purpose_marketing")

    def test_the_list_costs_the_same_for_one_and_for_many(self):
        rule = self._rule_with_deals()
        names = ["customer_id", "reason", "basket", "may_call", "state", "lead_id"]

        def count(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(names)
            return self.env.cr.sql_log_count - before

        needs = self._needs_of(rule).with_user(self.manager)
        count(needs)
        self.assertEqual(count(needs[:1]), count(needs))

    def test_two_cards_become_one(self):
        rule = self._rule_with_deals()
        merged = self.vera | self.petya
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge(merged.ids, self.vera)
        self.env.invalidate_all()
        needs = self._needs_of(rule, self.vera)
        self.assertEqual(sorted(needs.mapped("state")), ["dropped", "opened"])
        self._pass(NOW + timedelta(days=1))
        self.assertEqual(len(self._needs_of(rule)), 3)

    def test_deals_that_become_one_keep_the_need(self):
        rule = self._rule_with_deals()
        need = self._needs_of(rule, self.vera)
        other = self.env["crm.lead"].create(
            {"name": "By hand", "type": "opportunity", "partner_id": self.vera.id,
             "team_id": self.north.id, "user_id": self.olena.id, "probability": 90}
        )  # fmt: skip
        (need.lead_id | other).merge_opportunity()
        self.env.invalidate_all()
        self.assertTrue(need.lead_id.exists())
        self.assertEqual(need.lead_id.crm_repeat_need_id, need)

    def test_whom_we_forget_is_not_foreseen(self):
        rule = self._make_rule(capacity=1)
        self.petya.user_id = self.olena
        self._buy_evenly(self.vera, date(2026, 2, 7), quantity=9)
        self._buy_evenly(self.petya, date(2026, 2, 7))
        self._pass()
        self.petya._erase_interactions()
        self.env.invalidate_all()
        self.assertEqual(self._needs_of(rule, self.petya).state, "dropped")
        self.assertFalse(self.rhythms.search([("customer_id", "=", self.petya.id)]))

    def test_another_company_has_its_own(self):
        foreign = self.env["res.company"].create({"name": "Foreign"})
        rule = self._rule_with_deals()
        needs = self._needs_of(rule)
        self.marketer.write(
            {"company_ids": [(4, foreign.id)], "company_id": foreign.id}
        )
        env = self.env(user=self.marketer, context={"allowed_company_ids": foreign.ids})
        self.assertFalse(env["crm.repeat.rule"].search([("id", "=", rule.id)]))
        self.assertFalse(env["crm.repeat.need"].search([("id", "in", needs.ids)]))
