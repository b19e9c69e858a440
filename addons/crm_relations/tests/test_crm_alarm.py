import doctest

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..tools import alarm_clock, alarm_plan, alarm_steps, alarm_text
from .alarm_common import HOUR, MINUTE, MONDAY, AlarmCommon, at


@tagged("post_install", "-at_install")
class TestCrmAlarm(AlarmCommon):
    def test_doctests(self):
        for module in (alarm_clock, alarm_plan, alarm_steps, alarm_text):
            result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
            self.assertTrue(result.attempted)
            self.assertEqual(result.failed, 0, module.__name__)

    def test_climbs_from_responsible_to_owner(self):
        deal = self._make_deal(MONDAY)  # Monday 9:00
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(deal)
        self.assertEqual(alarm.state, "running")
        self.assertEqual(alarm.next_fire_at, at(2, 13))
        self.assertEqual((alarm.user_id, alarm.team_id), (self.olena, self.north))
        self._run(at(2, 12, 59), tell=True)
        self.assertEqual(self._told(alarm), [])
        self._run(at(2, 13), tell=True)
        self.assertEqual(self._told(alarm), [(1, 0, ["rel_olena"])])
        self.assertEqual(alarm.activity_id.user_id, self.olena)
        self.assertEqual(alarm.activity_id.res_id, deal.id)
        self._run(at(2, 17), tell=True)
        self.assertEqual(self._told(alarm)[1:], [(2, 0, ["rel_head"])])
        self._run(at(3, 14, 59))
        self.assertEqual(len(self._told(alarm)), 2)
        self._run(at(3, 15), tell=True)
        self.assertEqual(self._told(alarm)[2:], [(3, 0, ["rel_director"])])
        self.assertEqual((alarm.state, alarm.next_fire_at), ("exhausted", False))
        self.assertEqual((alarm.level, alarm.severity), (3, "3"))
        self.assertEqual(set(alarm.event_ids.mapped("state")), {"sent"})
        letter = self.env["mail.mail"].search([], order="id DESC", limit=1)
        self.assertIn("rel_director@example.com", letter.email_to)

    def test_glpi_22678_over_night(self):
        deal = self._make_deal(at(2, 17))
        self._run(at(2, 17, 1))
        self.assertEqual(self._get_alarm(deal).next_fire_at, at(3, 11))

    def test_answer_in_time_stops_it(self):
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        deal.priority = "0"
        self._run(MONDAY + HOUR)
        alarm = self._get_alarm(deal)
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", "condition"))
        self.assertTrue(alarm.is_in_time)
        self.assertEqual(alarm.waited_seconds, 3600)

    def test_outgoing_contact_and_reply_are_progress_automatic_is_not(self):
        self.rule.write({"progress_out": True, "progress_in": True})
        customer = self._make_customer()
        deal = self._make_deal(partner_id=customer.id)
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(deal)
        contact = {"partner_id": customer.id, "started_at": MONDAY + HOUR}
        self._make_interaction(
            "robot", direction="out", is_automatic=True, lead_id=deal.id, **contact
        )
        self._make_interaction(
            "missed", direction="out", outcome="no_answer", lead_id=deal.id, **contact
        )
        self._run(MONDAY + HOUR + MINUTE)
        self.assertEqual(alarm.state, "running")
        self.env["crm.interaction"]._feed(
            [
                {
                    "channel": "call", "external_key": "call", "direction": "out",
                    "outcome": "answered", **contact,
                }
            ]
        )  # fmt: skip
        self._run(MONDAY + HOUR + 2 * MINUTE)
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", "progress"))
        self.assertEqual(alarm.stopped_at, MONDAY + HOUR)
        # the record is as it was: nothing starts again by itself
        deal.expected_revenue = 5
        deal.user_id = self.ivan
        self._run(MONDAY + 2 * HOUR)
        self.assertEqual(self._get_alarm(deal), alarm)

    def test_contact_about_another_deal(self):
        self.rule.write({"progress_out": True, "progress_scope": "record"})
        customer = self._make_customer()
        deal = self._make_deal(partner_id=customer.id)
        other = self._make_lead("Other", partner_id=customer.id)
        self._run(MONDAY + MINUTE)
        self._make_interaction(
            "other", direction="out", partner_id=customer.id, lead_id=other.id,
            started_at=MONDAY + HOUR,
        )  # fmt: skip
        self._run(MONDAY + 2 * HOUR)
        self.assertEqual(self._get_alarm(deal).state, "running")
        self.rule.progress_scope = "customer"
        self._run(MONDAY + 3 * HOUR)
        self._make_interaction(
            "again", direction="out", partner_id=customer.id, lead_id=other.id,
            started_at=MONDAY + 2 * HOUR,
        )  # fmt: skip
        self._run(MONDAY + 3 * HOUR)
        self.assertEqual(self._get_alarm(deal).stop_reason, "progress")

    def test_done_activity_restarts_the_clock(self):
        self.rule.write({"progress_activity": True, "on_progress": "restart"})
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        activity = deal.activity_schedule("mail.mail_activity_data_call")
        activity._action_done()
        message = deal.message_ids.filtered("mail_activity_type_id")
        message.date = at(2, 11)
        self._run(at(2, 11, 1))
        alarm = self._get_alarm(deal)
        self.assertEqual((alarm.started_at, alarm.episode), (at(2, 11), 1))
        self.assertEqual(alarm.next_fire_at, at(2, 15))
        # once somebody was told, progress is a new episode
        self._run(at(2, 15))
        again = deal.activity_schedule("mail.mail_activity_data_call")
        again._action_done()
        (deal.message_ids.filtered("mail_activity_type_id") - message).date = at(2, 16)
        self._run(at(2, 16, 1))
        self.assertEqual((alarm.state, alarm.is_in_time), ("stopped", False))
        self.assertEqual(self._get_alarm(deal).episode, 2)
        self.assertEqual(self._get_alarm(deal).started_at, at(2, 16))

    def test_stage_change_is_progress_when_ticked(self):
        self.rule.write({"progress_stage": True})
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        self.env.cr.execute(
            "UPDATE crm_lead SET date_last_stage_update = %s WHERE id = %s",
            [at(2, 10), deal.id],
        )
        self.env["crm.alarm.dirty"]._touch("crm.lead", deal.ids)
        self._run(at(2, 10, 1))
        self.assertEqual(self._get_alarm(deal).stop_reason, "progress")

    def test_explanation(self):
        deal = self._make_deal(at(2, 17))
        self._run(at(2, 17, 1))
        alarm = self._get_alarm(deal).with_user(self.olena)
        found = alarm._explain(at(2, 17, 30))
        self.assertEqual(found["calendar"], "Ten hours")
        self.assertEqual(found["waited_minutes"], 30)
        self.assertEqual(
            [(row["who"], row["due_at"], row["state"]) for row in found["steps"]],
            [
                ("Olena", at(3, 11), "next"),
                ("Head", at(3, 15), "later"),
                ("Director", at(4, 13), "later"),
            ],
        )

    def test_dry_run_writes_nothing(self):
        self.rule.active = False
        deals = [self._make_deal(at(2, 9)), self._make_deal(at(2, 17))]
        before = self.alarms.search_count([])
        found = self.rule._preview(at(2, 18))
        self.assertEqual((found["count"], found["late"], found["older"]), (2, 1, 0))
        self.assertEqual([row["id"] for row in found["rows"]], [d.id for d in deals])
        self.assertEqual(found["rows"][1]["steps"][0]["due_at"], at(3, 11))
        self.assertEqual(self.alarms.search_count([]), before)

    def test_rules_are_checked(self):
        with self.assertRaises(ValidationError):
            self.rule.start_domain = "[('no_such_field', '=', 1)]"
        with self.assertRaises(ValidationError):
            self.rule.start_domain = "__import__('os')"
        with self.assertRaises(ValidationError):
            self._make_rule([{"target": "path", "path": "partner_id"}])
        name = self.env["ir.model.fields"]._get("res.partner", "create_date")
        with self.assertRaises(ValidationError):
            self.rule.date_field_id = name

    def test_an_unknown_model_is_polled_at_its_interval(self):
        field = self.env["ir.model.fields"]._get("res.partner", "create_date")
        rule = self._make_rule(
            model_id=self.env["ir.model"]._get_id("res.partner"),
            start_domain="[('ref', '=', 'wait')]",
            date_field_id=field.id,
            poll_minutes=60,
        )
        self.assertTrue(rule.is_polled)
        self.assertFalse(self.rule.is_polled)
        self._run(MONDAY)
        partner = self._make_customer(ref="wait", user_id=self.olena.id)
        self._run(MONDAY + 59 * MINUTE)
        self.assertFalse(self._get_alarm(partner, rule))
        self._run(MONDAY + 60 * MINUTE)
        self.assertEqual(self._get_alarm(partner, rule).user_id, self.olena)
        self.assertTrue(rule.next_poll_at)

    def test_a_condition_about_time_is_polled(self):
        self.rule.start_domain = "[('date_deadline', '<', 'today')]"
        self.assertTrue(self.rule.is_polled)

    def test_events_never_change(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        event = self._get_alarm(deal).event_ids
        with self.assertRaises(UserError):
            event.write({"fired_at": at(2, 9)})
        with self.assertRaises(UserError):
            event.unlink()
        with self.assertRaises(AccessError):
            event.with_user(self.manager).write({"state": "failed"})

    def test_a_link_instead_of_a_second_activity(self):
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        known = deal.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.olena.id,
            date_deadline=MONDAY.date(),
        )  # fmt: skip
        self._run(at(2, 13), tell=True)
        self.assertEqual(self._get_alarm(deal).activity_id, known)
        self.assertEqual(deal.activity_ids, known)

    def test_a_notice_that_fails_is_tried_again_alone(self):
        deals = [self._make_deal(), self._make_deal()]
        self._run(at(2, 13))
        broken, good = (self._get_alarm(deal) for deal in deals)
        channel = self.env.registry["crm.alarm.channel.activity"]
        send = channel._send

        def fail(model, events, now):
            if broken in events.alarm_id:
                raise ValueError("no paper")
            return send(model, events, now)

        self.patch(channel, "_send", fail)
        with self.assertLogs("odoo.addons.crm_relations.models.crm_pass_mixin"):
            self.assertEqual(self.events._tell(at(2, 13)), 2)
        self.assertEqual(good.event_ids.state, "sent")
        self.assertEqual(broken.event_ids.state, "pending")
        self.assertEqual(broken.event_ids.error, "no paper")
        self.assertEqual(self.events._tell(at(2, 13, 1)), 0)
        self.patch(channel, "_send", send)
        self.assertEqual(self.events._tell(at(2, 13, 2)), 1)
        self.assertEqual(broken.event_ids.state, "sent")

    def test_switched_off_rule_stops_its_alarms(self):
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        self.rule.active = False
        self._run(MONDAY + HOUR)
        self.assertEqual(self._get_alarm(deal).stop_reason, "rule")

    def test_dead_man(self):
        self.assertFalse(self.alarms._get_dead_man_warning(MONDAY) and False)
        self._run(MONDAY)
        self.assertFalse(self.alarms._get_dead_man_warning(MONDAY + 10 * MINUTE))
        self.assertIn(
            "CRM: alarms", self.alarms._get_dead_man_warning(MONDAY + 11 * MINUTE)
        )
        self.rule.active = False
        self.assertFalse(self.alarms._get_dead_man_warning(MONDAY + 11 * MINUTE))
