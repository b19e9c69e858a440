from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TIME_ZERO, RelationsCommon

DAY = timedelta(days=1)
KYIV = "Europe/Kyiv"


class MyDayCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TIME_ZERO))
        cls.today = TIME_ZERO.date()
        cls.customer = cls._make_customer(user_id=cls.olena.id)
        cls.deal = cls._make_deal("Winter tyres", expected_revenue=5000)

    @classmethod
    def _make_deal(cls, name, user=None, **values):
        return cls._make_lead(
            name,
            type="opportunity",
            user_id=(user or cls.olena).id,
            partner_id=cls.customer.id,
            **values,
        )

    def _plan(self, days, record=None, user=None, **values):
        return (record or self.deal).activity_schedule(
            "mail.mail_activity_data_call",
            user_id=(user or self.olena).id,
            date_deadline=self.today + days * DAY,
            **values,
        )

    def _promise(self, days, user=None, **values):
        return self.env["crm.promise"].create(
            {
                "name": "Pay the rest",
                "partner_id": self.customer.id,
                "due_date": self.today + days * DAY,
                "user_id": (user or self.olena).id,
                **values,
            }
        )

    def _meet(self, user=None, start=TIME_ZERO + timedelta(hours=3), **values):
        user = user or self.olena
        return self.env["calendar.event"].create(
            {
                "name": "Show the tyres",
                "start": start,
                "stop": start + timedelta(hours=1),
                "user_id": user.id,
                "partner_ids": [(6, 0, [user.partner_id.id, self.customer.id])],
                **values,
            }
        )

    def _items(self, user=None, domain=()):
        items = self.env["crm.day.item"].with_user(user or self.olena)
        items.invalidate_model()  # a request of its own
        return items.with_context(tz=KYIV).search(list(domain))

    def _buckets(self, user=None, domain=()):
        """{bucket: [names]} in the order of the day."""
        buckets = {}
        for item in self._items(user, domain):
            buckets.setdefault(item.bucket, []).append(item.name)
        return buckets

    def _step(self, item, action, **values):
        """Open the wizard by its button, fill it in, as the client does."""
        context = getattr(item, f"action_{action}")()["context"]
        steps = self.env["crm.day.step"].with_user(item.env.user)
        return steps.with_context(**context).create(values)


