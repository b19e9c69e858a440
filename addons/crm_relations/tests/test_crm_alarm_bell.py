"""The bell, the strip, the board, the snooze dialog, the dry run: what each asks and says."""

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .alarm_common import AlarmCommon, at


@tagged("post_install", "-at_install")
class TestCrmAlarmBell(AlarmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.olena | cls.head | cls.director | cls.petro | cls.ivan:
            user.tz = "UTC"
        cls.customer = cls._make_customer()
        cls.deal = cls._make_deal(
            partner_id=cls.customer.id, expected_revenue=84000, team_id=cls.north.id
        )

    def _bell(self, user):
        return self.alarms.with_user(user).load_bell()

    def _strip(self, user, record):
        return self.alarms.with_user(user).load_strip(record._name, record.id)

    @freeze_time("2026-03-02 13:30:00")
    def test_bell_says_who_waits_how_long_and_what_next(self):
        self._run(at(2, 13))
        found = self._bell(self.olena)
        self.assertEqual((found["count"], found["more"]), (1, False))
        (row,) = found["rows"]
        self.assertEqual((row["who"], row["what"]), ("Romashka LLC", "Winter tyres"))
        self.assertEqual(row["waited"], "4 h 30 min of 8 h")
        self.assertEqual(row["percent"], 56)
        self.assertEqual(row["next"], "Team leader, 17:00")
        self.assertEqual(self._bell(self.head), {"count": 0, "more": False, "rows": []})

    @freeze_time("2026-03-02 13:30:00")
    def test_acknowledged_is_last_and_not_counted(self):
        self._make_deal(team_id=self.north.id)
        self._run(at(2, 13))
        first = self._get_alarm(self.deal).with_user(self.olena)
        self.assertEqual(first.action_acknowledge(), first.ids)
        found = self._bell(self.olena)
        self.assertEqual(found["count"], 1)
        self.assertEqual([row["is_held"] for row in found["rows"]], [False, True])
        self.assertEqual(found["rows"][1]["hold"], "Olena sees to it until 17:30")
        self.assertEqual(found["rows"][1]["next"], "Team leader, 17:30")

    @freeze_time("2026-03-02 13:30:00")
    def test_bell_of_one_and_of_thirty_costs_the_same(self):
        self._run(at(2, 13))
        self._bell(self.olena)  # warm
        self.env.invalidate_all()
        with self.assertQueryCount(22):
            self._bell(self.olena)
        for __ in range(30):
            self._make_deal(team_id=self.north.id, partner_id=self.customer.id)
        self._run(at(2, 13))
        self.env.invalidate_all()
        with self.assertQueryCount(22):
            self.assertEqual(self._bell(self.olena)["count"], 31)

    def test_bell_that_is_empty_costs_nearly_nothing(self):
        self._bell(self.petro)  # warm
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self._bell(self.petro)

    @freeze_time("2026-03-02 17:30:00")
    def test_strip_says_why(self):
        self._run(at(2, 13))
        self._run(at(2, 17))
        (row,) = self._strip(self.olena, self.deal)
        self.assertEqual(row["title"], "Winter tyres waits 8 h 30 min of 16 h")
        self.assertEqual(
            row["why"],
            "Deal waits, since 09:00; told Olena 13:00; told Head 17:00; "
            "due Tue 15:00 = + 16 h working time in Ten hours, Director",
        )
        self.assertTrue(row["is_told"] and row["may_hold"] and row["may_snooze"])
        self.assertEqual(len(self._strip(self.head, self.deal)), 1)
        self.assertEqual(self._strip(self.petro, self.deal), [])
        self.assertEqual(self._strip(self.accountant, self.customer), [])

    @freeze_time("2026-03-02 10:00:00")
    def test_nobody_told_yet_is_said_on_the_deal_not_on_the_customer(self):
        self._run(at(2, 9, 30))
        (row,) = self._strip(self.olena, self.deal)
        self.assertFalse(row["is_told"])
        self.assertEqual(
            row["why"],
            "Deal waits, since 09:00; due 13:00 = + 4 h working time in Ten hours, "
            "Olena; then Head 17:00; then Director Tue 15:00",
        )
        self.assertEqual(self._strip(self.olena, self.customer), [])
        self._run(at(2, 13))
        self.assertEqual(len(self._strip(self.olena, self.customer)), 1)

    def test_strip_in_few_queries(self):
        self._run(at(2, 13))
        self._strip(self.olena, self.deal)  # warm
        self.env.invalidate_all()
        with self.assertQueryCount(34):
            self._strip(self.olena, self.deal)
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self.assertEqual(
                self._strip(self.olena, self.env["sale.order"].browse(1)), []
            )

    @freeze_time("2026-03-02 17:30:00")
    def test_card_says_in_its_one_call_what_the_strip_says(self):
        self.customer.user_id = self.olena
        self._run(at(2, 13))
        self._run(at(2, 17))
        (row,) = self._card()["alarms"]
        (strip,) = self._strip(self.olena, self.customer)
        whose = {"Director": "Test owner"}  # not yet who, but whose turn it is
        for person, role in whose.items():
            strip["why"] = strip["why"].replace(person, role)
        self.assertEqual(row, strip)
        self._get_alarm(self.deal).with_user(self.head).action_acknowledge()
        self.env.invalidate_all()
        (row,) = self._card()["alarms"]
        (strip,) = self._strip(self.olena, self.customer)
        self.assertTrue(row["is_held"] and row["hold"])
        self.assertEqual((row["hold"], row["title"]), (strip["hold"], strip["title"]))

    def test_card_shows_alarms_without_a_query_more(self):
        self.customer.user_id = self.olena
        self.assertEqual(self._card()["alarms"], [])
        quiet = self._count_card_queries()
        for _number in range(3):
            self._make_deal(partner_id=self.customer.id, team_id=self.north.id)
        self._run(at(2, 13))
        self.assertEqual(len(self._card()["alarms"]), 4)
        self.assertEqual(self._card(self.petro)["alarms"], [], "not his to know")
        self.assertEqual(self._count_card_queries(), quiet)
        self.assertLessEqual(quiet, 6)

    def test_card_follows_a_changed_calendar(self):
        self.customer.user_id = self.olena
        self._run(at(2, 13))
        self._card()  # the schedule is remembered
        with freeze_time("2026-03-02 13:30:00"):
            self.assertIn("4 h 30 min", self._card()["alarms"][0]["title"])
            self.calendar.attendance_ids.filtered(
                lambda line: line.dayofweek == "0"
            ).hour_from = 12
            self.assertIn("1 h 30 min", self._card()["alarms"][0]["title"])

    def _card(self, user=None):
        # as the browser asks: it sends language and time zone along
        timeline = self.env["crm.timeline"].with_user(user or self.olena)
        return timeline.with_context(lang="en_US", tz="UTC").load_card(
            self.customer.id
        )["head"]

    def _count_card_queries(self):
        self._card()
        self.env.invalidate_all()
        start = self.cr.sql_log_count
        self._card()
        return self.cr.sql_log_count - start

    @freeze_time("2026-03-02 13:30:00")
    def test_snooze_dialog(self):
        self._run(at(2, 13))
        alarm = self._get_alarm(self.deal).with_user(self.olena)
        action = alarm.action_open_snooze()
        snoozes = self.env["crm.alarm.snooze"].with_user(self.olena)
        with Form(snoozes.with_context(**action["context"])) as form:
            self.assertEqual(form.latest, at(5, 13, 30))
            form.until = at(3, 12)
            form.reason = "He decides on Tuesday"
        form.record.action_apply()
        self.assertEqual(alarm.state, "snoozed")
        (row,) = self._strip(self.head, self.deal)
        self.assertEqual(
            row["hold"], "Olena put it off until Tue 12:00: He decides on Tuesday"
        )
        self.assertFalse(row["may_snooze"])
        again = snoozes.create(
            {"alarm_ids": alarm.ids, "until": at(3, 14), "reason": "Once more"}
        )
        with self.assertRaises(UserError):
            again.action_apply()
        stranger = self.env["crm.alarm.snooze"].with_user(self.petro)
        with self.assertRaises(AccessError):
            stranger.create(
                {"alarm_ids": alarm.ids, "until": at(3, 14), "reason": "Not mine"}
            ).action_apply()

    @freeze_time("2026-03-02 13:30:00")
    def test_many_are_acknowledged_at_once(self):
        self._make_deal(user=self.ivan, team_id=self.north.id)
        self._run(at(2, 13))
        alarms = self.alarms.with_user(self.head).search(
            [("rule_id", "=", self.rule.id)]
        )
        self.assertEqual(len(alarms), 2)
        result = alarms.action_acknowledge_all()
        self.assertEqual(result["params"]["message"], "2 acknowledged.")
        self.assertEqual(set(alarms.mapped("state")), {"acknowledged"})
        with self.assertRaises(UserError):
            alarms.action_acknowledge_all()
        with self.assertRaises(AccessError):
            alarms.with_user(self.petro).action_acknowledge_all()

    def test_below_the_level_it_is_said(self):
        for hour in (13, 17):
            self._run(at(2, hour))
        alarm = self._get_alarm(self.deal).with_user(self.olena)
        result = alarm.action_acknowledge_all()
        self.assertEqual(result["params"]["type"], "warning")
        self.assertEqual(alarm.state, "running")

    def test_board_by_rung(self):
        other = self._make_deal(user=self.ivan, team_id=self.north.id, start=at(2, 13))
        for day, hour in ((2, 13), (2, 17)):
            self._run(at(day, hour))
        board = self.alarms.with_user(self.head)
        domain = [("rule_id", "=", self.rule.id), ("level", ">", 0)]
        groups = dict(board._read_group(domain, ["rung"], ["__count"]))
        self.assertEqual(groups, {"1": 1, "2": 1})
        board = board.with_context(read_group_expand=True)
        columns = board.web_read_group(domain, ["rung"], ["__count"])["groups"]
        self.assertEqual([row["rung"] for row in columns], ["1", "2", "3"])
        found = board.search([*domain, ("rung", "=", "2")])
        self.assertEqual(found, self._get_alarm(self.deal).with_user(self.head))
        self.assertEqual(board.search([*domain, ("rung", "!=", "2")]).res_id, other.id)
        mine = found.with_user(self.olena)
        self.assertEqual(mine.amount, 84000)
        self.assertEqual(mine.currency_id, self.company.currency_id)

    @freeze_time("2026-03-02 13:30:00")
    def test_cards_of_the_board_are_computed_together(self):
        counts = []
        for __round in range(2):
            for __ in range(10):
                self._make_deal(team_id=self.north.id)
            self._run(at(2, 13))
            alarms = self.alarms.with_user(self.manager).search(
                [("rule_id", "=", self.rule.id)]
            )
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            alarms.read(
                ["wait_text", "climb_text", "wait_percent", "amount", "res_name"]
            )
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
        self.assertLessEqual(counts[1], 22)

    def test_opening_goes_where_one_can_act(self):
        self._run(at(2, 13))
        alarm = self._get_alarm(self.deal)
        opened = alarm.with_user(self.olena).action_open_record()
        self.assertEqual(
            (opened["res_model"], opened["res_id"]), ("crm.lead", self.deal.id)
        )
        # the head sees the alarm, not the host's record: he gets the alarm
        opened = alarm.with_user(self.head).action_open_record()
        may_read = self.deal.with_user(self.head).has_access("read")
        self.assertEqual(opened["res_model"], "crm.lead" if may_read else "crm.alarm")
        with self.assertRaises(AccessError):
            alarm.with_user(self.petro).action_open_record()

    def test_preview_is_for_those_who_edit_rules(self):
        self._run(at(2, 9, 30))
        found = self.rule.with_user(self.manager).load_preview()
        self.assertEqual((found["count"], found["late"]), (1, 1))
        self.assertEqual(
            [step["who"] for step in found["rows"][0]["steps"]],
            ["Responsible", "Team leader", "Test owner"],
        )
        with self.assertRaises(AccessError):
            self.rule.with_user(self.olena).load_preview()

    def test_browsers_of_those_concerned_are_told(self):
        bus = self.env["bus.bus"].sudo()
        bus.search([]).unlink()

        def channels():
            self.env.cr.precommit.run()
            rows = bus.search([("message", "ilike", "crm_relations.alarm/changed")])
            found = {row.channel for row in rows}
            rows.unlink()
            return found

        def rung_at(*users):
            found = channels()
            self.assertEqual(len(found), len(users), found)
            for user in users:
                key = f"{user.partner_id.id}]"
                self.assertTrue(any(row.endswith(key) for row in found), found)

        self._run(at(2, 13), tell=True)
        rung_at(self.olena)
        self._run(at(2, 17), tell=True)
        rung_at(self.olena, self.head)
        self._get_alarm(self.deal).with_user(self.head)._resolve(at(2, 17, 5))
        rung_at(self.olena, self.head)
