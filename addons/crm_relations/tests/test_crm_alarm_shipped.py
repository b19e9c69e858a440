"""The rules that come along: each starts, climbs and stops with records of its own.

Two of the ten live with their modules: *Promised delivery late* in crm_relations_stock,
*Negative survey answer* in crm_relations_survey.
"""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .alarm_common import MINUTE, MONDAY, AlarmCommon, at
from .money_common import MoneyCommon


class ShippedCommon(AlarmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("crm_relations.role_head_of_sales").user_ids = cls.manager
        cls.env.ref("crm_relations.role_owner").user_ids = cls.director

    def _choose(self, name):
        rule = self.env.ref(f"crm_relations.alarm_rule_{name}")
        self.assertFalse(rule.active)
        rule.write({"active": True, "valid_from": False})
        return rule

    def _climb(self, record, rule, *steps):
        """The alarm of a record, told at exactly these moments.

        :param steps: (moment, login of who is told)
        """
        for number, (moment, login) in enumerate(steps, start=1):
            self._run(moment - MINUTE, tell=True)
            self.assertEqual(len(self._told(self._get_alarm(record, rule))), number - 1)
            self._run(moment, tell=True)
            told = self._told(self._get_alarm(record, rule))
            self.assertEqual(told[-1], (number, 0, [login]))
            self.assertEqual(len(told), number)
        return self._get_alarm(record, rule)

    def _assert_stopped(self, alarm, now, reason):
        self._run(now)
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", reason))


@tagged("post_install", "-at_install")
class TestCrmAlarmShipped(ShippedCommon):
    def test_first_response(self):
        rule = self._choose("first_response")
        contact = self._make_interaction(
            "new", owner_id=self.olena.id, team_id=self.north.id, started_at=at(2, 10)
        )
        alarm = self._climb(
            contact, rule,
            (at(2, 10, 15), "rel_olena"), (at(2, 10, 30), "rel_head"),
            (at(2, 11), "rel_manager"),
        )  # fmt: skip
        contact.answered_at = at(2, 11, 20)
        self._assert_stopped(alarm, at(2, 11, 21), "stop")
        self.assertEqual(alarm.waited_seconds, 81 * 60)

    def test_qualified_lead_without_activity(self):
        rule = self._choose("qualified_idle")
        lead = self._make_deal(priority="0")
        lead.date_last_stage_update = at(2, 9) - timedelta(days=9)  # an old stage
        lead.qualification_state = "qualified"
        self._run(MONDAY)  # it is qualified now
        alarm = self._climb(
            lead, rule, (at(2, 17), "rel_olena"), (at(3, 15), "rel_head")
        )
        self.assertEqual(lead.activity_ids.crm_alarm_id, alarm, "its own to-do")
        lead.activity_schedule("mail.mail_activity_data_call", user_id=self.olena.id)
        self._assert_stopped(alarm, at(3, 16), "condition")

    def test_what_happened_to_nobodys_alarm_is_for_sales_only(self):
        rule = self._choose("first_response")
        contact = self._make_interaction("new", started_at=at(2, 10))
        self._run(at(2, 10, 15), tell=True)
        alarm = self._get_alarm(contact, rule)
        self.assertFalse(alarm.user_id)
        events = self.env["crm.alarm.event"].search([("alarm_id", "=", alarm.id)])
        self.assertTrue(events)
        clerk = self._make_user("rel_alarm_clerk", "base.group_user")
        found = self.env["crm.alarm.event"].with_user(clerk).search([])
        self.assertFalse(found & events)
        found = self.env["crm.alarm.event"].with_user(self.olena).search([])
        self.assertTrue(found & events)

    def test_proposal_without_answer(self):
        rule = self._choose("proposal")
        customer = self._make_customer()
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id, "user_id": self.olena.id,
                "team_id": self.north.id,
            }
        )  # fmt: skip
        self._run(MONDAY)
        self.assertFalse(self._get_alarm(order, rule))
        order.action_quotation_sent()
        self.assertTrue(order.crm_sent_at)
        order.crm_sent_at = MONDAY
        alarm = self._climb(
            order, rule,
            (at(3, 15), "rel_olena"), (at(4, 13), "rel_manager"),
            (at(5, 11), "rel_director"),
        )  # fmt: skip
        self._make_interaction(
            "reply", partner_id=customer.id, started_at=at(5, 12), direction="in"
        )
        self._assert_stopped(alarm, at(5, 12, 1), "progress")

    def test_promise_broken_after_its_day(self):
        rule = self._choose("promise")
        promise = self.env["crm.promise"].create(
            {
                "name": "Pay", "partner_id": self._make_customer().id,
                "user_id": self.olena.id, "team_id": self.north.id,
                "due_date": "2026-03-03",
            }
        )  # fmt: skip
        self._run(at(3, 18))
        alarm = self._get_alarm(promise, rule)
        self.assertEqual(alarm.started_at, at(4))
        promise.due_date = "2026-03-10"  # given more time: counted from there
        self._climb(
            promise, rule, (at(11, 8, 30), "rel_olena"), (at(11, 16), "rel_head")
        )
        promise.action_keep()
        self._assert_stopped(alarm, at(11, 17), "condition")
        self.assertFalse(alarm.is_in_time)

    def test_overdue_activity_is_its_own_notice(self):
        rule = self._choose("activity")
        deal = self._make_deal(priority="0")
        activity = deal.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.olena.id,
            date_deadline=at(2).date(),
        )  # fmt: skip
        alarm = self._climb(
            activity, rule, (at(3, 16), "rel_olena"), (at(5, 12), "rel_manager")
        )
        self.assertEqual(alarm.activity_id, activity)
        self.assertEqual(deal.activity_ids, activity)
        activity._action_done()
        self._assert_stopped(alarm, at(5, 12, 1), "archived")

    def test_big_deal_silent_for_a_week(self):
        rule = self._choose("big_deal")
        customer = self._make_customer()
        small = self._make_deal(priority="0", expected_revenue=9999)
        deal = self._make_deal(
            priority="0", expected_revenue=10000, partner_id=customer.id
        )
        alarm = self._climb(
            deal, rule, (at(6, 9), "rel_olena"),
            (at(6, 17), "rel_manager"),
        )  # fmt: skip
        self.assertFalse(self._get_alarm(small, rule))
        self._make_interaction(
            "call", direction="out", partner_id=customer.id, started_at=at(9, 10)
        )
        self._assert_stopped(alarm, at(9, 10, 1), "progress")
        again = self._get_alarm(deal, rule)
        self.assertEqual((again.episode, again.started_at), (2, at(9, 10)))

    def test_asset_s_service_due(self):
        rule = self._choose("service")
        asset = self.env["crm.customer.asset"].create(
            {
                "name": "Golf",
                "partner_id": self._make_customer(user_id=self.olena.id).id,
                "next_service_date": "2026-03-03",
            }
        )  # fmt: skip
        alarm = self._climb(
            asset, rule, (at(4, 9), "rel_olena"), (at(9, 18), "rel_head")
        )
        asset.next_service_date = False
        self._assert_stopped(alarm, at(10, 9), "condition")

    def test_worse_terms_for_a_better_customer(self):
        rule = self._choose("unfair")
        order = self.env["sale.order"].create(
            {
                "partner_id": self._make_customer().id, "user_id": self.olena.id,
                "team_id": self.north.id,
            }
        )  # fmt: skip
        order.action_quotation_sent()
        order.crm_unfair_sent_at = MONDAY
        alarm = self._climb(
            order, rule, (MONDAY + 5 * MINUTE, "rel_head"), (at(2, 13), "rel_manager")
        )
        order._action_cancel()
        self._assert_stopped(alarm, at(2, 14), "condition")

    def test_setup_page_chooses_rules_and_fills_roles(self):
        admin = self._make_user(
            "rel_admin",
            "base.group_user,sales_team.group_sale_manager,base.group_erp_manager",
        )
        rule = self.env.ref("crm_relations.alarm_rule_proposal")
        setup = self.env["crm.alarm.setup"]
        with Form(setup.with_user(admin)) as form:
            form.rule_ids.add(rule)
            form.head_user_ids.add(self.head)
            form.owner_user_ids.add(self.director)
        form.record.action_apply()
        self.assertTrue(rule.active)
        owner = self.env.ref("crm_relations.role_owner")
        self.assertEqual(owner.user_ids, self.director)
        # a manager of sales chooses rules, and roles are not his to fill
        page = setup.with_user(self.manager).create({})
        self.assertFalse(page.may_edit_roles)
        page.rule_ids -= rule
        page.action_apply()
        self.assertFalse(rule.active)
        page.owner_user_ids = self.manager
        with self.assertRaises(AccessError):
            page.action_apply()
        with self.assertRaises(AccessError):
            setup.with_user(self.olena).create({})

    def test_every_rule_that_comes_along_can_be_looked_at(self):
        rules = self.env["crm.alarm.rule"].search(
            [("active", "=", False), ("id", "!=", self.rule.id)]
        )
        names = rules.get_external_id()
        rules = rules.filtered(lambda rule: names[rule.id].startswith("crm_relations."))
        self.assertGreaterEqual(len(rules), 8)
        for rule in rules:
            found = rule._preview(MONDAY)
            self.assertIn("count", found, rule.name)
        self.assertFalse(rules.filtered("is_polled").mapped("name"))


@tagged("post_install", "-at_install")
class TestCrmAlarmShippedInvoice(ShippedCommon, MoneyCommon):
    def test_invoice_unpaid_after_its_due_date(self):
        rule = self._choose("unpaid")
        people = {"invoice_user_id": self.olena.id, "team_id": self.north.id,
                  "invoice_date_due": "2026-03-03"}  # fmt: skip
        invoice, draft = (
            self._make_invoice("2026-03-03", 100, post=post, **people)
            for post in (True, False)
        )
        self.assertEqual(str(invoice.invoice_date_due), "2026-03-03")
        alarm = self._climb(
            invoice, rule,
            (at(4, 9), "rel_olena"), (at(9, 18), "rel_manager"),
            (at(13, 18), "rel_director"),
        )  # fmt: skip
        self._pay(invoice, "2026-03-13")
        self._assert_stopped(alarm, at(13, 18, 1), "condition")
        self.assertFalse(self._get_alarm(draft, rule))
