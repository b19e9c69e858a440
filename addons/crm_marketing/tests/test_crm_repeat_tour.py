"""In a real browser: a marketer makes a rule and starts it, a salesperson sells."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .repeat_common import RepeatCommon


@tagged("post_install", "-at_install")
class TestCrmRepeatTour(RepeatCommon, HttpCase):
    def test_marketer_and_salesperson(self):
        self.marketer.password = self.marketer.login
        self.olena.password = self.olena.login
        self._buy_evenly(self.vera, fields.Date.today() - timedelta(days=28))
        self.start_tour(
            "/odoo/repeat-rules", "crm_repeat_marketer", login=self.marketer.login
        )
        self.env.invalidate_all()
        rule = self.env["crm.repeat.rule"].search([("name", "=", "Oil change")])
        self.assertEqual((rule.state, rule.is_backlog), ("running", True))
        rule.script_id = self.script
        self._pass(fields.Datetime.now())
        self.assertEqual(self._states(rule), {"Vera": ["opened"]})
        self.start_tour(
            "/odoo/repeat-needs", "crm_repeat_salesperson", login=self.olena.login
        )
        self.env.invalidate_all()
        order = self._needs_of(rule).order_id
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [4])
