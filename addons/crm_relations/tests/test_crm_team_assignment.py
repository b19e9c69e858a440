from unittest.mock import patch

from odoo.tests import tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestCrmTeamAssignment(RelationsCommon):
    """The host's assignment: owners keep their customers, who is away gets nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north.crm_team_member_ids.assignment_max = 300
        cls.romashka = cls._make_customer(user_id=cls.olena.id)
        cls.person = cls._make_customer("Oksana", parent_id=cls.romashka.id)

    def _leads(self, number=4, **values):
        return self.env["crm.lead"].create(
            [
                {
                    "name": f"Lead {n}",
                    "type": "lead",
                    "team_id": self.north.id,
                    "user_id": False,
                    **values,
                }
                for n in range(number)
            ]
        )

    def _send_away(self, user, deputy):
        absence = self.env["crm.deputy"].create(
            {
                "user_id": user.id,
                "deputy_id": deputy.id,
                "date_from": "2026-03-02",
                "date_to": "2099-03-09",
            }
        )
        absence.sudo().state = "active"
        return absence

    def _assign(self):
        return self.north._assign_and_convert_leads(force_quota=True)

    def test_the_owners_customers_stay_his(self):
        owned = self._leads(partner_id=self.person.id)
        others = self._leads()
        result = self._assign()
        self.assertEqual(owned.user_id, self.olena)
        self.assertEqual(set(owned.mapped("type")), {"opportunity"})
        self.assertEqual(owned.partner_id, self.person)
        self.assertEqual(owned.crm_deputy_for_id, self.env["res.users"])
        self.assertIn(self.ivan, others.user_id, "the others are dealt in turn")
        member = self.north.crm_team_member_ids.filtered(
            lambda row: row.user_id == self.olena
        )
        self.assertLessEqual(owned, result[member]["assigned"])

    def test_beyond_his_quota_too(self):
        self.north.crm_team_member_ids.assignment_max = 1
        owned = self._leads(10, partner_id=self.romashka.id)
        self.north._assign_and_convert_leads()
        self.assertEqual(owned.user_id, self.olena)

    def test_while_he_is_away_his_deputy_takes_them(self):
        self._send_away(self.olena, self.ivan)
        owned = self._leads(2, partner_id=self.romashka.id)
        self._assign()
        self.assertEqual(owned.user_id, self.ivan)
        self.assertEqual(owned.crm_deputy_for_id, self.olena)

    def test_who_is_away_gets_none(self):
        self._send_away(self.olena, self.petro)
        leads = self._leads(6)
        self._assign()
        self.assertEqual(leads.user_id, self.ivan)

    def test_an_owner_who_left_is_passed_over(self):
        self.olena.active = False
        owned = self._leads(2, partner_id=self.romashka.id)
        self._assign()
        self.assertEqual(owned.user_id, self.ivan)

    def test_a_module_may_prefer_people(self):
        leads = self._leads(5)
        wanted = {lead: self.olena | self.ivan for lead in leads}
        teams = type(self.env["crm.team"])
        with patch.object(teams, "_crm_assign_prefer", lambda *_args: wanted):
            self._send_away(self.olena, self.petro)
            self._assign()
        self.assertEqual(leads.user_id, self.ivan, "the first is away: the next")
