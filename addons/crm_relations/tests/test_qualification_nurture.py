from datetime import date, datetime, timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_qualification import NOW, QualificationCommon


@tagged("post_install", "-at_install")
class TestNurture(QualificationCommon):
    def _aside(self, until=date(2026, 3, 10), **values):
        lead = self._make_lead(**values)
        lead.write(
            {
                "qualification_state": "nurture",
                "nurture_until": until,
                "reject_words": "Call before the frost",
            }
        )
        return lead

    def test_it_comes_back_on_its_day_with_an_activity(self):
        lead = self._aside(user_id=self.olena.id)
        self.assertEqual((lead.active, lead.won_status), (False, "pending"))
        before = datetime(2026, 3, 9, 21, 0)  # 23:00 in Kyiv, the day before
        self.olena.tz = "Europe/Kyiv"
        self.assertEqual(self.env["crm.lead"]._return_nurtured(before), (0, 0))
        done = self.env["crm.lead"]._return_nurtured(before + timedelta(hours=2))
        self.assertEqual(done, (1, 0))
        self.assertEqual(
            (lead.active, lead.qualification_state, lead.nurture_until),
            (True, "open", False),
        )
        activity = lead.activity_ids
        self.assertEqual(activity.user_id, self.olena)
        self.assertEqual(activity.date_deadline, date(2026, 3, 10))
        self.assertIn("Call before the frost", activity.note)

    def test_without_a_salesperson_the_head_is_told(self):
        lead = self._aside(user_id=False)
        self.env["crm.lead"]._return_nurtured(NOW + timedelta(days=30))
        self.assertEqual(lead.activity_ids.user_id, self.head)

    def test_without_a_head_too_who_put_it_aside_is_told(self):
        lead = self._make_lead(user_id=False)
        lead.with_user(self.head).write(
            {"qualification_state": "nurture", "nurture_until": date(2026, 3, 10)}
        )
        lead.team_id.user_id = False
        self.env["crm.lead"]._return_nurtured(NOW + timedelta(days=30))
        self.assertEqual(lead.activity_ids.user_id, self.head)

    def test_the_pass_works_in_batches_and_twice_is_once(self):
        leads = self.env["crm.lead"].concat(*(self._aside() for _i in range(3)))
        later = NOW + timedelta(days=30)
        self.assertEqual(self.env["crm.lead"]._return_nurtured(later, limit=2), (2, 1))
        self.assertEqual(self.env["crm.lead"]._return_nurtured(later, limit=2), (1, 0))
        self.assertEqual(self.env["crm.lead"]._return_nurtured(later, limit=2), (0, 0))
        self.assertEqual([len(lead.activity_ids) for lead in leads], [1, 1, 1])

    def test_the_scheduled_job_brings_back_what_is_due(self):
        lead = self._aside(until=fields.Date.today() - timedelta(days=2))
        with self.enter_registry_test_mode():
            self.env.ref(
                "crm_relations.ir_cron_return_nurtured"
            ).method_direct_trigger()
        self.assertTrue(lead.active)

    def test_a_later_day_is_the_same_decision(self):
        lead = self._aside()
        lead.nurture_until = date(2026, 4, 1)
        decision = lead.qualification_decision_ids
        self.assertEqual((len(decision), decision.nurture_until), (1, date(2026, 4, 1)))

    def test_a_day_in_the_past_is_refused(self):
        with self.assertRaisesRegex(UserError, "after today"):
            self._nurture(self._make_lead(), fields.Date.today())

    def test_nurtured_may_be_rejected(self):
        lead = self._aside()
        self._reject(lead)
        self.assertEqual(
            (lead.qualification_state, lead.nurture_until), ("rejected", False)
        )
        self.assertEqual(
            lead.qualification_decision_ids.sorted("id").mapped("is_standing"),
            [False, True],
        )
