from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import TIME_ZERO, RelationsCommon


class CardTourCommon(RelationsCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.olena.password = "rel_olena"
        cls.customer = cls._make_customer(
            is_company=True, user_id=cls.olena.id, phone="+380 67 123 45 67",
            email="romashka@example.com",
            country_id=cls.env.ref("base.ua").id,
        )  # fmt: skip
        cls.deal = cls._make_lead(
            "Winter tyres",
            type="opportunity",
            partner_id=cls.customer.id,
            user_id=cls.olena.id,
        )

    @classmethod
    def _call(cls, number):
        return cls._make_interaction(
            f"k{number}",
            subject=f"Talk no. {number}",
            partner_id=cls.customer.id,
            owner_id=cls.olena.id,
            user_id=cls.olena.id,
            started_at=TIME_ZERO + timedelta(minutes=number),
        )


@tagged("post_install", "-at_install")
class TestCardTour(CardTourCommon):
    def test_card(self):
        for number in range(40):
            self._call(number)
        self.env["sale.order"].create(
            {"partner_id": self.customer.id, "user_id": self.olena.id}
        )
        self.customer.with_user(self.olena).message_post(body="Prefers mornings")
        soon = fields.Date.today() + timedelta(days=1)
        plan = {"date_deadline": soon, "user_id": self.olena.id}
        self.deal.activity_schedule(
            "mail.mail_activity_data_call", summary="Ask about tyres", **plan
        )
        self.customer.activity_schedule(
            "mail.mail_activity_data_todo", summary="Send the price list", **plan
        )
        self._give_belongings()
        self.start_tour(
            f"/odoo/contacts/{self.customer.id}", "crm_card", login="rel_olena"
        )
        self.assertEqual(self.customer.crm_preferred_payment, "Cash on delivery")
        call = self.env["crm.interaction"].search([("subject", "=", "He calls back")])
        self.assertEqual(
            (call.raw_address, call.partner_id), ("+380671234567", self.customer)
        )

    def _give_belongings(self):
        kind = self.env["crm.customer.asset.type"].create({"name": "Tour car"})
        other = self._make_customer("Lotus Ltd", is_company=True)
        about = {"partner_id": self.customer.id}
        self.env["crm.customer.asset"].create(
            {**about, "name": "Volkswagen Golf", "type_id": kind.id}
        )
        self.env["crm.consent"].create(
            [{**about, "kind": kind, "state": "refused"} for kind in ("call", "email")]
        )
        self.env["crm.acquaintance"].create({**about, "other_id": other.id})
        self.env["crm.promise"].create(
            {**about, "name": "Pay the rest", "user_id": self.olena.id}
        )

    def test_search(self):
        self.env.ref("base.main_company").country_id = self.env.ref("base.ua")
        self.env.flush_all()
        self.start_tour("/odoo/crm", "crm_search", login="rel_olena")
