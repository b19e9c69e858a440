"""What goes wrong stops itself only, is said, and nobody's notice is lost."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .alarm_common import HOUR, MINUTE, MONDAY, AlarmCommon, at

ENGINE = "odoo.addons.crm_relations.models.crm_alarm_rule_error"


@tagged("post_install", "-at_install")
class TestCrmAlarmFaults(AlarmCommon):
    def _break(self, name, rule):
        """The engine's method fails for one rule."""
        cls = self.env.registry["crm.alarm"]
        method = getattr(cls, name)

        def fail(alarms, bad, *args):
            if bad == rule:
                raise ValueError("no such thing")
            return method(alarms, bad, *args)

        self.patch(cls, name, fail)
        return cls, name, method

    def test_a_bad_rule_does_not_stop_the_others(self):
        for name in ("_look", "_fire_rule", "_apply_rule_progress"):
            with self.subTest(name=name):
                bad = self._make_rule(name="Bad", progress_in=True)
                self.rule.progress_in = True
                customer = self._make_customer()
                deal = self._make_deal(partner_id=customer.id)
                if name == "_apply_rule_progress":
                    self._run(MONDAY + MINUTE)
                    self._make_interaction(
                        name, partner_id=customer.id, started_at=MONDAY + HOUR
                    )
                broken = self._break(name, bad)
                with self.assertLogs(ENGINE, "ERROR"):
                    self._run(at(2, 13), tell=True)
                alarm = self._get_alarm(deal)
                if name == "_apply_rule_progress":
                    self.assertEqual(alarm.stop_reason, "progress")
                else:
                    self.assertEqual(self._told(alarm), [(1, 0, ["rel_olena"])])
                self.assertEqual(bad.last_error, "no such thing")
                self.assertIn(
                    "1 alarm rules fail", self.alarms._get_dead_man_warning(at(2, 13))
                )
                # left aside, then looked at again
                self._run(at(2, 13, 9))
                self.patch(*broken)
                self._run(at(2, 13, 11), tell=True)
                self.assertFalse(bad.last_error)
                self.assertTrue(self._get_alarm(deal, bad))
                bad.active = False
                self._run(at(2, 13, 12))

    def test_a_record_that_refuses_its_responsible_stops_nobody(self):
        self.rule.step_ids[1].reassign = True
        refused, good = self._make_deal(), self._make_deal()
        self._run(at(2, 13))
        lead = self.env.registry["crm.lead"]
        write = lead.write

        def refuse(leads, vals):
            if "user_id" in vals and refused in leads:
                raise UserError("He stays.")  # pylint: disable=translation-required
            return write(leads, vals)

        self.patch(lead, "write", refuse)
        with self.assertLogs("odoo.addons.crm_relations.models.crm_alarm_fire"):
            self._run(at(2, 17))
        self.assertEqual((refused.user_id, good.user_id), (self.olena, self.head))
        self.assertEqual(self._told(self._get_alarm(refused))[-1], (2, 0, ["rel_head"]))
        self.assertIn("He stays.", self.rule.last_error)

    def test_a_long_flood_is_summed_up_every_hour_without_gaps(self):
        self.env["ir.config_parameter"].set_param(
            "crm_relations.alarm_storm_per_hour", 2
        )
        deals = [self._make_deal() for __ in range(7)]
        self._run(at(2, 13))
        while self.events._tell(at(2, 13), limit=3):
            pass

        def subjects():
            return (
                self.env["mail.message"]
                .search([("subject", "=like", "% alarms at once")], order="id")
                .mapped("subject")
            )

        self.assertEqual(subjects(), ["5 alarms at once"], "of every batch")
        later = [self._make_deal() for __ in range(4)]
        self._run(at(2, 13, 30), tell=True)
        self.assertEqual(len(subjects()), 1, "once in an hour")
        later.pop().priority = "0"
        self._run(at(2, 14, 1), tell=True)
        # two are told singly: the first hour is over
        events = self.alarms.search([("rule_id", "=", self.rule.id)]).event_ids
        self.assertFalse(
            events.filtered(lambda row: row.state == "digest" and not row.sent_at)
        )
        self.assertEqual(subjects()[1:], ["3 alarms at once"])
        self.assertEqual(len(deals), 7)

    def test_who_has_no_address_is_told_in_the_inbox(self):
        self.director.write({"email": False, "notification_type": "email"})
        deal = self._make_deal()
        self._run(at(3, 15), tell=True)
        alarm = self._get_alarm(deal)
        self.assertEqual(self._told(alarm)[-1], (3, 0, ["rel_director"]))
        notice = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.director.partner_id.id)]
        )
        self.assertEqual(notice.notification_type, "inbox")
        self.assertIn("no e-mail address", notice.mail_message_id.body)

    def test_letters_of_notices_wait_in_the_queue(self):
        self.head.notification_type = "email"
        self._make_deal()
        mails = self.env.registry["mail.mail"]
        sent = []
        self.patch(mails, "send", lambda mail, *args, **kwargs: sent.append(mail))
        self.patch(
            mails, "send_after_commit", lambda mail, *args, **kwargs: sent.append(mail)
        )
        self._run(at(2, 13), tell=True)
        self._run(at(2, 17), tell=True)
        self.assertEqual(sent, [])

    def test_what_is_settled_before_it_is_told_is_not_told(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        alarm = self._get_alarm(deal)
        alarm.with_user(self.olena)._resolve(at(2, 13))
        self._tell(at(2, 13, 1))
        self.assertEqual(alarm.event_ids.filtered("channel").state, "note")
        self.assertFalse(deal.activity_ids)

    def test_its_to_do_ends_with_the_alarm(self):
        deal = self._make_deal()
        own = deal.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.ivan.id
        )
        self._run(at(2, 13), tell=True)
        self.assertEqual(len(deal.activity_ids), 2)
        deal.priority = "0"
        self._run(at(2, 14))
        self.assertEqual(self._get_alarm(deal).state, "stopped")
        self.assertEqual(deal.activity_ids, own)

    def test_failed_notices_are_told_again_or_dismissed(self):
        self._make_deal()
        self._make_deal()
        self._run(at(2, 13))
        again, never = self.alarms.search([("rule_id", "=", self.rule.id)]).event_ids
        (again | never).write({"state": "failed", "attempts": 5, "error": "paper"})
        self.assertIn("2 notices", self.alarms._get_dead_man_warning(at(2, 13)))
        with self.assertRaises(AccessError):
            again.with_user(self.olena).action_retry()
        again.with_user(self.manager).action_retry()
        never.with_user(self.manager).action_dismiss()
        self.assertFalse(self.alarms._get_dead_man_warning(at(2, 13)))
        self._tell(at(2, 13, 1))
        self.assertEqual((again.state, never.state), ("sent", "note"))

    def test_the_health_page_is_of_this_minute(self):
        self._make_deal()
        self._run(at(2, 13))
        check = self.env["crm.health.check"].search([("code", "=", "alarm_pass")])
        self.assertEqual(check.problem_count, 0)
        self.alarms.search([("rule_id", "=", self.rule.id)]).event_ids.write(
            {"state": "failed"}
        )
        self._run(at(2, 13, 1))
        self.assertEqual((check.problem_count, check.state), (1, check.state))
        self.assertIn("1 notices", check.message)

    def test_how_long_a_look_took_is_measured_over_its_pieces(self):
        rule = self._make_rule(
            start_domain="[('date_deadline', '<', 'today')]", poll_minutes=60
        )
        self.assertTrue(rule.is_polled)
        rule._set_quietly(scan_after=0, next_poll_at=at(2, 9))
        self.rule._set_quietly(scan_after=-1)
        ticks = iter((1.0, 1.25, 5.0, 5.5))
        ends = iter((5, None))
        self.patch(
            self.env.registry["crm.alarm"],
            "_look",
            lambda alarms, *args: ([], next(ends)),
        )
        for __ in range(2):
            self.alarms._work_scans(rule, at(2, 8), lambda: next(ticks))
        self.assertEqual(rule.poll_milliseconds, 750)


