from datetime import timedelta

from odoo.tests import new_test_user, tagged

from odoo.addons.crm_relations.tests.common import TIME_ZERO, RelationsCommon


@tagged("post_install", "-at_install")
class TestEventRegistration(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer(email="office@romashka.example")
        cls.event = cls.env["event.event"].create(
            {"name": "Winter tyre day", "date_begin": TIME_ZERO,
             "date_end": TIME_ZERO + timedelta(hours=4), "date_tz": "UTC"}
        )  # fmt: skip

    def _register(self, **values):
        return self.env["event.registration"].create(
            {"event_id": self.event.id, "partner_id": self.customer.id, **values}
        )

    def _visits(self):
        return self.env["crm.interaction"].search(
            [("res_model", "=", "event.event"), ("res_id", "=", self.event.id)]
        )

    def test_who_came_is_one_contact_and_who_did_not_is_none(self):
        came, away = self._register(), self._register(name="Away")
        away.action_cancel()
        self.assertFalse(self._visits())
        door = new_test_user(
            self.env,
            "door",
            groups="base.group_user,event.group_event_registration_desk",
        )
        came.with_user(door).action_set_done()
        came.action_set_done()
        row = self._visits()
        self.assertEqual(len(row), 1)
        self.assertEqual((row.partner_id, row.started_at), (self.customer, TIME_ZERO))
        self.assertEqual((row.channel_id.code, row.outcome), ("visit", "done"))
        self.assertTrue(row.answered_at, "nobody waits for a reply")

    def test_the_visitor_is_not_who_booked_for_him(self):
        guest = self._make_customer("Guest", email="guest@example.com")
        registration = self._register(name="Guest", email="guest@example.com")
        registration.action_set_done()
        self.assertEqual(self._visits().partner_id, guest)
        named = self._register(name="Guest 1")
        named.action_set_done()
        self.assertEqual(named.email, self.customer.email, "the host's own filling")
        row = self._visits().filtered(
            lambda row: row.external_key == f"event:{named.id}"
        )
        self.assertFalse(row.partner_id, "a guest of his, nobody knows who")
        stranger = self._register(name="New", email="nobody@example.net", state="done")
        row = self._visits().filtered(
            lambda row: row.external_key == f"event:{stranger.id}"
        )
        self.assertFalse(row.partner_id)
        self.assertEqual(row.raw_address, "nobody@example.net")
