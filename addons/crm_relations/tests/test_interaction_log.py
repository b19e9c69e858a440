from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestInteractionLog(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer(user_id=cls.petro.id)
        cls.lead = cls._make_lead(user_id=cls.olena.id, partner_id=cls.customer.id)

    def _open(self, record, user):
        return Form(
            self.env["crm.interaction.log"]
            .with_user(user)
            .with_context(active_model=record._name, active_id=record.id)
        )

    def _row(self, form):
        return self.env["crm.interaction"].search(
            [("external_key", "=", f"hand:{form.client_uuid}")]
        )

    def test_saving_twice_is_one_contact_one_note_one_step(self):
        with self._open(self.lead, self.olena) as form:
            form.minutes = 10
            form.subject = "Winter tyres"
            form.note = "Asks for R16"
            form.next_step = "Send the offer"
        wizard = form.record
        wizard.action_save()
        messages, activities = self.lead.message_ids, self.lead.activity_ids
        wizard.action_save()
        row = self._row(wizard)
        self.assertEqual(
            (
                row.direction,
                row.user_id,
                row.owner_id,
                row.team_id,
                row.customer_id,
                row.lead_id,
            ),
            ("out", self.olena, self.olena, self.north, self.customer, self.lead),
        )
        self.assertEqual(
            (row.handling_seconds, row.outcome, row.preview),
            (600, "done", "Asks for R16"),
        )
        self.assertEqual(
            (self.lead.message_ids, self.lead.activity_ids), (messages, activities)
        )
        self.assertEqual(activities.summary, "Send the offer")

    def test_on_a_partner_and_unanswered(self):
        with self._open(self.customer, self.petro) as form:
            form.outcome = "no_answer"
        form.record.action_save()
        row = self._row(form.record)
        self.assertEqual((row.partner_id, row.owner_id), (self.customer, self.petro))
        self.assertFalse(row.answered_at or row.handling_seconds)

    def test_a_visit_to_the_shop_has_its_origin(self):
        origin = {
            "source_id": self.env["utm.source"].create({"name": "Bus stop"}),
            "medium_id": self.env["utm.medium"].create({"name": "Poster"}),
            "campaign_id": self.env["utm.campaign"].create({"name": "Winter Y"}),
        }
        channels = self.env["crm.channel"]
        for code, direction, told in [
            ("visit", "in", True),
            ("call", "in", True),
            ("call", "out", False),
        ]:
            with self._open(self.customer, self.petro) as form:
                form.channel_id = channels.browse(channels._id_of_code(code))
                form.direction = "in"
                for name, value in origin.items():
                    form[name] = value
                form.direction = direction
            form.record.action_save()
            row = self._row(form.record)
            self.assertEqual(row.channel_id.code, code)
            for name, value in origin.items():
                self.assertEqual(row[name], value if told else value.browse())

    def test_refused(self):
        with self.assertRaises(AccessError):
            self._open(self.lead, self.accountant)
        wizard = self.env["crm.interaction.log"].with_user(self.petro)
        with self.assertRaises(AccessError):
            wizard.create({"lead_id": self.lead.id, "subject": "x"}).action_save()
        with self.assertRaises(ValidationError):
            wizard.create({"subject": "nobody"})
        with self.assertRaises(ValidationError):
            wizard.create(
                {
                    "partner_id": self.customer.id,
                    "started_at": fields.Datetime.now() + timedelta(hours=1),
                }
            )
