from odoo import fields
from odoo.tests import HttpCase, tagged

from .test_crm_fairness import FairnessCommon


@tagged("post_install", "-at_install")
class TestFairnessTour(FairnessCommon, HttpCase):
    def test_the_guard_speaks(self):
        self.olena.password = "rel_olena"
        good = self._make_classed(
            "Good", "A", user_id=self.olena.id, email="good@example.com"
        )
        today = fields.Date.today()
        for number, price in enumerate((90, 100, 130)):
            worse = self._make_classed(f"Worse {number}", "C", user_id=self.petro.id)
            self._make_order(worse, price, day=fields.Date.subtract(today, days=9))
        offer = self._make_order(good, 110, day=None)
        self.start_tour(f"/odoo/sales/{offer.id}", "crm_fairness", login="rel_olena")
        self.assertEqual(offer.crm_unfair_reason, "Delivered at night")
