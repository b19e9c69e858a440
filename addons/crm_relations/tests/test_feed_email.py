from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .common import TIME_ZERO
from .mail_common import MailRelationsCommon


@tagged("post_install", "-at_install")
class TestFeedEmail(MailRelationsCommon):
    def setUp(self):
        super().setUp()
        self.now = TIME_ZERO
        self.startPatcher(patch.object(type(self.env.cr), "now", lambda cr: self.now))

    def _last(self, before):
        return self.ledger.search([]) - before

    def _post(self, record, user=None, **values):
        before = self.ledger.search([])
        record = record.with_user(user) if user else record
        record.message_post(
            **{
                "body": "Yes",
                "message_type": "comment",
                "subtype_xmlid": "mail.mt_comment",
                **values,
            }
        )
        return self._last(before)

    def test_incoming_makes_one_row_on_the_lead(self):
        partner = self._make_customer("Oksana", email="oksana@example.org")
        row = self._receive("<1@example.org>")
        lead = row.lead_id
        self.assertEqual(len(row), 1)
        self.assertEqual(
            (
                row.external_key,
                row.direction,
                row.channel_id.code,
                row.partner_id,
                row.subject,
            ),
            ("mail:<1@example.org>", "in", "email", partner, "Tyres"),
        )
        self.assertEqual(
            (row.res_model, row.res_id, row.team_id), ("crm.lead", lead.id, self.north)
        )
        self.assertEqual(
            row.started_at, TIME_ZERO, "when we got it, not the sender's date"
        )
        self.assertIn("R16", row.preview)
        self.assertFalse(row.is_automatic or row.answered_at)

    def test_repeated_message_id_makes_nothing(self):
        self._receive("<1@example.org>")
        self.assertFalse(self._receive("<1@example.org>"))

    def test_reply_of_ours_answers_and_reply_of_theirs_waits(self):
        partner = self._make_customer("Oksana", email="oksana@example.org")
        asked = self._receive("<1@example.org>")
        lead = asked.lead_id
        lead.partner_id = partner
        self.now += timedelta(minutes=7)
        sent = self._post(lead, self.manager, partner_ids=partner.ids)
        self.assertEqual(
            (sent.direction, sent.partner_id, sent.user_id, sent.outcome, sent.lead_id),
            ("out", partner, self.manager, "sent", lead),
        )
        self.assertEqual((asked.answered_at, asked.wait_seconds), (self.now, 420))
        message = lead.message_ids.filtered(lambda m: m.message_type == "comment")[:1]
        self.now += timedelta(minutes=1)
        reply = self._receive(
            "<2@example.org>", headers=[f"In-Reply-To: {message.message_id}"]
        )
        self.assertEqual((reply.direction, reply.lead_id), ("in", lead))
        self.assertFalse(reply.answered_at)

    def test_log_notes_tracking_and_internal_talk_make_nothing(self):
        lead = self._make_lead(partner_id=self._make_customer(email="a@example.org").id)
        self.assertFalse(self._post(lead, self.manager, subtype_xmlid="mail.mt_note"))
        self.assertFalse(
            self._post(lead, self.manager, partner_ids=self.olena.partner_id.ids)
        )
        before = self.ledger.search([])
        lead.message_notify(partner_ids=lead.partner_id.ids, body="x", subject="y")
        lead._message_log(body="moved")
        lead.message_post(
            body="z", message_type="notification", partner_ids=lead.partner_id.ids
        )
        self.assertFalse(self._last(before))

    def test_comment_of_a_share_user_is_incoming(self):
        partner = self._make_customer("Oksana", email="oksana@example.org")
        order = self.env["sale.order"].create(
            {"partner_id": partner.id, "user_id": self.olena.id}
        )
        row = self._post(order, author_id=partner.id)
        self.assertEqual(
            (row.direction, row.partner_id, row.res_model, row.owner_id),
            ("in", partner, "sale.order", self.olena),
        )

    def test_automatic_answers_are_neither_answer_nor_progress(self):
        partner = self._make_customer("Oksana", email="oksana@example.org")
        asked = self._receive("<1@example.org>")
        auto = self._post(
            asked.lead_id, message_type="auto_comment", partner_ids=partner.ids,
            author_id=self.manager.partner_id.id,
        )  # fmt: skip
        self.assertTrue(auto.is_automatic)
        self.assertEqual(auto.direction, "out")
        self.assertFalse(asked.answered_at)
        robot = self._receive(
            "<2@example.org>",
            headers=["Auto-Submitted: auto-replied", "In-Reply-To: <1@example.org>"],
        )
        self.assertTrue(robot.is_automatic)
        self.assertEqual(robot.lead_id, asked.lead_id)

    def test_one_row_when_routed_to_several_documents(self):
        partner = self._make_customer("Oksana", email="oksana@example.org")
        self.env["mail.alias"].create(
            {
                "alias_name": "card",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
                "alias_force_thread_id": partner.id,
                "alias_domain_id": self.alias_domain.id,
            }
        )
        for number, to in enumerate(("card@crm.example.com, north@crm.example.com",
                                     "north@crm.example.com, card@crm.example.com")):  # fmt: skip
            row = self._receive(f"<{number}@example.org>", to=to)
            self.assertEqual(
                (len(row), row.res_model, row.team_id), (1, "crm.lead", self.north)
            )
            messages = self.env["mail.message"].search(
                [("message_id", "=", f"<{number}@example.org>")]
            )
            self.assertEqual(set(messages.mapped("model")), {"crm.lead", "res.partner"})

    def test_two_companies_still_one_row(self):
        other = self.env["res.company"].create({"name": "Other"})
        lead = self._make_lead(team_id=False, company_id=other.id)
        row = self._receive("<1@example.org>")
        self.env["mail.message"].create(
            {
                "model": "crm.lead", "res_id": lead.id, "message_type": "email",
                "message_id": "<1@example.org>", "email_from": "oksana@example.org",
            }
        )  # fmt: skip
        self.assertEqual(
            self.ledger.search([("external_key", "=", row.external_key)]), row
        )

    def test_bounce_is_the_outcome_of_what_was_sent(self):
        partner = self._make_customer("Oksana", email="oksana@example.org")
        lead = self._make_lead(partner_id=partner.id)
        sent = self._post(lead, self.manager, partner_ids=partner.ids)
        message_id = sent.external_key.removeprefix("mail:")
        text = (
            "From: MAILER-DAEMON@example.org\nTo: bounce@crm.example.com\n"
            "Message-Id: <dsn@example.org>\nSubject: Undelivered\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\nContent-Type: text/plain\n\nNo such user\n"
            "--b\nContent-Type: message/delivery-status\n\n"
            "Reporting-MTA: dns; example.org\n\nFinal-Recipient: rfc822; oksana@example.org\n"
            "Action: failed\nStatus: 5.1.1\n\n"
            f"--b\nContent-Type: text/rfc822-headers\n\nMessage-Id: {message_id}\n--b--\n"
        )
        before = self.ledger.search([])
        self.env["mail.thread"].message_process("crm.lead", text)
        self.assertFalse(self._last(before))
        self.assertEqual(sent.outcome, "bounced")
        self.ledger._set_outcome("email", [sent.external_key], "sent")
        self.assertEqual(sent.outcome, "bounced", "nothing goes backwards")
        self.ledger._set_outcome("email", [sent.external_key], "opened")
        self.assertEqual(sent.outcome, "opened")

    def test_recipient_of_the_documents_customer_is_the_person(self):
        company = self._make_customer(is_company=True, email="office@example.org")
        person = self._make_customer(
            "Oksana", parent_id=company.id, email="oksana@example.org"
        )
        other = self._make_customer("Adviser", email="adviser@example.com")
        lead = self._make_lead(partner_id=company.id)
        row = self._post(lead, self.manager, partner_ids=(other | person).ids)
        self.assertEqual((row.partner_id, row.customer_id), (person, company))
        row = self._post(lead, self.manager, partner_ids=other.ids)
        self.assertEqual((row.partner_id, row.customer_id), (other, other))
        row = self._post(lead, self.manager, outgoing_email_to="nobody@example.net")
        self.assertEqual(
            (row.raw_address, row.partner_id.id, row.lead_id),
            ("nobody@example.net", False, lead),
        )

    def test_template_and_mass_mode_make_rows(self):
        partner = self._make_customer("Oksana", email="oksana@example.org")
        template = self.env["mail.template"].create(
            {
                "name": "t", "subject": "Offer", "body_html": "<p>Hello</p>",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "use_default_to": True,
            }
        )  # fmt: skip
        leads = self._make_lead(partner_id=partner.id) | self._make_lead(
            email_from="x@example.net"
        )
        before = self.ledger.search([])
        template.send_mail(leads[0].id)
        row = self._last(before)
        self.assertEqual((len(row), row.direction, row.partner_id), (1, "out", partner))
        composer = self.env["mail.compose.message"].with_context(
            default_model="crm.lead", default_res_ids=leads.ids,
            default_composition_mode="mass_mail", default_template_id=template.id,
        ).create({})  # fmt: skip
        before = self.ledger.search([])
        composer._action_send_mail()
        rows = self._last(before)
        self.assertEqual(rows.lead_id, leads)
        self.assertEqual(len(rows), 2)

    def test_invoice_and_partner_documents(self):
        partner = self._make_customer(
            "Oksana", email="oksana@example.org", user_id=self.olena.id
        )
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_user_id": self.ivan.id,
            }
        )
        row = self._post(invoice, self.accountant, partner_ids=partner.ids)
        self.assertEqual(
            (row.res_model, row.owner_id, row.customer_id),
            ("account.move", self.ivan, partner),
        )
        row = self._post(partner, self.olena, partner_ids=partner.ids)
        self.assertEqual(
            (row.res_model, row.owner_id, row.user_id),
            ("res.partner", self.olena, self.olena),
        )

    def test_queries_of_a_post(self):
        partner = self._make_customer("Oksana", email="oksana@example.org")
        lead = self._make_lead(partner_id=partner.id, user_id=self.olena.id)
        self._post(lead, self.manager, partner_ids=partner.ids)
        post = {
            "body": "Yes", "message_type": "comment", "partner_ids": partner.ids,
            "subtype_xmlid": "mail.mt_comment",
        }  # fmt: skip
        ledger = type(self.env["mail.message"])
        with (
            patch.object(ledger, "_feed_incoming"),
            patch.object(ledger, "_feed_outgoing"),
        ):
            start = self.cr.sql_log_count
            lead.message_post(**post)
            bare = self.cr.sql_log_count - start
        before, start = self.ledger.search([]), self.cr.sql_log_count
        lead.message_post(**post)
        self.assertLessEqual(self.cr.sql_log_count - start - bare, 4)
        self.assertEqual(len(self._last(before)), 1)

    def test_odd_messages_are_not_lost(self):
        """Fixtures of our own of what real programs send; the gateway alone raises."""
        odd = [
            "Content-Type: text/plain; charset=X-GBK",
            "Content-Type: text/plain; charset=",
            'Content-Type: text/html; charset="charset=us-ascii"',
            "Content-Type: text/plain; charset=fakescii",
            'Content-Type: text/html; charset=""',
        ]
        for number, header in enumerate(odd):
            text = (
                f"From: oksana@example.org\nTo: north@crm.example.com\nSubject: x\n"
                f"Message-Id: <odd{number}@example.org>\n{header}\n\nPrice?\n"
            )
            before = self.ledger.search([])
            self.env["mail.thread"].message_process("crm.lead", text)
            row = self._last(before)
            self.assertEqual((len(row), row.preview), (1, "Price?"), header)
        broken = "=?utf-8?Q?north=0D=0A_@crm.example.com?= <north@crm.example.com>"
        self.assertEqual(len(self._receive("<odd9@example.org>", to=broken)), 1)
        for sender in ("", "nonsense"):
            row = self._receive(f"<from{sender}@example.org>", sender=sender)
            self.assertEqual((row.direction, row.partner_id.id), ("in", False))

    def test_a_report_without_parts_is_a_bounce_and_no_crash(self):
        text = (
            "From: someone@example.org\nTo: north@crm.example.com\nSubject: x\n"
            "Message-Id: <r@example.org>\nContent-Type: multipart/report\n\nNothing\n"
        )
        before = self.ledger.search([])
        self.env["mail.thread"].message_process("crm.lead", text)
        self.assertFalse(self._last(before))

    def test_customer_answers_an_internal_note(self):
        """A note went to the customer by mistake; his answer is a contact all the same."""
        partner = self._make_customer("Oksana", email="oksana@example.org")
        lead = self._receive("<1@example.org>").lead_id
        lead.partner_id = partner
        note = lead.with_user(self.manager).message_post(
            body="Give him 5 %",
            message_type="comment",
            subtype_xmlid="mail.mt_note",
            partner_ids=partner.ids,
        )
        before = self.ledger.search([])
        reply = self._receive(
            "<2@example.org>", headers=[f"In-Reply-To: {note.message_id}"]
        )
        self.assertEqual(
            (reply.direction, reply.partner_id, reply.lead_id), ("in", partner, lead)
        )
        message = lead.message_ids.filtered(lambda m: m.message_id == "<2@example.org>")
        self.assertTrue(message.is_internal, "the host hides it from the portal")
        self.assertEqual(self.ledger.search([]) - before, reply)