@tagged("post_install", "-at_install")
class TestMyDay(MyDayCommon):
    def test_every_source_has_its_place_in_the_day(self):
        self._plan(-2, summary="Ask about size")
        self._plan(0, summary="Send the offer")
        self._plan(9, summary="Autumn again")
        self._promise(-1)
        self._promise(5, name="Pay in advance")
        self._meet()
        self._make_lead("From the fair", user_id=self.olena.id)
        self._make_interaction(
            "m1", "email", partner_id=self.customer.id, owner_id=self.olena.id,
            subject="Where are my tyres?", started_at=TIME_ZERO - timedelta(hours=2),
        )  # fmt: skip
        self.assertEqual(
            self._buckets(),
            {
                "waiting": ["Where are my tyres?"],
                "overdue": ["Ask about size"],
                "today": ["Send the offer", "Show the tyres"],
                "promised": ["Pay the rest"],
                "new": ["From the fair"],
                "later": ["Pay in advance", "Autumn again"],
            },
        )
        self.assertFalse(self._items(self.petro), "nothing of it is Petro's")

    def test_today_is_the_readers(self):
        self._plan(0)
        late = TIME_ZERO.replace(hour=22, minute=30)  # already tomorrow in Kyiv
        with freeze_time(late):
            self.assertEqual(list(self._buckets()), ["overdue"])
            self.env["crm.day.item"].invalidate_model()
            utc = self._items().with_context(tz="UTC")
            utc.invalidate_model()
            self.assertEqual(utc.bucket, "today")

    def test_value_is_that_of_the_record(self):
        self._plan(0)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "user_id": self.olena.id,
                "order_line": [(0, 0, {"name": "Tyre", "price_unit": 300, "tax_ids": []})],
            }
        )  # fmt: skip
        order.order_line.product_id = self.env["product.product"].create(
            {"name": "Tyre", "list_price": 300, "taxes_id": []}
        )
        order.order_line.price_unit = 300
        self._plan(0, order)
        self._promise(0, amount=40)
        values = {item.record_name: item.value for item in self._items()}
        self.assertEqual(values["Winter tyres"], 5000)
        self.assertEqual(values[order.name], order.amount_total)
        self.assertEqual(values[self.customer.name], 40)
        by_value = self._items().sorted("value", reverse=True)
        self.assertEqual(by_value[0].record_name, "Winter tyres")

    def test_everybody_finds_the_order_by_value(self):
        action = self.env.ref("crm_relations.crm_day_item_action")
        filters = self.env["ir.filters"].with_user(self.olena)
        shared = filters.get_filters("crm.day.item", action.id)
        self.assertEqual([one["sort"] for one in shared], ['["value desc"]'])
        menu = self.env.ref("crm_relations.crm_day_item_menu")
        pipeline = self.env.ref("crm.menu_crm_opportunities")
        self.assertEqual(menu.parent_id.child_id[:2], pipeline | menu)

    def test_a_deal_is_new_then_idle_and_waits_no_more(self):
        self.assertEqual(self._buckets(), {"new": ["Winter tyres"]})
        incoming = self._make_interaction(
            "f1", "form", lead_id=self.deal.id, partner_id=self.customer.id,
            owner_id=self.olena.id,
        )  # fmt: skip
        self.assertEqual(self._buckets(), {"new": ["Winter tyres"]}, "not twice")
        incoming.answered_at = TIME_ZERO
        self.assertEqual(self._buckets(), {"idle": ["Winter tyres"]})
        self._plan(1)
        self.assertEqual(list(self._buckets()), ["later"])
        self.deal.action_set_lost()
        self.deal.activity_ids.unlink()
        self.assertFalse(self._items(), "lost")

    def test_waits_until_we_answer_in_any_channel(self):
        self._plan(3)
        question = self._make_interaction(
            "m1", "email", lead_id=self.deal.id, partner_id=self.customer.id,
            owner_id=self.olena.id, subject="When?",
        )  # fmt: skip
        self._make_interaction(
            "m2", "email", lead_id=self.deal.id, partner_id=self.customer.id,
            owner_id=self.olena.id, subject="Well?",
            started_at=TIME_ZERO + timedelta(hours=1),
        )  # fmt: skip
        waiting = [("bucket", "=", "waiting")]
        self.assertEqual(self._buckets(domain=waiting), {"waiting": ["When?"]})
        call = self._make_interaction(
            "c1", direction="out", partner_id=self.customer.id, outcome="no_answer",
            started_at=TIME_ZERO + timedelta(hours=2),
        )  # fmt: skip
        self.assertTrue(self._items(domain=waiting), "nobody was reached")
        call.outcome = "done"
        self.assertFalse(self._items(domain=waiting))
        call.outcome = "busy"
        self._items(domain=waiting).action_no_answer()
        self.assertFalse(self._items(domain=waiting), "both letters are settled")
        self.assertFalse(question.answered_at, "an answer is not invented")

    def test_missed_call_waits_and_old_letters_do_not(self):
        self._plan(3)
        self._make_interaction(
            "c1", partner_id=self.customer.id, owner_id=self.olena.id, outcome="missed",
            ended_at=TIME_ZERO,
        )  # fmt: skip
        self._make_interaction(
            "m1", "email", partner_id=self._make_customer("Old").id,
            owner_id=self.olena.id, started_at=TIME_ZERO - 90 * DAY,
        )  # fmt: skip
        self._make_interaction(
            "m2", "email", partner_id=self._make_customer("Robot").id,
            owner_id=self.olena.id, is_automatic=True,
        )  # fmt: skip
        waiting = self._items(domain=[("bucket", "=", "waiting")])
        self.assertEqual(waiting.partner_id, self.customer)

    def test_a_meeting_hides_its_activity_and_a_private_one_its_words(self):
        event = self._meet(user=self.olena, privacy="private")
        task = self._plan(0, calendar_event_id=event.id)
        item = self._items()
        self.assertEqual((item.kind, item.activity_id), ("meeting", task))
        self.assertEqual(item.name, "Show the tyres")
        seen = self._items(self.head)
        self.assertEqual((seen.name, seen.record_name), ("Busy", False))
        event.attendee_ids.filtered(
            lambda seat: seat.partner_id == self.olena.partner_id
        ).state = "declined"
        self.assertNotIn("meeting", self._items().mapped("kind"))

    def test_head_sees_his_people_and_nobody_elses(self):
        self._plan(0, summary="Olena's")
        self._plan(0, user=self.ivan, summary="Ivan's")
        self._plan(0, user=self.petro, summary="Petro's")
        own = [("kind", "=", "activity")]
        self.assertEqual(self._items(domain=own).mapped("name"), ["Olena's"])
        self.assertEqual(
            set(self._items(self.head, own).mapped("name")), {"Olena's", "Ivan's"}
        )
        self.assertEqual(self._items(self.south_head, own).mapped("name"), ["Petro's"])
        self.assertEqual(len(self._items(self.manager, own)), 3)
        with self.assertRaises(AccessError):
            self._items(self.accountant)
        with self.assertRaises(AccessError):
            self._items(self.olena, own).with_user(self.petro).action_tomorrow()

    def test_work_of_other_departments_is_private(self):
        self.customer.activity_schedule(user_id=self.olena.id, summary="Buy a cake")
        self.env["mail.activity"].create(
            {"user_id": self.olena.id, "summary": "Dentist", "date_deadline": self.today}
        )  # fmt: skip
        names = [("kind", "=", "activity")]
        self.assertIn("Dentist", self._items(domain=names).mapped("name"))
        self.assertEqual(self._items(self.head, names).mapped("name"), ["Buy a cake"])


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


@tagged("post_install", "-at_install")
class TestMyDayPerformance(MyDayCommon):
    LIST = {
        "bucket": {},
        "name": {},
        "record_name": {},
        "due_date": {},
        "value": {},
        "icon": {},
        "is_mine": {},
        "currency_id": {"fields": {}},
        "user_id": {"fields": {"display_name": {}}},
    }

    def _count(self, work):
        work()
        self.env.invalidate_all()
        start = self.cr.sql_log_count
        work()
        return self.cr.sql_log_count - start

    def _read_list(self):
        items = self.env["crm.day.item"].with_user(self.olena)
        return items.web_search_read([("user_id", "=", self.olena.id)], self.LIST)

    def _read_kanban(self):
        items = self.env["crm.day.item"].with_user(self.olena)
        return items.web_read_group(
            [("user_id", "=", self.olena.id)],
            ["bucket"],
            ["value:sum"],
            auto_unfold=True,
            unfold_read_specification=self.LIST,
            unfold_read_default_limit=40,
        )

    def test_list_and_kanban_cost_the_same_however_full_the_day(self):
        self._plan(0)
        self._promise(0)
        few = self._count(self._read_list), self._count(self._read_kanban)
        for number in range(20):
            self._plan(number - 10, self._make_deal(f"Deal {number}"))
            self._promise(number - 10)
        self.env.flush_all()
        many = self._count(self._read_list), self._count(self._read_kanban)
        self.assertLessEqual(many[0], few[0])
        self.assertLessEqual(many[0], 6)
        self.assertLessEqual(many[1], 16)
