"""Alarms when records become one, when a person is forgotten, and when rules are edited."""

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.http_routing.tests.common import MockRequest

from .alarm_common import HOUR, MINUTE, MONDAY, AlarmCommon, at


@tagged("post_install", "-at_install")
class TestCrmAlarmMerge(AlarmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls._make_rule(
            [
                {"limit_minutes": 240, "target": "responsible", "channel": "inbox"},
                {"limit_minutes": 480, "target": "user", "user_id": cls.head.id},
            ],
            name="Customer waits",
            model_id=cls.env["ir.model"]._get_id("res.partner"),
            start_domain="[('ref', '=', 'wait')]",
            date_field_id=False,
            poll_minutes=1,
        )

    def _start(self, name, moment, ref="wait"):
        partner = self._make_customer(name, user_id=self.olena.id, ref=ref)
        self._run(moment)
        return partner

    def _merge(self, sources, destination):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((sources | destination).ids, destination)

    def _open(self, partner):
        return self.alarms.search(
            [
                ("rule_id", "=", self.partners.id),
                ("res_id", "=", partner.id),
                ("state", "!=", "stopped"),
            ]
        )

    def test_the_source_s_alarm_goes_to_the_customer_that_stays(self):
        source = self._start("Source", MONDAY)
        target = self._start("Target", MONDAY + MINUTE, ref=False)
        alarm = self._get_alarm(source, self.partners)
        self._run(at(2, 13))
        alarm.with_user(self.olena)._acknowledge(at(2, 13, 5), 60)
        target.ref = "wait"
        self._merge(source, target)
        self.assertFalse(source.exists())
        self.assertEqual((alarm.res_id, alarm.customer_id), (target.id, target))
        self.assertEqual(
            (alarm.state, alarm.hold_user_id, alarm.hold_until),
            ("acknowledged", self.olena, at(2, 14, 5)),
        )
        self._run(at(2, 13, 6))
        self.assertEqual(self._open(target), alarm, "neither doubled nor begun anew")
        self.assertEqual(alarm.started_at, MONDAY)

    def test_of_two_the_older_clock_stays_with_who_sees_to_either(self):
        older = self._start("Older", MONDAY)
        younger = self._start("Younger", MONDAY + MINUTE)
        first, second = (
            self._get_alarm(row, self.partners) for row in (older, younger)
        )
        self._run(at(2, 13, 2))
        second.with_user(self.olena)._snooze(at(2, 13, 5), at(2, 15), "On holiday")
        self._merge(older, younger)
        self.assertEqual(self._open(younger), first)
        self.assertEqual((second.state, second.stop_reason), ("stopped", "merged"))
        self.assertEqual(
            (first.state, first.hold_until, first.hold_reason),
            ("snoozed", at(2, 15), "On holiday"),
        )
        self._run(at(2, 14))
        self.assertEqual(len(self._told(first)), 1, "it is silent")
        self._run(at(2, 17))
        self.assertEqual(self._told(first)[1:], [(2, 0, ["rel_head"])])

    def test_alarms_of_his_deals_follow_their_customer(self):
        source, target = self._make_customer("Source"), self._make_customer("Target")
        deal = self._make_deal(partner_id=source.id)
        self._run(MONDAY + MINUTE)
        self._merge(source, target)
        alarm = self._get_alarm(deal)
        self.assertEqual((alarm.customer_id, alarm.state), (target, "running"))
        self._run(MONDAY + HOUR)
        self.assertEqual(self._get_alarm(deal), alarm)

    def test_merge_these_two_as_well(self):
        source = self._start("Source", MONDAY)
        target = self._start("Target", MONDAY + MINUTE)
        first, second = (
            self._get_alarm(row, self.partners) for row in (source, target)
        )
        self.env["crm.partner.merge.log"]._merge(source, target, "The same")
        self._run(MONDAY + HOUR)
        self.assertEqual(self._open(target), first)
        self.assertEqual(second.stop_reason, "merged")
        self.assertFalse(self._open(source))

    def test_merged_leads_keep_who_sees_to_them(self):
        old, new = self._make_deal(at(2, 9)), self._make_deal(at(2, 9, 30))
        self._run(at(2, 13, 30))
        older, younger = self._get_alarm(old), self._get_alarm(new)
        younger.with_user(self.olena)._acknowledge(at(2, 13, 31), 120)
        kept = (new | old).merge_opportunity(auto_unlink=True)
        self._run(at(2, 13, 32))
        self.assertEqual((older.res_id, older.state), (kept.id, "acknowledged"))
        self.assertEqual(older.hold_until, at(2, 15, 31))
        self.assertEqual(younger.stop_reason, "merged")
        self.assertEqual(
            self.alarms.search_count(
                [("res_id", "in", (old | new).ids), ("state", "!=", "stopped"),
                 ("rule_id", "=", self.rule.id)]
            ), 1,
        )  # fmt: skip


@tagged("post_install", "-at_install")
class TestCrmAlarmErase(AlarmCommon):
    def test_words_go_and_counts_stay(self):
        person = self._make_customer("Olha", user_id=self.olena.id)
        company = self._make_customer("Sova", is_company=True)
        clerk = self._make_customer("Petryk", parent_id=company.id)
        deals = [
            self._make_deal(partner_id=partner.id)
            for partner in (person, clerk, company)
        ]
        self._run(at(2, 13), tell=True)
        alarms = [self._get_alarm(deal) for deal in deals]
        for alarm in alarms:
            mine = alarm.with_user(self.olena)
            mine._snooze(at(2, 13, 5), at(2, 15), "She is ill")
            mine._resolve(at(2, 13, 10), "She called")
        before = [
            alarm.read(["waited_seconds", "level", "started_at"]) for alarm in alarms
        ]
        (person | clerk)._erase_interactions()
        for alarm in alarms[:2]:
            self.assertFalse(alarm.hold_reason or alarm.stop_note)
            self.assertNotIn(
                "She", " ".join(filter(None, alarm.event_ids.mapped("reason")))
            )
            self.assertEqual(
                set(alarm.event_ids.mapped("kind")), {"notice", "snooze", "stop"}
            )
            self.assertFalse(alarm.activity_id.summary or alarm.activity_id.note)
        self.assertFalse(alarms[0].customer_id)
        self.assertEqual(
            alarms[1].customer_id, company, "their company keeps its share"
        )
        self.assertEqual(alarms[2].stop_note, "She called", "somebody else")
        after = [
            alarm.read(["waited_seconds", "level", "started_at"]) for alarm in alarms
        ]
        self.assertEqual(after, before)

    def test_codes_of_the_engine_are_no_words(self):
        person = self._make_customer("Olha")
        deal = self._make_deal(partner_id=person.id)
        self._run(at(5, 12))  # three days later: lower steps are skipped
        person._erase_interactions()
        self.assertEqual(
            self._skipped(self._get_alarm(deal)), [(1, "late"), (2, "late")]
        )


@tagged("post_install", "-at_install")
class TestCrmAlarmRuleEditor(AlarmCommon):
    """A sales administrator without *Access Rights* edits rules."""

    def test_he_picks_a_model_and_its_date(self):
        self.assertFalse(self.manager.has_group("base.group_erp_manager"))
        models = self.env["ir.model"].with_user(self.manager)
        found = dict(models.name_search("Sales Order", [("model", "=", "sale.order")]))
        self.assertIn(self.env["ir.model"]._get_id("sale.order"), found)
        dates = self.env["ir.model.fields"].with_user(self.manager)
        self.assertTrue(dates.name_search("Order Date", [("model", "=", "sale.order")]))
        rules = self.env["crm.alarm.rule"].with_user(self.manager)
        with Form(rules) as form:
            form.name = "Order waits"
            form.model_id = models._get("sale.order")
            form.start_domain = "[('state', '=', 'draft')]"
            form.date_field_id = dates._get("sale.order", "date_order")
            with form.step_ids.new() as step:
                step.limit_minutes = 60
                step.target = "role"
                step.role_id = self.owner_role
                step.channel = "inbox"
        rule = form.record
        self.assertIn("count", rule.load_preview())
        with Form(rule) as form:
            form.name = "An order waits"
            form.responsible_field_id = dates._get("sale.order", "user_id")
            with form.step_ids.edit(0) as step:
                step.limit_minutes = 120
        self.assertEqual(rule.step_ids.limit_minutes, 120)
        rule.action_backfill()
        self.assertFalse(rule.valid_from)

    def test_nobody_else_looks_into_models_nor_does_he_change_them(self):
        model = self.env["ir.model"]._get("sale.order")
        self.assertFalse(model.with_user(self.manager).has_access("write"))
        self.assertFalse(model.with_user(self.olena).has_access("read"))
        with self.assertRaises(AccessError):
            self.rule.with_user(self.olena).name = "Mine"

    def test_administrators_of_any_kind_hear_of_a_dead_pass(self):
        self._run(MONDAY)  # long ago
        for number, (groups, hears) in enumerate(
            (
                ("base.group_user,base.group_erp_manager", True),
                ("base.group_user,base.group_system", True),
                ("base.group_user,sales_team.group_sale_manager", False),
            )
        ):
            user = self._make_user(f"rel_admin_{number}", groups)
            with MockRequest(self.env(user=user)) as request:
                request.session.uid = user.id
                info = self.env["ir.http"].with_user(user).session_info()
            self.assertEqual("CRM: alarms" in info.get("crm_alarm_warning", ""), hears)


@tagged("post_install", "-at_install")
class TestCrmAlarmReport(AlarmCommon):
    def test_waiting_is_in_hours_wherever_it_is_summed_up(self):
        for minutes in (60, 120):
            deal = self._make_deal()
            self._run(MONDAY)
            deal.priority = "0"
            self._run(MONDAY + minutes * MINUTE)
        alarms = self.alarms.with_user(self.head)
        field = alarms.fields_get(["waited_hours", "waited_seconds"])
        self.assertEqual(field["waited_hours"]["aggregator"], "avg")
        self.assertFalse(field["waited_seconds"].get("aggregator"))
        ((hours,),) = alarms._read_group(
            [("rule_id", "=", self.rule.id)], [], ["waited_hours:avg"]
        )
        self.assertEqual(hours, 1.5)
        for view, words in (("pivot", "float_time"), ("graph", "float_time")):
            arch = alarms.get_view(
                self.env.ref(f"crm_relations.crm_alarm_view_{view}").id, view
            )["arch"]
            self.assertIn(words, arch)
            self.assertNotIn("waited_seconds", arch)
