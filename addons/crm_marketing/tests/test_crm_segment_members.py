from datetime import date, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from .segment_common import NOW, SegmentCommon


@tagged("post_install", "-at_install")
class TestSegmentMembers(SegmentCommon):
    # ------------------------------------------------------------ what is written

    def _versions(self):
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT 'member', id, xmin::text, ctid::text FROM crm_segment_member
             UNION ALL
            SELECT 'size', id, xmin::text, ctid::text FROM crm_segment_size
             UNION ALL
            SELECT 'segment', id, xmin::text, ctid::text FROM crm_segment
            """
        )
        return sorted(self.env.cr.fetchall())

    def test_two_refreshes_without_change_write_nothing(self):
        segment = self._make_segment({"kind": "region", "places": "Lviv"})
        before = self._versions()
        self.assertEqual(segment._refresh(NOW + timedelta(days=1)), (0, 0))
        self.assertEqual(segment._refresh(NOW, self.everybody.ids), (0, 0))
        self.assertEqual(self._versions(), before)

    def test_came_and_left(self):
        segment = self._make_segment({"kind": "region", "places": "Lviv"})
        self.assertEqual(segment.size, 2)
        self.vera.city, self.petya.city = "Lviv", "Odesa"
        later = NOW + timedelta(days=2)
        self.assertEqual(segment._refresh(later), (1, 1))
        rows = self.env["crm.segment.member"].search([("segment_id", "=", segment.id)])
        self.assertEqual(
            {row.partner_id: (row.entered_at, row.left_at) for row in rows},
            {self.petya: (NOW, later), self.firm: (NOW, False),
             self.vera: (later, False)},
        )  # fmt: skip
        self.petya.city = "Lviv"
        segment._refresh(later + timedelta(days=1))
        self.assertEqual(segment.size, 3)
        self.assertEqual(
            [
                (size.size, size.entered_count, size.left_count)
                for size in segment.size_ids
            ],
            [(3, 1, 0), (2, 1, 1), (2, 2, 0)],
        )

    def test_one_open_membership_only(self):
        segment = self._make_segment({"kind": "region", "places": "Lviv"})
        row = {
            "segment_id": segment.id, "partner_id": self.firm.id,
            "company_id": self.company.id, "entered_at": NOW,
        }  # fmt: skip
        with self.assertRaises(ValidationError):
            try:
                with self.env.cr.savepoint():
                    self.env["crm.segment.member"].create(row)
            except Exception as error:
                raise ValidationError(str(error)) from error

    def test_a_slow_refresh_is_stopped_and_told(self):
        segment = self._make_segment({"kind": "region", "places": "Lviv"})
        members = self._members(segment)

        def sleep(block, look):
            return look.alias and self._sleep()

        self.patch(type(self.env["crm.segment.block"]), "_sql_region", sleep)
        self.patch(type(segment), "_get_limit", lambda self: 0.2)
        with self.assertLogs("odoo.addons.crm_marketing", "WARNING"):
            self.assertEqual(segment._refresh(NOW), (0, 0))
        self.assertIn("stopped", segment.problem)
        self.assertEqual(self._members(segment), members)

    def _sleep(self):
        return SQL("pg_sleep(5) IS NOT NULL")

    # ------------------------------------------------------------ the queue

    def _follow(self, now=NOW):
        self.env.flush_all()
        return self.env["crm.segment"]._follow(now)

    def test_changes_are_followed(self):
        self._follow()
        lviv = self._make_segment({"kind": "region", "places": "Lviv"})
        car = self._make_segment({"kind": "asset", "asset_words": "red volkswagen"})
        bought = self._make_segment({"kind": "bought"})
        self.assertFalse(self._follow())
        self.vera.city = "Lviv"
        asset = self._make_car(self.vera)
        self._make_invoice("2026-03-10", 100, partner=self.vera)
        self.months._pass(date(2026, 3, 20))
        self.assertTrue(self._follow())
        self._assert_members(lviv, self.vera | self.petya | self.firm)
        self._assert_members(car, self.vera)
        self._assert_members(bought, self.vera)
        asset.unlink()
        self._follow()
        self._assert_members(car, self.env["res.partner"])

    def test_a_field_nobody_asks_about_marks_nothing(self):
        self._make_segment({"kind": "region", "places": "Lviv"})
        self._follow()
        self.vera.function = "Driver"
        self.assertFalse(self._follow())

    def test_without_segments_nothing_is_queued(self):
        self.env["crm.segment"].search([]).action_archive()
        self._follow()
        self.env["res.partner"].create({"name": "New"})
        self.env.flush_all()
        self.assertFalse(self.env["crm.segment.dirty"].search_count([]))

    def test_the_screen_says_what_waits(self):
        segment = self._make_segment({"kind": "region", "places": "Lviv"})
        self.assertTrue(segment.is_followed)
        segment.domain = "[('user_ids.login', '!=', 'x'), ('city', '!=', False)]"
        self.assertFalse(segment.is_followed)
        self.assertIn("user_ids.login", segment.followed_note)
        silent = self._make_segment({"kind": "silent"})
        self.assertTrue(silent.is_followed)
        self.assertIn("every night", silent.followed_note)

    # ------------------------------------------------------------ merging, forgetting

    def test_merging_keeps_the_days_of_the_one_who_stays(self):
        segment = self._make_segment({"kind": "region", "places": "Lviv"})
        double = self.env["res.partner"].create({"name": "Petya 2", "city": "Lviv"})
        segment.domain = repr([("id", "in", [*self.everybody.ids, double.id])])
        segment._refresh(NOW + timedelta(days=1))
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.petya | double).ids, self.petya)
        self._follow(NOW + timedelta(days=2))
        rows = self.env["crm.segment.member"].search(
            [("segment_id", "=", segment.id), ("partner_id", "=", self.petya.id)]
        )
        self.assertEqual(rows.mapped("entered_at"), [NOW])
        self._assert_members(segment, self.petya | self.firm)

    def test_whoever_is_deleted_or_forgotten_is_in_no_segment(self):
        segment = self._make_segment({"kind": "region", "places": "Lviv"})
        self.petya.unlink()
        self._assert_members(segment, self.firm)
        self.assertEqual(segment.size, 1)
        before = self._versions()
        self.assertEqual(segment._refresh(NOW), (0, 0))
        self.assertEqual(self._versions(), before, "size and mark agree: nothing to do")
        self.firm._erase_interactions()
        self.assertFalse(self._members(segment))
        self.assertEqual(segment.size, 0)

    def test_deleting_in_sql_is_repaired_at_night(self):
        segment = self._make_segment({"kind": "region", "places": "Lviv"})
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [self.petya.id])
        self.env["crm.segment.member"]._gc_members()
        segment.invalidate_recordset()
        self._assert_members(segment, self.firm)
        self.assertEqual(segment.size, 1)
        before = self._versions()
        self.assertEqual(segment._refresh(NOW), (0, 0))
        self.assertEqual(self._versions(), before)

    def test_a_row_lost_past_us_comes_back(self):
        """The mark is kept apart from the members: the night counts them anew."""
        segment = self._make_segment({"kind": "region", "places": "Lviv"})
        self.env.cr.execute(
            "DELETE FROM crm_segment_member WHERE segment_id = %s AND partner_id = %s",
            [segment.id, self.petya.id],
        )
        self.env["crm.segment.member"]._gc_members()
        self.assertEqual(segment._refresh(NOW + timedelta(days=1)), (1, 0))
        self._assert_members(segment, self.petya | self.firm)
        self.assertEqual(segment.size, 2)

    def test_the_cron(self):
        self._make_segment(refresh=False)
        with self.enter_registry_test_mode():
            self.env.ref(
                "crm_marketing.ir_cron_refresh_segments"
            ).method_direct_trigger()
            self.env.ref(
                "crm_marketing.ir_cron_follow_segments"
            ).method_direct_trigger()
        check = self.env["crm.health.check"].search([("code", "=", "segments")])
        self.assertTrue(check.last_run_at)
