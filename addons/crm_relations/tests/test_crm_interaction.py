from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TIME_ZERO, RelationsCommon


@tagged("post_install", "-at_install")
class TestCrmInteraction(RelationsCommon):
    def test_seconds_always_follow_the_times(self):
        row = self._make_interaction(
            "k1", answered_at=TIME_ZERO + timedelta(seconds=40)
        )
        self.assertEqual((row.wait_seconds, row.handling_seconds), (40, 0))
        row.ended_at = TIME_ZERO + timedelta(seconds=100)
        self.assertEqual((row.wait_seconds, row.handling_seconds), (40, 60))
        row.write({"wait_seconds": 7})
        self.env.flush_all()
        self.assertEqual(row.wait_seconds, 40, "nobody can write a second of his own")

    def test_not_answered_is_not_a_wait_of_zero(self):
        row = self._make_interaction("k1")
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT wait_seconds, handling_seconds FROM crm_interaction WHERE id = %s",
            [row.id],
        )
        self.assertEqual(self.env.cr.fetchone(), (None, None))

    def test_same_key_is_refused_by_the_database(self):
        self._make_interaction("k1")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self._make_interaction("k1")

    def test_customer_is_the_commercial_partner(self):
        company = self._make_customer(is_company=True)
        person = self._make_customer("Oksana", parent_id=company.id)
        self.assertEqual(
            self._make_interaction("k1", partner_id=person.id).customer_id, company
        )

    def test_own_team_all_company(self):
        own = self._make_interaction(
            "own", owner_id=self.olena.id, team_id=self.north.id
        )
        south = self._make_interaction(
            "south", owner_id=self.petro.id, team_id=self.south.id
        )
        rows = own | south
        visible = {
            user.login: rows.with_user(user)._filtered_access("read")
            for user in self.olena
            | self.ivan
            | self.head
            | self.manager
            | self.director
        }
        self.assertEqual(
            visible,
            {
                "rel_olena": own,
                "rel_ivan": rows.browse(),
                "rel_head": own,
                "rel_manager": rows,
                "rel_director": rows,
            },
        )
        with self.assertRaises(AccessError):
            own.with_user(self.accountant).read(["subject"])
        with self.assertRaises(AccessError):
            own.with_user(self.manager).unlink()

    def test_other_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        row = self._make_interaction("k1", company_id=other.id)
        self.assertFalse(row.with_user(self.manager)._filtered_access("read"))
