from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from odoo.addons.crm_relations.tests.common import TIME_ZERO

from ..tools.touch import visitor_code
from .test_touch import AD, BROWSER, VISITOR, TouchCommon


class MailingCommon(TouchCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer("Romashka", email="box@romashka.example")
        cls.campaign = cls.env["utm.campaign"].create({"name": "Spring letter"})
        cls.mailing = cls.env["mailing.mailing"].create(
            {
                "subject": "Tyres are here",
                "mailing_model_id": cls.env["ir.model"]._get_id("res.partner"),
                "campaign_id": cls.campaign.id,
                "body_html": "<p>Tyres</p>",
            }
        )
        cls.trace = cls._make_trace(cls.customer)

    @classmethod
    def _make_trace(cls, record, **values):
        return cls.env["mailing.trace"].create(
            {
                "mass_mailing_id": cls.mailing.id,
                "model": record._name,
                "res_id": record.id,
                "email": "box@romashka.example",
                **values,
            }
        )

    def _letters(self):
        """Rows of letters, after what waits for the commit was written."""
        self.env.cr.precommit.run()
        self.env["crm.interaction"].invalidate_model()
        return self.env["crm.interaction"].search([("touch_kind", "=", "mailing")])


@tagged("post_install", "-at_install")
class TestMailingTouch(MailingCommon):
    def test_sent_opened_clicked_is_one_row(self):
        self.assertFalse(self._letters())
        self.trace.set_sent()
        row = self._letters()
        self.assertEqual(row.external_key, f"mailing:{self.trace.id}")
        self.assertEqual((row.channel_id.code, row.direction), ("mailing", "out"))
        self.assertEqual(row.partner_id, self.customer)
        self.assertEqual(
            (row.campaign_id, row.source_id, row.medium_id),
            (self.campaign, self.mailing.source_id, self.mailing.medium_id),
        )
        self.assertTrue(row.source_id and row.medium_id)
        self.assertTrue(row.is_automatic)
        self.assertFalse(row.opened_at or row.clicked_at)
        self.trace.set_opened()
        self.assertTrue(self._letters().opened_at)
        self.trace.set_clicked()
        self.assertEqual(self._letters(), row)
        clicked = row.clicked_at
        self.trace.write({"links_click_datetime": datetime.now() + timedelta(days=1)})
        self.assertEqual(self._letters().clicked_at, clicked, "the first one counts")
        self.assertEqual(row.outcome, "opened")

    def test_robots_are_not_readers(self):
        self.trace.set_sent()
        robot = self.trace.with_context(crm_is_robot=True)
        robot.set_opened()
        robot.set_clicked()
        row = self._letters()
        self.assertFalse(row.opened_at or row.clicked_at)
        self.trace.set_opened()
        self.trace.set_clicked()
        self.assertTrue(self._letters().opened_at, "the click tells")

    def test_a_lead_a_lists_contact_and_a_bounce(self):
        lead = self._make_lead(email_from="new@shop.example")
        contact = self.env["mailing.contact"].create({"email": "box@romashka.example"})
        traces = self._make_trace(lead) | self._make_trace(contact)
        traces |= self._make_trace(self.customer, is_test_trace=True)
        traces.set_sent()
        traces[0].set_bounced()
        rows = self._letters()
        self.assertEqual(len(rows), 2, "a test letter is no letter")
        self.assertEqual(rows.lead_id, lead)
        self.assertEqual(rows.filtered("lead_id").outcome, "bounced")
        self.assertEqual(rows.partner_id, self.customer, "found by the address")

    def test_many_letters_are_one_statement(self):
        traces = self.env["mailing.trace"].browse()
        for number in range(20):
            traces |= self._make_trace(self._make_customer(f"Customer {number}"))
        self.env.flush_all()
        self.env.cr.precommit.run()
        for trace in traces:
            trace.set_sent()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(18):
            self.env.cr.precommit.run()
        self.assertEqual(len(self._letters()), 20)

    def test_the_landing_joins_the_visitor_and_is_no_second_touch(self):
        self.trace.set_sent()
        self.trace.set_clicked()
        letter = self._letters()
        address = "https://shop.example/tyres?utm_source=letter&utm_campaign=Spring"
        signed = self.env["crm.touch.letter"]._sign_address(address, self.trace.id)
        self.assertIn("crm_t=", signed)
        nameless = self._visit(signed, visitor=None)
        self.assertFalse(nameless.partner_id or nameless.click_ref, "no consent")
        row = self._visit(signed)
        self.assertEqual(row.partner_id, self.customer)
        self.assertEqual(
            (row.click_kind, row.click_ref), ("mailing", str(self.trace.id))
        )
        visitor = row.visitor_id
        self.assertEqual(visitor.partner_id, self.customer)
        stranger = self._visit(f"{address}&crm_t=AAAA", visitor="e" * 32)
        self.assertFalse(stranger.partner_id)
        late = datetime.now() + timedelta(hours=2)
        with patch("odoo.tools.misc.datetime") as clock:
            clock.datetime.now.return_value = late
            found = self.env["crm.touch.letter"]._read(signed.partition("crm_t=")[2])
        self.assertFalse(found, "an old address names nobody")
        self.site.allowed_origins = "https://other.example"
        self.assertEqual(
            self.env["crm.touch.letter"]._sign_address(address, self.trace.id), address
        )
        self.assertEqual(letter.partner_id, self.customer)


@tagged("post_install", "-at_install")
class TestMailingHttp(MailingCommon, HttpCase):
    def test_a_click_leads_on_with_a_word_for_people_only(self):
        self.trace.set_sent()
        link = self.env["link.tracker"].create(
            {"url": "https://shop.example/tyres", "title": "Tyres"}
        )
        self._letters()
        code = self.env["link.tracker.code"].search([("link_id", "=", link.id)]).code
        url = f"/r/{code}/m/{self.trace.id}"
        for agent, signed in (("Googlebot/2.1", False), (BROWSER, True)):
            answer = self.url_open(
                url, headers={"User-Agent": agent}, allow_redirects=False
            )
            self.assertEqual("crm_t=" in answer.headers["Location"], signed, agent)
            self.assertEqual(bool(self._letters().clicked_at), signed, agent)


@tagged("post_install", "-at_install")
class TestTouchCode(TouchCommon):
    def _wizard(self, record, user=None, code=None):
        wizards = self.env["crm.touch.code"].with_user(user or self.olena)
        form = Form(
            wizards.with_context(active_model=record._name, active_id=record.id)
        )
        form.code = code or visitor_code(VISITOR)
        return form

    def setUp(self):
        super().setUp()
        clock = patch(
            "odoo.addons.crm_marketing.wizard.crm_touch_code.fields.Datetime.now",
            lambda: TIME_ZERO,
        )
        clock.start()
        self.addCleanup(clock.stop)

    def test_six_digits_join_the_caller(self):
        visit = self._visit(AD)
        customer = self._make_customer("Petro", user_id=self.olena.id)
        call = self._make_interaction(
            "call with code", partner_id=customer.id, owner_id=self.olena.id
        )
        form = self._wizard(call)
        self.assertIn("Spring tyres", form.found)
        form.save().action_join()
        self.assertEqual(visit.partner_id, customer)
        self.assertEqual(call.campaign_id.name, "Spring tyres")
        self.assertEqual((call.source_id.name, call.medium_id.name), ("google", "cpc"))

    def test_a_lead_learns_its_origin(self):
        visit = self._visit(AD)
        lead = self._make_lead(user_id=self.olena.id)
        self._wizard(lead).save().action_join()
        self.assertEqual(visit.lead_id, lead)
        self.assertEqual(lead.campaign_id.name, "Spring tyres")

    def test_a_wrong_code_and_whose_lead_it_is(self):
        self._visit(AD)
        lead = self._make_lead(user_id=self.petro.id, team_id=self.south.id)
        form = self._wizard(self._make_customer("Any"), code="000000")
        self.assertIn("No visitor", form.found)
        with self.assertRaises(UserError):
            form.save().action_join()
        wizard = (
            self.env["crm.touch.code"]
            .with_user(self.olena)
            .create({"code": visitor_code(VISITOR), "lead_id": lead.id})
        )
        with self.assertRaises(AccessError):
            wizard.action_join()
        customer = self._make_customer("Petro")
        with self.assertRaises(AccessError):
            self._wizard(customer, self.marketer).save().action_join()


@tagged("post_install", "-at_install")
class TestTouchForm(TouchCommon):
    def test_a_form_names_its_origin_by_the_adapter(self):
        source = self.env["utm.source"].create({"name": "Tyre Blog"})
        self._send_form(email="a@blog.example", message="Hi", utm_source="tyre BLOG")
        lead = self.env["crm.lead"].search([("email_from", "=", "a@blog.example")])
        self.assertEqual(lead.source_id, source)
