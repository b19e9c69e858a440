from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_crm_consent import NOON, ConsentCommon

NIGHT = NOON.replace(hour=22)  # midnight in Kyiv


@tagged("post_install", "-at_install")
class TestContactWarning(ConsentCommon):
    """Who writes or calls by hand is told what speaks against it; offers are stopped."""

    def _warn(self, kind="email", record=None, now=NOON, user=None):
        record = record or self.person
        gate = self.env["crm.consent"].with_user(user or self.olena)
        with patch.object(fields.Datetime, "now", lambda *_args: now):
            return gate.get_contact_warning(record._name, record.id, kind)

    def test_nothing_speaks_against_it(self):
        self.assertEqual(self._warn("email"), "")
        self.assertEqual(self._warn("email", now=NIGHT), "")  # a letter wakes nobody
        self.assertEqual(self._warn("call"), "")
        self._say("withdrawn", purpose_id=self.marketing.id)
        self.assertEqual(self._warn("call"), "")  # no news, but his deal goes on

    def test_what_he_said(self):
        self._say("withdrawn")
        self.assertIn("withdrew", self._warn("email"))
        self.assertIn("withdrew", self._warn("call"))
        deal = self._make_lead(partner_id=self.person.id, user_id=self.olena.id)
        self.assertIn("withdrew", self._warn("call", deal))

    def test_his_night(self):
        text = self._warn("call", now=NIGHT)
        self.assertIn("too early or too late", text)
        self.assertIn("00:00 (Europe/Kyiv)", text)
        sunday = NOON + timedelta(days=6)
        self.assertIn("weekend", self._warn("call", now=sunday))
        self.company.crm_contact_weekend = True
        self.assertEqual(self._warn("call", now=sunday), "")

    def test_lead_of_somebody_new(self):
        lead = self._make_lead(
            phone="+380501112233", email_from="new@one.example", user_id=self.olena.id
        )
        self.assertEqual(self._warn("call", lead), "")
        self.assertIn("too early", self._warn("call", lead, NIGHT))
        self.env["mail.blacklist"]._add("new@one.example")
        self.assertIn("blacklist", self._warn("email", lead))
        self.assertEqual(self._warn("call", lead), "")

    def test_asked_about_what_one_may_read(self):
        lead = self._make_lead(user_id=self.ivan.id)
        with self.assertRaises(AccessError):
            self._warn("call", lead)
        self.assertEqual(
            self.env["crm.consent"].get_contact_warning("res.users", 1, "call"), ""
        )

    def test_a_letter_to_many_leaves_out_who_said_no(self):
        other = self._make_customer("Nobody asked", email="other@example.com")
        self._say("withdrawn", purpose_id=self.marketing.id)
        both = self.person | other
        composer = self.env["mail.compose.message"].create(
            {
                "model": "res.partner",
                "res_ids": both.ids,
                "composition_mode": "mass_mail",
                "subject": "Tyres",
                "body": "Cheaper until Friday",
            }
        )
        values = dict.fromkeys(both.ids, {})
        self.assertEqual(composer._get_blacklist_record_ids(values), {self.person.id})
        composer.use_exclusion_list = False
        self.assertEqual(composer._get_blacklist_record_ids(values), set())
        leads = [
            self._make_lead(partner_id=partner.id, email_from=partner.email)
            for partner in both
        ]
        composer.write({"model": "crm.lead", "use_exclusion_list": True})
        values = {lead.id: {} for lead in leads}
        self.assertEqual(composer._get_blacklist_record_ids(values), {leads[0].id})
