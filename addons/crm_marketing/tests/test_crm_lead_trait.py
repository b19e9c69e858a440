from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..models.crm_lead_trait import PARAMETER
from .segment_common import SegmentCommon


@tagged("post_install", "-at_install")
class TestLeadTraits(SegmentCommon):
    """Eight leads closed before; two kinds of customers, told apart by their cars."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.params = cls.env["ir.config_parameter"]
        cls.params.set_param(PARAMETER, True)
        cls.params.set_param("crm.pls_fields", "")
        cls.params.set_param("crm.pls_start_date", "2000-01-01")
        cls.kind = cls.env["crm.customer.asset.type"].create({"name": "Motor"})
        cls.team = cls.env["crm.team"].create({"name": "Scored"})
        cls.stage = cls.env["crm.stage"].search([], order="sequence, id", limit=1)

    def _make_driver(self, make, when):
        driver = self._make_customer(f"{make} driver")
        self.env["crm.customer.asset"].create(
            {"name": f"{make} One", "type_id": self.kind.id, "partner_id": driver.id,
             "acquired_date": when}
        )  # fmt: skip
        return driver

    def _make_scored(self, make, days=-10):
        today = fields.Date.today()
        driver = self._make_driver(make, today + timedelta(days=days))
        return self._make_lead(
            type="opportunity", team_id=self.team.id, stage_id=self.stage.id,
            partner_id=driver.id,
        )  # fmt: skip

    def _learn(self):
        for make, won in (("Volvo", 4), ("Lada", 0)):
            leads = [self._make_scored(make) for _number in range(5)]
            for place, lead in enumerate(leads):
                if place < won:
                    lead.action_set_won()
                else:
                    lead.action_set_lost()
        self.env.flush_all()

    def test_the_hosts_frequencies_hold_the_traits(self):
        self._learn()
        rows = self.env["crm.lead.scoring.frequency"].search(
            [("team_id", "=", self.team.id), ("variable", "=", "crm_trait_asset")]
        )
        self.assertEqual(
            {row.value: (row.won_count, row.lost_count) for row in rows},
            {"Volvo": (4.1, 1.1), "Lada": (0.1, 5.1)},
        )

    def test_leads_are_ranked_by_them(self):
        self._learn()
        good, bad = self._make_scored("Volvo"), self._make_scored("Lada")
        self.assertGreater(good.automated_probability, bad.automated_probability + 30)

    def test_what_came_after_the_lead_does_not_count(self):
        self._learn()
        later = self._make_scored("Volvo", days=5)
        self.assertEqual(
            later._crm_get_traits(), {later.id: [("crm_trait_customer", "new")]}
        )
        self.assertFalse(later.crm_trait_asset)

    def test_the_hosts_explanation_shows_them(self):
        self._learn()
        lead = self._make_scored("Volvo")
        data = lead.prepare_pls_tooltip_data()
        self.assertIn(
            ("crm_trait_asset", "Volvo"),
            [(row["field"], row["value"]) for row in data["top_3_data"]],
        )

    def test_switched_off_it_asks_nothing(self):
        self.params.set_param(PARAMETER, False)
        lead = self._make_scored("Volvo")
        values = lead._pls_get_lead_pls_values()[lead.id]["values"]
        self.assertFalse(
            [name for name, _value in values if name.startswith("crm_trait")]
        )
