from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestAssetTour(RelationsCommon, HttpCase):
    """The salesperson's and the head's way through assets, consent and hand-over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.olena | cls.head:
            user.password = user.login
        cls.customer = cls._make_customer(is_company=True, user_id=cls.olena.id)
        cls.deal = cls._make_lead(
            "Winter tyres", type="opportunity", partner_id=cls.customer.id,
            user_id=cls.olena.id,
        )  # fmt: skip

    def _path(self, name, tail=""):
        return f"/odoo/action-crm_relations.{name}{tail}"

    def test_asset(self):
        car = self.env.ref("crm_relations.crm_customer_asset_type_car")
        today = fields.Date.today()
        golf, __ = self.env["crm.customer.asset"].create(
            [
                {"name": name, "type_id": car.id, "partner_id": self.customer.id,
                 "serial": serial, "properties": {"colour": colour},
                 "next_service_date": today + timedelta(days=3)}
                for name, serial, colour in (
                    ("Volkswagen Golf", "AA 1234 BB", "red"),
                    ("Volkswagen Polo", "AA 5678 BB", "blue"),
                )
            ]
        )  # fmt: skip
        self.env["crm.customer.asset"]._plan_service_reminders(fields.Datetime.now())
        self.assertTrue(golf.activity_ids)
        self.start_tour(
            self._path("crm_customer_asset_action"),
            "crm_relations_asset",
            login="rel_olena",
        )
        golf.invalidate_recordset()
        self.assertFalse(golf.activity_ids)
        self.assertEqual(golf.last_service_date, today)
        self.assertGreater(golf.next_service_date, today + timedelta(days=300))

    def test_consent(self):
        self.start_tour(
            f"/odoo/contacts/{self.customer.id}",
            "crm_relations_consent",
            login="rel_olena",
        )
        consent = self.customer.crm_consent_ids
        self.assertEqual((consent.state, consent.user_id), ("refused", self.olena))

    def test_handover(self):
        self.start_tour(
            self._path("crm_handover_action", "/new"),
            "crm_relations_handover",
            login="rel_head",
        )
        self.deal.invalidate_recordset()
        self.customer.invalidate_recordset()
        self.assertEqual((self.deal.user_id, self.customer.user_id), (self.olena,) * 2)
        self.assertEqual(
            [
                log.to_user_id.login
                for log in self.customer.crm_owner_log_ids.sorted("id")
            ],
            ["rel_olena", "rel_ivan", "rel_olena"],
        )