@tagged("post_install", "-at_install")
class TestCrmAlarmClocks(AlarmCommon):
    def test_reopened_while_paused_counts_consumed_time_once(self):
        self.rule.pause_domain = "[('referred', '=', 'waits')]"
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(deal)
        deal.referred = "waits"
        self._run(at(2, 11))
        self.assertEqual(alarm.consumed_seconds, 7200)
        deal.priority = "0"
        self._run(at(2, 12))
        self.assertEqual(alarm.state, "stopped")
        deal.write({"priority": "1", "referred": False})
        self._run(at(2, 12, 10))
        self.assertEqual(alarm.state, "running")
        # two hours were consumed, two are left since it left at noon
        self.assertEqual(alarm.next_fire_at, at(2, 14))

    def test_reopened_into_a_pause_stands_still(self):
        self.rule.pause_domain = "[('referred', '=', 'waits')]"
        deal = self._make_deal()
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(deal)
        deal.priority = "0"
        self._run(at(2, 11))
        deal.write({"priority": "1", "referred": "waits"})
        self._run(at(2, 11, 10))
        self.assertEqual((alarm.state, alarm.next_fire_at), ("paused", False))
        self.assertEqual(alarm.consumed_seconds, 7800)

    def test_a_moved_date_of_a_paused_alarm_does_not_count_the_pause(self):
        self.rule.write(
            {"pause_domain": "[('referred', '=', 'waits')]", "follow_date": True}
        )
        deal = self._make_deal(referred="waits")
        self._run(MONDAY + MINUTE)
        alarm = self._get_alarm(deal)
        self.env.cr.execute(
            "UPDATE crm_lead SET date_last_stage_update = %s WHERE id = %s",
            [at(2, 10), deal.id],
        )
        self.env["crm.alarm.dirty"]._touch("crm.lead", deal.ids)
        self._run(at(2, 10, 1))
        self.assertEqual((alarm.state, alarm.started_at), ("paused", at(2, 10)))
        self.assertFalse(alarm.resumed_at)
        deal.referred = False
        self._run(at(2, 13))
        self.assertEqual(alarm.next_fire_at, at(2, 17))

    def test_days_later_are_days_of_the_calendar_across_summer_time(self):
        self.calendar.tz = "Europe/Kyiv"
        self.rule.offset_days = 2
        deal = self._make_deal(at(27, 10))  # Friday noon in Kyiv, summer time on Sunday
        self._run(at(27, 11))
        self.assertEqual(self._get_alarm(deal).started_at, at(29, 9))

    def test_a_person_s_calendar_is_that_of_the_record_s_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        here, there = (
            self._make_calendar("Here", ((9, 18),)),
            self._make_calendar("There", ((12, 18),)),
        )
        there.company_id = other
        self.rule.calendar_order = "user"
        for company, calendar in ((self.company, here), (other, there)):
            self.env["resource.resource"].create(
                {
                    "name": "Olena", "user_id": self.olena.id,
                    "company_id": company.id, "calendar_id": calendar.id,
                }
            )  # fmt: skip
        deal = self._make_deal(company_id=self.company.id)
        self._run(MONDAY + MINUTE)
        self.assertEqual(self._get_alarm(deal).calendar_id, here)

    def test_relative_dates_are_polled(self):
        for domain in (
            "[('date_deadline', '<', '-3d')]",
            "[('date_deadline', '=', '=monday')]",
            "[('date_deadline', '>', 'today +1w')]",
            "[('date_deadline', '>', '+2H')]",
            "[('activity_ids', 'any', [('date_deadline', '<', 'today')])]",
        ):
            with self.subTest(domain=domain):
                self.rule.start_domain = domain
                self.assertTrue(self.rule.is_polled)
        self.rule.start_domain = "[('name', '=', '-3 tyres'), ('priority', '=', '1')]"
        self.assertFalse(self.rule.is_polled)

    def test_answered_in_time_only_when_it_was_answered(self):
        deals = {
            reason: self._make_deal() for reason in ("condition", "deleted", "merged")
        }
        older = self._make_deal()
        self._run(MONDAY + MINUTE)
        alarms = {reason: self._get_alarm(deal) for reason, deal in deals.items()}
        deals["condition"].priority = "0"
        deals["deleted"].unlink()
        self.alarms._merge_records("crm.lead", deals["merged"].ids, older.id)
        self._run(MONDAY + HOUR)
        if alarms["merged"].state != "stopped":
            alarms["merged"] = self.alarms.search(
                [("rule_id", "=", self.rule.id), ("stop_reason", "=", "merged")]
            )
        self.assertEqual(
            {reason: row.stop_reason for reason, row in alarms.items()},
            {reason: reason for reason in alarms},
        )
        self.assertEqual(
            {reason: row.is_in_time for reason, row in alarms.items()},
            {"condition": True, "deleted": False, "merged": False},
        )
        self.assertTrue(alarms["merged"].waited_seconds is not False)
