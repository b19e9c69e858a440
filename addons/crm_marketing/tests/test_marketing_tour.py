"""The marketer's whole way in a browser: from the spend of ads to the paid invoice."""

from datetime import datetime, timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.mail.tests.common import MockEmail

from .campaign_common import NOW, CampaignCommon, day

BILL = 400  # what the network charged; its own figures say 300
DRIVERS = 24
REPLY = """Return-Path: {sender}
From: {sender}
To: sales@example.com
Subject: Re: Is your Volkswagen well?
Message-ID: <tour-reply@example.com>
In-Reply-To: {letter}
References: {letter}
Content-Type: text/plain; charset=utf-8

Yes, do look at the brakes.
"""


@tagged("post_install", "-at_install")
class TestMarketingTour(CampaignCommon, MockEmail, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer.password = "rel_marketer"
        cls.marketer.group_ids += cls.env.ref("crm_relations.group_see_margin")
        cls.company.crm_attribution_model_ids = cls.env["crm.attribution.model"].search(
            [("code", "in", ("first", "last", "linear"))]
        )
        cls.campaign.title = "Tour tyres"
        cls.radio = cls.env["utm.campaign"].create({"title": "Radio"})
        cls.today = fields.Date.context_today(cls.env.user)
        cls._make_drivers()

    @classmethod
    def _make_drivers(cls):
        """Owners of red Volkswagens who stay away, and others who drive nothing."""
        cls.drivers = cls.env["res.partner"].create(
            [
                {
                    "name": f"Driver {number:02}",
                    "email": f"driver{number}@example.com",
                    "city": "Odesa" if number < 22 else "Lviv",
                }
                for number in range(DRIVERS)
            ]
        )
        cls.faithful = cls._make_customer("Faithful driver", city="Lviv")
        cls.env["res.partner"].create(
            [
                {"name": f"Walker {number}", "city": "Odesa" if number < 3 else "Lviv"}
                for number in range(30)
            ]
        )
        kind = cls.env["crm.customer.asset.type"].create(
            {
                "name": "Tour car",
                "properties_definition": [
                    {
                        "name": "colour",
                        "string": "Colour",
                        "type": "selection",
                        "selection": [["red", "Red"], ["blue", "Blue"]],
                    }
                ],
            }
        )
        cls.env["crm.customer.asset"].create(
            [
                {
                    "name": "Volkswagen Golf",
                    "type_id": kind.id,
                    "partner_id": driver.id,
                    "properties": {"colour": "red"},
                }
                for driver in cls.drivers | cls.faithful
            ]
        )
        # everybody comes each 30 days; the drivers are 100 days late, one is not
        ago = [(driver, days) for driver in cls.drivers for days in (160, 130)]
        ago += [(cls.faithful, days) for days in (40, 10)]
        cls._make_visits(ago)

    @classmethod
    def _make_visits(cls, ago):
        """Posted invoices, (customer, days ago) each: all at once."""
        account = cls._account("income")
        line = {
            "product_id": cls.product.id,
            "price_unit": 100,
            "account_id": account.id,
            "tax_ids": [Command.clear()],
        }
        moves = cls.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "invoice_date": cls.today - timedelta(days=days),
                    "date": cls.today - timedelta(days=days),
                    "invoice_line_ids": [Command.create(line)],
                }
                for partner, days in ago
            ]
        )
        moves.action_post()

    def _tour(self, name, path):
        self.start_tour(f"/odoo/{path}", f"crm_marketing_{name}", login="rel_marketer")
        self.env.invalidate_all()

    def _run_engines(self, now):
        """What the crons do between two looks of the marketer."""
        self.env.cr.precommit.run()
        self._work_out(now.date())
        while self.env["crm.attribution.line"]._pass(now):
            pass
        self.env.flush_all()

    def _sell(self):
        """Radio was heard first, the ad clicked last: an invoice of 1,000, goods 40."""
        for number, campaign in ((1, self.radio), (5, self.campaign)):
            self._make_interaction(
                f"tour {number}",
                "site",
                touch_kind="visit",
                is_automatic=True,
                started_at=datetime(2026, 3, number, 12),
                partner_id=self.customer.id,
                campaign_id=campaign.id,
            )
        self._make_invoice(day(10), 1000, campaign_id=self.campaign.id)

    def _send(self):
        """The queue sends; two drivers agreed to news."""
        mailing = self.env["mailing.mailing"].search(
            [("subject", "=", "Is your Volkswagen well?")]
        )
        self.assertEqual(mailing.state, "in_queue")
        self.assertEqual(mailing.crm_segment_id.size, DRIVERS)
        self.assertEqual(mailing.campaign_id, self.campaign)
        self.env["crm.consent"].create(
            [
                {
                    "partner_id": driver.id,
                    "purpose_id": self.env.ref(
                        "crm_relations.crm_contact_purpose_marketing"
                    ).id,
                    "state": "given",
                }
                for driver in self.drivers[:2]
            ]
        )
        with self.mock_mail_gateway():
            mailing.action_send_mail()
            self.env["mail.mail"].search([("mailing_id", "=", mailing.id)]).send()
        traces = mailing.mailing_trace_ids
        states = traces.grouped("trace_status")
        self.assertEqual(len(states["cancel"]), DRIVERS - 2, "only who agreed")
        self.assertEqual(len(states["sent"]), 2)
        return traces.filtered(lambda trace: trace.res_id == self.drivers[0].id)

    def _reply(self, trace):
        """An answer is a lead of the campaign; it becomes a deal, an order, money."""
        text = REPLY.format(sender=self.drivers[0].email, letter=trace.message_id)
        lead_id = self.env["mail.thread"].message_process("crm.lead", text)
        lead = self.env["crm.lead"].browse(lead_id)
        self.assertEqual(lead.campaign_id, self.campaign)
        self.assertEqual(trace.trace_status, "reply")
        lead.write({"team_id": self.north.id, "user_id": self.olena.id})
        lead = lead.with_user(self.olena)
        lead.qualification_state = "qualified"
        lead.convert_opportunity(self.drivers[0])
        context = lead.action_new_quotation()["context"]
        line = {"product_id": self.product.id, "price_unit": 500, "tax_ids": False}
        order = (
            self.env["sale.order"]
            .with_context(**context)
            .create({"order_line": [Command.create(line)]})
        )
        self.assertEqual(order.opportunity_id.id, lead_id)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice, self.today)
        self.assertEqual(invoice.campaign_id, self.campaign)

    def test_from_the_spend_of_ads_to_the_paid_invoice(self):
        self._sell()
        self._run_engines(NOW)
        self._tour("spend", "action-crm_marketing.crm_ad_spend_action")
        self.assertEqual(self._cost(), (300, 0, 300, 300))
        self._bill(day(20), BILL)
        self.assertEqual(self._cost(), (BILL, BILL, 300, 0))
        self._tour("romi", f"action-utm.utm_campaign_action/{self.campaign.id}")
        self._run_engines(datetime.combine(self.today, datetime.min.time()))
        self._tour("segment", "action-crm_marketing.crm_segment_action")
        trace = self._send()
        self._reply(trace)
        self._run_engines(datetime.now())
        self._tour("moved", f"action-utm.utm_campaign_action/{self.campaign.id}")
        self.assertEqual(self._cost(), (BILL, BILL, 300, 0), "selling costs no ads")
