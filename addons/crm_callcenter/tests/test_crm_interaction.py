from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.crm_relations.tests.common import TIME_ZERO, RelationsCommon

AGENT = "base.group_user,crm_callcenter.group_callcenter_user"
SUPERVISOR = "base.group_user,crm_callcenter.group_callcenter_manager"


@tagged("post_install", "-at_install")
class TestInbox(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls._make_user("rel_agent", AGENT)
        cls.other_agent = cls._make_user("rel_other", AGENT)
        cls.supervisor = cls._make_user("rel_supervisor", SUPERVISOR)
        cls._add_members(cls.north, cls.agent)
        cls.waiting = cls._make_interaction("waiting")

    def _inbox(self, user):
        rows = (
            self.env["crm.interaction"]
            .with_user(user)
            .search([("is_waiting", "=", True)])
        )
        return rows.mapped("external_key")

    def test_only_people_who_wait_for_people(self):
        later = TIME_ZERO + timedelta(minutes=5)
        self._make_interaction("answered", answered_at=later)
        self._make_interaction("ended", ended_at=later)
        self._make_interaction("automatic", is_automatic=True)
        self._make_interaction("ours", direction="out")
        self._make_interaction("click", channel="ad")
        self._make_interaction("mailing", channel="mailing")
        self._make_interaction("chat", channel="telegram")
        rows = self.env["crm.interaction"].search(
            [("company_id", "=", self.company.id)]
        )
        keys = [
            "waiting",
            "answered",
            "ended",
            "automatic",
            "ours",
            "click",
            "mailing",
            "chat",
        ]
        rows = rows.filtered(lambda r: r.external_key in keys)
        waiting = rows.filtered("is_waiting")
        self.assertEqual(set(waiting.mapped("external_key")), {"waiting", "chat"})
        self.assertEqual(
            rows.search([("is_waiting", "=", True), ("id", "in", rows.ids)]), waiting
        )
        not_waiting = rows.search([("is_waiting", "=", False), ("id", "in", rows.ids)])
        self.assertEqual(not_waiting, rows - waiting)

    @freeze_time(TIME_ZERO + timedelta(minutes=90))
    def test_hours_of_waiting(self):
        self.assertEqual(self.waiting.waiting_hours, 1.5)
        self.waiting.answered_at = TIME_ZERO
        self.assertEqual(self.waiting.waiting_hours, 0)

    def test_take_then_answered(self):
        row = self.waiting.with_user(self.agent)
        row.action_take()
        self.assertEqual(self.waiting.user_id, self.agent)
        self.assertTrue(self.waiting.is_waiting, "taken is not answered")
        with freeze_time(TIME_ZERO + timedelta(minutes=2)):
            row.action_done()
        self.assertFalse(self.waiting.is_waiting)
        self.assertEqual(
            (self.waiting.wait_seconds, self.waiting.outcome), (120, "done")
        )
        with self.assertRaisesRegex(UserError, "does not wait"):
            row.action_done()

    def test_second_agent_is_refused(self):
        self.waiting.team_id = self.north
        self._add_members(self.north, self.other_agent)
        self.waiting.with_user(self.agent).action_take()
        other = self.waiting.with_user(self.other_agent)
        for action in ("action_take", "action_done", "action_give_back"):
            with self.subTest(action), self.assertRaises(UserError):
                getattr(other, action)()
        self.waiting.with_user(self.agent).action_give_back()
        other.action_take()
        self.assertEqual(self.waiting.user_id, self.other_agent)

    def test_supervisor_finishes_for_another(self):
        self.waiting.with_user(self.agent).action_take()
        self.waiting.with_user(self.supervisor).action_no_answer_needed()
        self.assertEqual(self.waiting.user_id, self.agent)
        self.assertEqual(self.waiting.outcome, "cancelled")
        self.assertFalse(self.waiting.answered_at, "closing is not answering")

    def test_a_clock_that_runs_ahead(self):
        with freeze_time(TIME_ZERO - timedelta(seconds=3)):
            self.waiting.with_user(self.agent).action_done()
        self.assertEqual(self.waiting.wait_seconds, 0)

    def test_what_an_agent_sees(self):
        self._make_interaction("team", team_id=self.north.id, owner_id=self.olena.id)
        self._make_interaction("south", team_id=self.south.id, owner_id=self.petro.id)
        self._make_interaction("olena", owner_id=self.olena.id)
        mine = {"waiting", "team", "south", "olena"}
        self.assertEqual(mine & set(self._inbox(self.agent)), {"waiting", "team"})
        self.assertEqual(mine & set(self._inbox(self.other_agent)), {"waiting"})
        self.assertEqual(mine & set(self._inbox(self.supervisor)), mine)

    def test_an_agent_writes_only_through_the_actions(self):
        row = self.waiting.with_user(self.agent)
        with self.assertRaises(AccessError):
            row.write({"subject": "changed"})
        with self.assertRaises(AccessError):
            row.unlink()
        hidden = self._make_interaction("olena", owner_id=self.olena.id)
        with self.assertRaises(AccessError):
            hidden.with_user(self.agent).action_take()
        with self.assertRaises(UserError):
            self.waiting.with_user(self.olena).action_take()
        self.waiting.with_user(self.supervisor).user_id = self.other_agent

    def test_an_agent_logs_his_own_contact_only(self):
        rows = self.env["crm.interaction"].with_user(self.agent)
        values = {
            "company_id": self.company.id,
            "channel_id": self._channel("call").id,
            "external_key": "logged",
            "direction": "out",
            "started_at": TIME_ZERO,
        }
        rows.create({**values, "user_id": self.agent.id})
        with self.assertRaises(AccessError):
            rows.create({**values, "external_key": "forged", "user_id": self.olena.id})

    def test_another_company_stays_closed_for_the_supervisor(self):
        other = self.env["res.company"].create({"name": "Other"})
        row = self._make_interaction("elsewhere", company_id=other.id)
        self.assertFalse(row.with_user(self.supervisor)._filtered_access("read"))

    def test_queries_of_the_inbox(self):
        for number in range(40):
            self._make_interaction(f"many{number}")
        fields_read = {
            "is_waiting": {},
            "waiting_hours": {},
            "subject": {},
            "channel_id": {},
        }
        rows = self.env["crm.interaction"].with_user(self.agent)
        domain = [("is_waiting", "=", True)]
        rows.web_search_read(domain, fields_read, limit=5)
        self.env.invalidate_all()
        with self.assertQueryCount(6):
            rows.web_search_read(domain, fields_read, limit=40)
        # sorted by turn, with the head starts: one for who waits
        fields_read["queue_bonus"] = {}
        self._make_bonus({})
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            rows.web_search_read(domain, fields_read, limit=40, order="queue_at, id")

    def _make_bonus(self, minutes):
        """Let a department say who is answered sooner: {customer: minutes}."""
        found = {customer.id: bonus for customer, bonus in minutes.items()}
        people = type(self.env["res.partner"])
        self.patch(
            people,
            "_get_crm_queue_bonuses",
            lambda asked: {
                customer: found[customer]
                for customer in asked.commercial_partner_id.ids
                if customer in found
            },
        )

    def _queue(self, user):
        rows = self.env["crm.interaction"].with_user(user)
        found = rows.search([("is_waiting", "=", True)], order="queue_at, id")
        return [key for key in found.mapped("external_key") if key in self.keys]

    def test_customers_with_a_head_start_come_first(self):
        """Of two of one class who wait as long, and no more than it says."""
        self.keys = ("first", "plain", "gold", "late")
        gold, plain = self.env["res.partner"].create([{"name": "G"}, {"name": "P"}])
        clerk = self.env["res.partner"].create({"name": "C", "parent_id": gold.id})
        for key, person, minutes in (
            ("first", plain, -11),
            ("plain", plain, 0),
            ("gold", clerk, 0),
            ("late", gold, 9),
        ):
            self._make_interaction(
                key,
                partner_id=person.id,
                started_at=TIME_ZERO + timedelta(minutes=minutes),
            )
        self.assertEqual(self._queue(self.agent), ["first", "plain", "gold", "late"])
        self._make_bonus({gold: 10})
        # he waited eleven minutes longer: ten do not overtake him
        self.assertEqual(self._queue(self.agent), ["first", "gold", "late", "plain"])
        rows = self.env["crm.interaction"].with_user(self.agent)
        row = rows.search([("external_key", "=", "gold")])
        self.assertEqual(row.queue_bonus, 10)
        self.assertEqual(row.queue_at, TIME_ZERO - timedelta(minutes=10))
        # whoever is answered has no turn any more
        row.action_done()
        self.assertFalse(row.queue_bonus)
        self._make_bonus({gold: 100_000})
        late = rows.search([("external_key", "=", "late")])
        late.invalidate_recordset()
        self.assertEqual(late.queue_bonus, 60, "a head start, no rank")
