from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.crm_relations.tests.alarm_common import (
    HOUR,
    MINUTE,
    MONDAY,
    AlarmCommon,
)

from .campaign_common import CampaignCommon, day


@tagged("post_install", "-at_install")
class TestCampaignAlarm(AlarmCommon, CampaignCommon):
    """The rule that comes along, through the engine: starts, climbs, stops."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign.user_id = cls.marketer
        cls.env.ref("crm_relations.role_head_of_sales").user_ids = cls.manager
        cls.env.ref("crm_relations.role_owner").user_ids = cls.director
        cls.burning = cls.env.ref("crm_marketing.alarm_rule_burning_campaign")
        cls.burning.write({"active": True, "valid_from": False})

    def _logins(self):
        alarm = self._get_alarm(self.campaign, self.burning)
        return [(step, logins) for step, _repeat, logins in self._told(alarm)]

    def test_a_burning_campaign_from_start_to_end(self):
        self._run(MONDAY)
        self.assertFalse(self._get_alarm(self.campaign, self.burning), "nothing spent")
        self._take_in((day(1), "A", 5, 10000))
        now = MONDAY + HOUR
        self._run(now)
        self.assertTrue(self._get_alarm(self.campaign, self.burning))
        self._run(now + HOUR - MINUTE, tell=True)
        self.assertEqual(self._logins(), [])
        self._run(now + HOUR, tell=True)
        self.assertEqual(self._logins(), [(1, ["rel_marketer"])])
        # eight working hours of ten a day
        self._run(now + 8 * HOUR, tell=True)
        self.assertEqual(self._logins()[1:], [(2, ["rel_manager"])])
        tomorrow = now + timedelta(days=1)
        self._run(tomorrow + 6 * HOUR, tell=True)
        self.assertEqual(self._logins()[2:], [(3, ["rel_director"])])
        lead = self._make_lead(campaign_id=self.campaign.id)
        lead.qualification_state = "qualified"
        self._run(tomorrow + 8 * HOUR)
        alarm = self._get_alarm(self.campaign, self.burning)
        self.assertEqual(alarm.state, "stopped")
        self.assertEqual(len(self._logins()), 3)
