from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestMyDayTour(RelationsCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.olena.password = "rel_olena"
        cls.head.password = "rel_head"
        cls.today = fields.Date.today()
        cls.customer = cls._make_customer(user_id=cls.olena.id)
        cls.deal = cls._make_lead(
            "Winter tyres",
            type="opportunity",
            user_id=cls.olena.id,
            partner_id=cls.customer.id,
        )
        cls.fair = cls._make_lead("From the fair", user_id=cls.olena.id)
        cls.deal.activity_schedule(
            "mail.mail_activity_data_call",
            user_id=cls.olena.id,
            summary="Ask about size",
            date_deadline=cls.today - timedelta(days=2),
        )
        cls.promise = cls.env["crm.promise"].create(
            {
                "name": "Pay the rest",
                "partner_id": cls.customer.id,
                "user_id": cls.olena.id,
                "due_date": cls.today,
            }
        )
        cls.question = cls._make_interaction(
            "m1",
            "email",
            partner_id=cls.customer.id,
            owner_id=cls.olena.id,
            team_id=cls.north.id,
            subject="Where are my tyres?",
            started_at=fields.Datetime.now() - timedelta(hours=2),
        )

    def test_salesperson(self):
        self.start_tour("/odoo/crm-day", "crm_day", login="rel_olena")
        self.assertEqual(self.deal.activity_ids.summary, "Send the offer")
        self.assertEqual(self.promise.state, "kept")
        self.assertEqual(self.fair.activity_ids.user_id, self.ivan)

    def test_head(self):
        self.start_tour("/odoo/crm-people-day", "crm_day_head", login="rel_head")
