from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TIME_ZERO
from .day_common import MyDayCommon
from .owned_common import DAY


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

    def test_an_answer_to_a_lead_put_aside_waits(self):
        self._plan(3)
        lead = self._make_lead(user_id=self.olena.id, partner_id=self.customer.id)
        waiting = [("bucket", "=", "waiting")]
        self._make_interaction(
            "m1", "email", lead_id=lead.id, partner_id=self.customer.id,
            owner_id=self.olena.id, subject="Before",
        )  # fmt: skip
        lead.write({"qualification_state": "nurture", "nurture_until": "2099-01-01"})
        decisions = self.env["crm.qualification.decision"].search(
            [("lead_id", "=", lead.id)]
        )
        decisions.decided_at = TIME_ZERO + timedelta(hours=1)
        self.env.flush_all()
        self.assertFalse(self._items(domain=waiting), "it was put aside since")
        self._make_interaction(
            "m2", "email", lead_id=lead.id, partner_id=self.customer.id,
            owner_id=self.olena.id, subject="After",
            started_at=TIME_ZERO + timedelta(hours=2),
        )  # fmt: skip
        self.assertTrue(self._items(domain=waiting))

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
