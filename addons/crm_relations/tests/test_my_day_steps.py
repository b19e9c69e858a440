from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TIME_ZERO
from .day_common import MyDayCommon
from .owned_common import DAY


@tagged("post_install", "-at_install")
class TestMyDaySteps(MyDayCommon):
    def test_done_with_the_next_step_in_one_go(self):
        call = self._plan(0, summary="Ask about size")
        step = self._step(
            self._items(), "done", feedback="225/45 R17", next_summary="Send the offer",
            next_date=self.today + 2 * DAY,
        )  # fmt: skip
        self.assertEqual(step.next_user_id, self.olena)
        step.action_done_next()
        self.assertEqual((call.active, call.feedback), (False, "225/45 R17"))
        following = self.deal.activity_ids
        self.assertEqual(following.summary, "Send the offer")
        self.assertEqual(following.date_deadline, self.today + 2 * DAY)
        with self.assertRaises(UserError, msg="it was done meanwhile"):
            step.action_done_next()

    def test_done_and_nothing_follows(self):
        self._plan(0)
        self._step(self._items(), "done").action_done()
        self.assertFalse(self.deal.activity_ids)

    def test_a_promise_is_kept_or_broken(self):
        self._plan(9)
        first, second = self._promise(0), self._promise(0, name="Call back")
        for promise, outcome in ((first, "kept"), (second, "broken")):
            item = self._items(domain=[("promise_id", "=", promise.id)])
            step = self._step(item, "done", outcome=outcome, next_summary="Thank him")
            step.action_done_next()
            self.assertEqual(promise.state, outcome)
        self.assertEqual(
            self.customer.activity_ids.mapped("summary"), ["Thank him"] * 2
        )

    def test_reschedule(self):
        call = self._plan(-3)
        promise = self._promise(-1)
        self._items().action_tomorrow()
        self.assertEqual(call.date_deadline, self.today + DAY)
        self.assertEqual(promise.due_date, self.today + DAY)
        self._items().action_next_week()
        self.assertEqual(call.date_deadline, self.today + 7 * DAY)
        self._items().action_today()
        self.assertEqual(call.date_deadline, self.today)
        item = self._items(domain=[("activity_id", "=", call.id)])
        self._step(item, "reschedule", next_date=self.today + 4 * DAY).action_move()
        self.assertEqual(call.date_deadline, self.today + 4 * DAY)

    def test_what_is_not_planned_cannot_be_moved(self):
        with self.assertRaises(UserError):
            self._items().action_tomorrow()

    def test_a_calendar_moves_days_and_meetings(self):
        call, event = self._plan(1), self._meet()
        item = self._items(domain=[("activity_id", "=", call.id)])
        item.write({"start_at": "2026-03-05 10:00:00", "is_all_day": True})
        self.assertEqual(str(call.date_deadline), "2026-03-05")
        item = self._items(domain=[("event_id", "=", event.id)])
        item.write(
            {"start_at": "2026-03-04 08:00:00", "stop_at": "2026-03-04 09:00:00"}
        )
        self.assertEqual(event.start, datetime(2026, 3, 4, 8))
        self.assertEqual(event.stop, datetime(2026, 3, 4, 9))
        item = self._items(domain=[("event_id", "=", event.id)])
        item.action_next_week()
        self.assertEqual(event.start, datetime(2026, 3, 9, 8))
        with self.assertRaises(UserError):
            item.write({"name": "Something else"})

    def test_task_for_a_colleague_by_the_head_who_may_not_write_the_deal(self):
        item = self._items(self.head)
        step = self._step(item, "task")
        self.assertFalse(step.next_user_id)
        with self.assertRaises(UserError):
            step.action_plan()
        step.write(
            {"next_user_id": self.ivan.id, "next_summary": "Help with the offer"}
        )
        step.action_plan()
        self.assertEqual(self.deal.activity_ids.user_id, self.ivan)
        self.assertEqual(
            self._buckets(self.ivan), {"later": ["Help with the offer"]}
        )  # fmt: skip

    def test_a_forged_form_closes_nothing_of_others(self):
        foreign = self._plan(0, self._make_deal("Petro's", self.petro), self.petro)
        mine = self._plan(0)
        item = self._items(domain=[("activity_id", "=", mine.id)])
        step = self._step(item, "done", activity_id=foreign.id, res_id=foreign.res_id)
        step.action_done_next()
        self.assertTrue(foreign.active)
        self.assertFalse(mine.active)
        theirs = self._items(self.petro).filtered("activity_id")
        with self.assertRaises(AccessError):
            step.with_context(crm_day_item_id=theirs.id).action_done()

    def test_opens_what_one_may_read_and_else_the_customer(self):
        self.assertEqual(self._items().action_open()["res_model"], "crm.lead")
        self.assertEqual(self._items(self.head).action_open()["res_model"], "crm.lead")
        self.deal.team_id = self.south
        self.assertEqual(
            self._items(self.head).action_open()["res_model"], "res.partner"
        )

    def test_deputy_does_the_day_of_who_is_away(self):
        self._make_lead("From the fair", user_id=self.olena.id)
        promise, later = self._promise(1), self._promise(30)
        absence = self.env["crm.deputy"].create(
            {
                "user_id": self.olena.id,
                "deputy_id": self.ivan.id,
                "date_from": self.today,
                "date_to": self.today + 6 * DAY,
            }
        )
        self.env["crm.deputy"]._run(TIME_ZERO)
        self.assertEqual(promise.user_id, self.ivan)
        self.assertEqual(promise.crm_deputy_for_id, self.olena)
        self.assertEqual(later.user_id, self.olena)
        self.assertEqual(
            self._buckets(self.ivan, [("user_id", "=", self.ivan.id)]),
            {"new": ["Winter tyres", "From the fair"], "later": ["Pay the rest"]},
        )
        new = self._promise(2)
        self.assertEqual(new.user_id, self.ivan, "a new one too")
        self.assertTrue(later.with_user(self.ivan).has_access("write"))
        new.with_user(self.ivan).action_keep()
        absence.action_end()
        self.assertEqual((promise.user_id, new.user_id), (self.olena, self.ivan))
        self.assertFalse(later.with_user(self.ivan).has_access("read"))
        self.assertFalse(self._items(self.ivan, [("user_id", "=", self.ivan.id)]))

    def test_deputy_is_offered_the_meetings_of_who_is_away(self):
        meeting = self._meet()
        task = self._plan(0, calendar_event_id=meeting.id)
        secret = self._meet(name="Doctor", privacy="private")
        both = self._meet(name="Plan the season")
        both.partner_ids += self.ivan.partner_id
        after = self._meet(name="Autumn", start=TIME_ZERO + 9 * DAY)
        absence = self.env["crm.deputy"].create(
            {
                "user_id": self.olena.id,
                "deputy_id": self.ivan.id,
                "date_from": self.today,
                "date_to": self.today + 6 * DAY,
            }
        )
        domain = [("kind", "=", "meeting"), ("user_id", "=", self.ivan.id)]
        self.assertEqual(self._items(self.ivan, domain).event_id, both)
        self.env["crm.deputy"]._run(TIME_ZERO)
        items = self._items(self.ivan, domain).grouped("event_id")
        self.assertEqual(set(items), {meeting, secret, both})
        self.assertEqual(items[meeting].owner_id, self.olena)
        self.assertEqual(items[meeting].activity_id, task)
        self.assertEqual(items[secret].name, "Busy")
        self.assertFalse(items[both].owner_id, "he takes part himself, and once")
        own = [("kind", "=", "meeting"), ("user_id", "=", self.olena.id)]
        self.assertEqual(self._items(self.olena, own).event_id, both | after)
        self.assertFalse(self._items(self.petro, domain[:1]))
        absence.action_end()
        self.assertEqual(self._items(self.ivan, domain).event_id, both)
