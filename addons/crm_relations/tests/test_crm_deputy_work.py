from odoo.tests import tagged

from .common import TIME_ZERO
from .owned_common import DAY
from .test_crm_deputy import DeputyCommon


@tagged("post_install", "-at_install")
class TestCrmDeputyWork(DeputyCommon):
    """What comes back to whom, when others had it in between."""

    def _promise(self, days):
        due = self.today + days * DAY
        return self._make_promise(self.romashka, due_date=due)

    def _arrive(self, name="Brakes"):
        self.env["crm.arrival.rule"].search([]).attach_to_open = False
        vals = {
            "channel": self._channel("form"), "company": self.company, "team": self.north,
            "name": name, "partner": self.romashka,
        }  # fmt: skip
        return self.env["crm.arrival"]._arrive(vals, TIME_ZERO)

    def test_what_the_head_gave_away_meanwhile_stays_there(self):
        rows = [self._plan(self.olena, 2), self._promise(2)]
        kept = self._plan(self.olena, 3)
        absence = self._make_absence()
        self._run()
        rows.append(self._arrive())
        self.assertEqual([row.user_id for row in rows], [self.ivan] * 3)
        for row in rows:
            row.sudo().user_id = self.petro
        absence.action_end()
        self.assertEqual([row.user_id for row in rows], [self.petro] * 3)
        self.assertEqual(kept.user_id, self.olena)
        for row in [*rows, kept]:
            self.assertFalse(row.crm_deputy_for_id, "nobody's place any more")

    def test_a_new_holder_who_leaves_gets_it_back_himself(self):
        given = self._plan(self.olena, 2)
        self._make_absence()
        self._run()
        given.user_id = self.head
        own = self._make_absence(self.head, self.petro, days=3)
        self._run()
        self.assertEqual(
            (given.user_id, given.crm_deputy_for_id), (self.petro, self.head)
        )
        own.action_end()
        self.assertEqual(
            (given.user_id, given.crm_deputy_for_id.id), (self.head, False)
        )

    def test_what_the_deputy_put_aside_comes_back_to_the_owner(self):
        absence = self._make_absence()
        self._run()
        lead = self._arrive()
        lead.write(
            {
                "qualification_state": "nurture",
                "nurture_until": self.today + 30 * DAY,
                "active": False,
            }
        )
        absence.action_end()
        self.assertEqual((lead.user_id, lead.crm_deputy_for_id.id), (self.olena, False))

    def test_a_longer_absence_takes_more_and_a_shorter_one_less(self):
        rows = [self._plan(self.olena, 9), self._promise(9)]
        absence = self._make_absence(days=7)
        self._run()
        self.assertEqual([row.user_id for row in rows], [self.olena] * 2)
        absence.with_user(self.olena).date_to += 7 * DAY
        for row in rows:
            self.assertEqual(
                (row.user_id, row.crm_deputy_for_id), (self.ivan, self.olena)
            )
        soon = self._plan(self.olena, 3)
        absence.with_user(self.olena).date_to -= 7 * DAY
        for row in rows:
            self.assertEqual(
                (row.user_id, row.crm_deputy_for_id.id), (self.olena, False)
            )
        self.assertEqual(soon.user_id, self.ivan)

    def test_days_added_move_nothing_noted_for_oneself(self):
        absence = self._make_absence(days=7)
        self._run()
        mine = self._plan(self.olena, 3, by=self.olena)
        absence.with_user(self.olena).date_to += DAY
        self.assertEqual(mine.user_id, self.olena)

    def test_when_the_deputy_is_away_too(self):
        rows = [self._plan(self.olena, 2), self._promise(2)]
        his = self._plan(self.ivan, 2)
        first = self._make_absence(self.olena, self.ivan)
        self._run()
        second = self._make_absence(self.ivan, self.head, days=3)
        self._run()
        rows.append(self._plan(self.olena, 2))
        for row in rows:
            self.assertEqual(
                (row.user_id, row.crm_deputy_for_id), (self.head, self.olena)
            )
        self.assertEqual((his.user_id, his.crm_deputy_for_id), (self.head, self.ivan))
        second.action_end()
        for row in rows:
            self.assertEqual(
                (row.user_id, row.crm_deputy_for_id), (self.ivan, self.olena)
            )
        self.assertEqual((his.user_id, his.crm_deputy_for_id.id), (self.ivan, False))
        first.action_end()
        for row in rows:
            self.assertEqual(
                (row.user_id, row.crm_deputy_for_id.id), (self.olena, False)
            )

    def test_the_first_of_a_chain_comes_back_first(self):
        row = self._plan(self.olena, 2)
        first = self._make_absence(self.olena, self.ivan)
        self._run()
        second = self._make_absence(self.ivan, self.head)
        self._run()
        first.action_end()
        self.assertEqual((row.user_id, row.crm_deputy_for_id.id), (self.olena, False))
        second.action_end()
        self.assertEqual(row.user_id, self.olena)
