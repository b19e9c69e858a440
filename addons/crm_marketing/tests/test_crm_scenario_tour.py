"""A marketer in a real browser: try, send to me, start, stop."""

from odoo.tests import HttpCase, tagged

from .scenario_common import ScenarioCommon


@tagged("post_install", "-at_install")
class TestCrmScenarioTour(ScenarioCommon, HttpCase):
    def test_marketer_makes_tries_starts_and_stops(self):
        self.marketer.password = self.marketer.login
        self.start_tour(
            "/odoo/crm-scenarios", "crm_scenario_marketer", login=self.marketer.login
        )
        self.env.invalidate_all()
        scenario = self.env["crm.scenario"].search([("name", "=", "Service is due")])
        self.assertEqual((scenario.state, scenario.control_percent), ("stopped", 20))
        self.assertFalse(self._runs_of(scenario))
        self.assertEqual(len(self._letters(self.marketer.partner_id)), 1)
