from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import TIME_ZERO
from .owned_common import DAY, OwnedCommon


class DeputyCommon(OwnedCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.romashka = cls._make_customer(user_id=cls.olena.id)
        cls.deal = cls._make_deal("Winter tyres", cls.olena, cls.romashka)

    @classmethod
    def _make_absence(cls, user=None, deputy=None, days=7, start=0, **values):
        return cls.env["crm.deputy"].create(
            {
                "user_id": (user or cls.olena).id,
                "deputy_id": (deputy or cls.ivan).id,
                "date_from": cls.today + start * DAY,
                "date_to": cls.today + (start + days - 1) * DAY,
                **values,
            }
        )

    def _run(self, now=TIME_ZERO):
        self.env["crm.deputy"]._run(now)

    def _plan(self, user, days=1, by=None, record=None):
        record = (record or self.deal).with_user(by or self.manager)
        return self._plan_call(record, user, days, summary=f"in {days}")


@tagged("post_install", "-at_install")
class TestCrmDeputy(DeputyCommon):
    def test_begins_and_ends_by_the_calendar_of_who_is_away(self):
        self.olena.tz = "Europe/Kyiv"
        absence = self._make_absence(start=1, days=2)
        evening = TIME_ZERO.replace(hour=21, minute=59)  # 23:59 in Kyiv
        self._run(evening)
        self.assertEqual(absence.state, "planned")
        self._run(evening + timedelta(minutes=1))
        self.assertEqual(absence.state, "active")
        self._run(evening + 2 * DAY)
        self.assertEqual(absence.state, "active")
        self._run(evening + 2 * DAY + timedelta(minutes=1))
        self.assertEqual(absence.state, "done")

    def test_due_activities_go_and_come_back(self):
        due, later = self._plan(self.olena, 2), self._plan(self.olena, 30)
        absence = self._make_absence()
        self._run()
        self.assertEqual((due.user_id, due.crm_deputy_for_id), (self.ivan, self.olena))
        self.assertEqual(later.user_id, self.olena, "due after the return")
        due_done = self._plan(self.olena, 3)
        self.assertEqual(due_done.user_id, self.ivan, "a new one too")
        self.assertEqual(self._plan(self.olena, 20).user_id, self.olena)
        self.assertEqual(self._plan(self.olena, 3, by=self.olena).user_id, self.olena)
        due_done.with_user(self.ivan).action_feedback(feedback="called")
        absence.with_user(self.olena).action_end()
        self.assertEqual((due.user_id, due.crm_deputy_for_id.id), (self.olena, False))
        self.assertEqual(due_done.user_id, self.ivan, "who did it stays")

    def test_reassigned_activity_goes_to_the_deputy(self):
        activity = self._plan(self.head, 2)
        self._make_absence()
        self._run()
        activity.with_user(self.manager).user_id = self.olena
        self.assertEqual(
            (activity.user_id, activity.crm_deputy_for_id), (self.ivan, self.olena)
        )

    def test_deputy_opens_what_is_the_others_only_meanwhile(self):
        order = self._make_order(self.romashka)
        row = self._make_interaction("k", owner_id=self.olena.id, user_id=self.olena.id)
        records = [self.deal, order, row]

        def readable():
            return [
                bool(rec.with_user(self.ivan)._filtered_access("write"))
                for rec in records
            ]

        self.assertEqual(readable(), [False] * 3)
        absence = self._make_absence()
        self._run()
        self.assertEqual(readable(), [True] * 3)
        absence.action_end()
        self.assertEqual(readable(), [False] * 3)

    def test_arrival_goes_to_the_deputy_and_back(self):
        absence = self._make_absence()
        self._run()
        vals = {
            "channel": self._channel("form"), "company": self.company, "team": self.north,
            "name": "Brakes", "partner": self.romashka,
        }  # fmt: skip
        self.env["crm.arrival.rule"].search([]).attach_to_open = False
        lead = self.env["crm.arrival"]._arrive(vals, TIME_ZERO)
        self.assertEqual(
            (lead.user_id, lead.crm_deputy_for_id), (self.ivan, self.olena)
        )
        self.assertEqual(lead.activity_ids.user_id, self.ivan)
        absence.action_end()
        self.assertEqual((lead.user_id, lead.crm_deputy_for_id.id), (self.olena, False))

    def test_absent_member_is_not_the_next(self):
        self._make_absence(self.ivan, self.head)
        self._run()
        lead = self._make_lead("New")
        self.assertFalse(self.north._crm_can_take(self.ivan, lead))
        user, reason = self.north._crm_find_responsible(lead)
        self.assertNotEqual(user, self.ivan)
        self.assertIn(reason, ("member", "leader"))

    def test_notices_reach_the_deputy(self):
        self.deal.message_subscribe(self.olena.partner_id.ids)
        self._make_absence()
        self._run()
        message = self.deal.with_user(self.manager).message_post(
            body="The customer is angry", subtype_xmlid="mail.mt_comment",
            message_type="comment",
        )  # fmt: skip
        self.assertEqual(
            message.notified_partner_ids & (self.olena | self.ivan).partner_id,
            (self.olena | self.ivan).partner_id,
        )

    def test_summary_on_return(self):
        open_one = self._plan(self.olena, 2)
        absence = self._make_absence()
        self._run()
        done = self._plan(self.olena, 3)
        done.with_user(self.ivan).action_feedback()
        self._make_interaction(
            "k", owner_id=self.olena.id, started_at=TIME_ZERO + timedelta(hours=1)
        )
        absence._finish(TIME_ZERO + DAY)
        notice = self.env["mail.message"].search(
            [("model", "=", "crm.deputy"), ("res_id", "=", absence.id),
             ("subject", "=", "While you were away")]
        )  # fmt: skip
        self.assertEqual(notice.notified_partner_ids, self.olena.partner_id)
        for text in ("Contacts with your customers: <b>1</b>", "Done for you: <b>1</b>",
                     "Open and yours again: <b>1</b>", open_one.display_name):  # fmt: skip
            self.assertIn(text, notice.body)

    def test_chain_and_circle(self):
        self._make_absence(self.olena, self.ivan)
        self._make_absence(self.ivan, self.head)
        self._run()
        deputies = self.env["crm.deputy"]
        self.assertEqual(deputies._get_acting(self.olena), self.head)
        self.assertEqual(self._plan(self.olena).user_id, self.head)
        self._make_absence(self.head, self.olena)
        self._run()
        self.assertEqual(
            deputies._get_acting(self.olena), self.olena, "a circle: nobody"
        )

    def test_periods_do_not_overlap(self):
        self._make_absence()
        with self.assertRaises(ValidationError):
            self._make_absence(deputy=self.head, start=3)
        absence = self._make_absence(start=7)
        self.assertEqual(absence.state, "planned")

    def test_running_period_keeps_its_people(self):
        absence = self._make_absence()
        self._run()
        with self.assertRaises(UserError):
            absence.deputy_id = self.head
        with self.assertRaises(UserError):
            absence.unlink()
        absence.date_to += DAY

    def test_who_may(self):
        absence = self._make_absence()
        everybody = (
            self.olena,
            self.ivan,
            self.head,
            self.petro,
            self.manager,
            self.director,
        )
        for access, expected in (
            ("read", [True, True, True, False, True, True]),
            ("write", [True, False, True, False, True, False]),
        ):
            allowed = [
                bool(absence.with_user(user)._filtered_access(access))
                for user in everybody
            ]
            self.assertEqual(allowed, expected, access)
        deputies = self.env["crm.deputy"]
        values = {"date_from": self.today + 20 * DAY, "date_to": self.today + 21 * DAY}
        deputies.with_user(self.ivan).create(
            {**values, "user_id": self.ivan.id, "deputy_id": self.olena.id}
        )
        with self.assertRaises(AccessError):
            deputies.with_user(self.petro).create(
                {**values, "user_id": self.olena.id, "deputy_id": self.petro.id}
            )
        own = deputies.with_user(self.petro).create(
            {**values, "user_id": self.petro.id, "deputy_id": self.ivan.id}
        )
        with self.assertRaises(AccessError):
            own.write({"user_id": self.olena.id, "deputy_id": self.petro.id})
        with self.assertRaises(AccessError):
            deputies.with_user(self.accountant).search([])
        other = self.env["res.company"].create({"name": "Other"})
        absence.company_id = other
        self.assertFalse(absence.with_user(self.manager)._filtered_access("read"))

    def test_nobody_makes_himself_the_deputy_of_others(self):
        mine = self._make_absence(self.ivan, self.head)
        swap = {"user_id": self.petro.id, "deputy_id": self.ivan.id}
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            mine.with_user(self.ivan).write(swap)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            mine.with_user(self.ivan).write({**swap, "team_id": self.north.id})
        self.env.invalidate_all()
        self.assertEqual((mine.user_id, mine.deputy_id), (self.ivan, self.head))
        mine.with_user(self.ivan).deputy_id = self.olena

        dates = {"date_from": self.today, "date_to": self.today + DAY}
        foreign = {"user_id": self.petro.id, "deputy_id": self.head.id}
        deputies = self.env["crm.deputy"].with_user(self.head)
        for model, vals in (
            (deputies, {"team_id": self.north.id}),
            (deputies.with_context(default_team_id=self.north.id), {}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                model.create({**dates, **foreign, **vals})
        led = deputies.create({**dates, **foreign, "user_id": self.olena.id})
        self.assertEqual(led.team_id, self.north)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            led.write({**foreign, "team_id": self.north.id})

    def test_only_the_pass_begins_and_ends(self):
        mine = self._make_absence(self.ivan, self.head, start=3).with_user(self.ivan)
        vals = {
            "user_id": self.ivan.id, "deputy_id": self.head.id,
            "date_from": self.today + 30 * DAY, "date_to": self.today + 31 * DAY,
        }  # fmt: skip
        for forged in (
            {"state": "active"},
            {"started_at": TIME_ZERO},
            {"ended_at": TIME_ZERO},
        ):
            with self.assertRaises(AccessError):
                mine.write(forged)
            with self.assertRaises(AccessError):
                mine.create({**vals, **forged})
        by_context = mine.with_context(default_state="active").create(vals)
        self.assertEqual(by_context.state, "planned")
        mine.action_end()
        self.assertEqual(mine.state, "cancelled")
        with self.assertRaises(AccessError):
            mine.with_user(self.petro).action_end()
        with self.assertRaises(AccessError):
            mine.state = "planned"

    def test_new_team_leader_sees_at_once(self):
        absence = self._make_absence()
        self.assertFalse(absence.with_user(self.petro)._filtered_access("read"))
        self.north.user_id = self.petro
        self.assertTrue(absence.with_user(self.petro)._filtered_access("read"))
