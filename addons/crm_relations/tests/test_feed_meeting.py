from datetime import timedelta

from odoo.tests import tagged

from .common import TIME_ZERO, RelationsCommon

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestFeedMeeting(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls._make_customer("Oksana", email="oksana@example.org")
        cls.events = cls.env["calendar.event"]

    def _meet(self, people, **values):
        return self.events.create(
            {
                "name": "Winter tyres",
                "start": TIME_ZERO,
                "stop": TIME_ZERO + HOUR,
                "user_id": self.olena.id,
                "partner_ids": [(6, 0, (self.olena.partner_id | people).ids)],
                **values,
            }
        )

    def _row(self, event):
        return self.env["crm.interaction"].search(
            [("external_key", "=", f"meeting:{event.id}")]
        )

    def test_a_meeting_counts_once_it_is_over(self):
        lead = self._make_lead(user_id=self.ivan.id, partner_id=self.person.id)
        event = self._meet(self.person, opportunity_id=lead.id)
        self.events._feed_held(TIME_ZERO + HOUR / 2)
        self.assertFalse(self._row(event))
        self.events._feed_held(TIME_ZERO + HOUR)
        row = self._row(event)
        self.assertEqual(
            (row.partner_id, row.user_id, row.owner_id, row.lead_id, row.direction),
            (self.person, self.olena, self.ivan, lead, "out"),
        )
        self.assertEqual((row.handling_seconds, row.subject), (3600, "Winter tyres"))
        self.assertEqual(self.events._feed_held(TIME_ZERO + HOUR), (0, 0))

    def test_who_did_not_come_or_works_here_makes_no_row(self):
        inside = self._meet(self.ivan.partner_id)
        declined = self._meet(self.person)
        declined.attendee_ids.filtered(
            lambda a: a.partner_id == self.person
        ).state = "declined"
        archived = self._meet(self.person, active=False)
        self.events._feed_held(TIME_ZERO + HOUR)
        self.assertFalse(self._row(inside) | self._row(declined) | self._row(archived))

    def test_first_guest_who_did_not_decline(self):
        other = self._make_customer("Petro")
        event = self._meet(self.person | other)
        event.attendee_ids.filtered(
            lambda a: a.partner_id == self.person
        ).state = "declined"
        self.events._feed_held(TIME_ZERO + HOUR)
        self.assertEqual(self._row(event).partner_id, other)

    def test_cancelled_later_is_the_outcome(self):
        archived, deleted = self._meet(self.person), self._meet(self.person)
        self.events._feed_held(TIME_ZERO + HOUR)
        rows = self._row(archived) | self._row(deleted)
        archived.active = False
        deleted.unlink()
        self.assertEqual(rows.mapped("outcome"), ["cancelled", "cancelled"])

    def test_private_stays_private_and_old_stays_out(self):
        private = self._meet(self.person, privacy="private")
        old = self._meet(
            self.person,
            start=TIME_ZERO - 50 * 24 * HOUR,
            stop=TIME_ZERO - 49 * 24 * HOUR,
        )
        self.events._feed_held(TIME_ZERO + HOUR)
        self.assertTrue(self._row(private))
        self.assertFalse(self._row(private).subject or self._row(old))

    def test_the_cron_runs(self):
        event = self._meet(
            self.person, start="2025-01-01 09:00:00", stop="2025-01-01 10:00:00"
        )
        cron = self.env.ref("crm_relations.ir_cron_feed_calendar_event")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertFalse(self._row(event), "over a month ago")
