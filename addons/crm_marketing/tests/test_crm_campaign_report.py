from datetime import date, datetime

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.crm_relations.tests.common import TIME_ZERO, RelationsCommon

MARKETER = "base.group_user,mass_mailing.group_mass_mailing_user"
MEASURES = [
    "contact_count:sum", "lead_count:sum", "won_count:sum", "lost_count:sum",
    "order_count:sum", "invoiced_amount:sum",
]  # fmt: skip


@tagged("post_install", "-at_install")
class TestCampaignReport(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = cls._make_user("rel_marketer", MARKETER)
        cls.campaign = cls.env["utm.campaign"].create({"name": "Spring tyres"})
        cls.origin = {
            "campaign_id": cls.campaign.id,
            "source_id": cls.env.ref("utm.utm_source_search_engine").id,
            "medium_id": cls.env.ref("utm.utm_medium_website").id,
        }
        cls.customer = cls._make_customer()

    def _figures(self, user=None, **where):
        """[contacts, leads, won, lost, orders, invoiced] of the campaign."""
        domain = [("campaign_id", "=", self.campaign.id), *where.items()]
        domain = [
            item if len(item) == 3 else (item[0], "=", item[1]) for item in domain
        ]
        report = self.env["crm.campaign.report"].with_user(user or self.marketer)
        return list(report._read_group(domain, [], MEASURES)[0])

    def _invoice(self, amount, kind="out_invoice", **values):
        move = self.env["account.move"].create(
            {
                "move_type": kind,
                "partner_id": self.customer.id,
                "invoice_date": date(2026, 3, 2),
                "invoice_line_ids": [
                    (0, 0, {"name": "Tyre", "price_unit": amount, "tax_ids": False})
                ],
                **self.origin,
                **values,
            }
        )
        move.action_post()
        return move

    def test_a_campaign_from_contact_to_money(self):
        self._make_interaction("in", **self.origin)
        self._make_interaction("robot", is_automatic=True, **self.origin)
        self._make_interaction("out", direction="out", **self.origin)
        won = self._make_lead(**self.origin, type="opportunity")
        won.action_set_won()
        lost = self._make_lead("Wheels", **self.origin)
        lost.action_set_lost()
        self._make_lead("Open", **self.origin)
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, **self.origin}
        )
        self.assertEqual(
            self._figures(), [1, 3, 1, 1, 0, 0.0], "a quotation is no order"
        )
        order.action_confirm()
        self._invoice(1000)
        self._invoice(300, kind="out_refund")
        self.assertEqual(self._figures(), [1, 3, 1, 1, 1, 700.0])

    def test_a_draft_invoice_is_no_money(self):
        self._invoice(500).button_draft()
        self.assertEqual(self._figures()[-1] or 0, 0)

    def test_own_team_all(self):
        self._make_lead(user_id=self.olena.id, **self.origin)
        self._make_lead(
            user_id=self.petro.id, **self.origin | {"team_id": self.south.id}
        )
        leads = {
            user.login: self._figures(user)[1] or 0
            for user in self.olena
            | self.head
            | self.south_head
            | self.manager
            | self.marketer
        }
        self.assertEqual(
            leads,
            {
                "rel_olena": 1,
                "rel_head": 1,
                "rel_south_head": 1,
                "rel_manager": 2,
                "rel_marketer": 2,
            },
        )
        with self.assertRaises(AccessError):
            self._figures(self.accountant)

    def test_another_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._make_interaction("elsewhere", company_id=other.id, **self.origin)
        self.assertFalse(self._figures()[0])

    def test_a_row_opens_its_document_with_ones_own_rights(self):
        lead = self._make_lead(user_id=self.olena.id, **self.origin)
        row = self.env["crm.campaign.report"].search(
            [("campaign_id", "=", self.campaign.id)]
        )
        self.assertEqual(row.kind, "lead")
        action = row.with_user(self.olena).action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", lead.id))
        with self.assertRaises(AccessError):
            row.with_user(self.marketer).action_open_document()

    def test_nobody_writes_a_report(self):
        with self.assertRaises(AccessError):
            self.env["crm.campaign.report"].with_user(self.manager).create(
                {"kind": "lead"}
            )

    def test_the_way_from_click_to_money(self):
        """Each step counts where it came from; unknown and direct stay visible."""
        site = self.env["crm.touch.site"].create({"name": "Shop"})
        intake = self.env["crm.touch.intake"]
        for url in (
            "https://shop.example/?utm_source=x&utm_medium=cpc",
            "https://shop.example/",
        ):
            body = '{"key": "%s", "t": [{"k": "visit", "id": "touch-%s", "u": "%s"}]}'
            _key, visitor, touches = intake._parse(
                (body % (site.key, len(url), url)).encode()
            )
            intake._take(site, visitor, touches, "1.1.1.1", TIME_ZERO)
        report = self.env["crm.campaign.report"].with_user(self.marketer)
        found = report._read_group(
            [("kind", "=", "touch")], ["origin"], ["click_count:sum", "visit_count:sum"]
        )
        self.assertIn(("direct", 0, 1), found)
        self.assertIn(("known", 1, 0), found)
        touch = report.search([("kind", "=", "touch")], limit=1)
        self.assertEqual(touch.action_open_document()["res_model"], "crm.interaction")
        self._make_lead(**self.origin, type="opportunity")
        lead = self._make_lead("Ours", **self.origin)
        lead.qualification_state = "qualified"
        measures = ["lead_count:sum", "qualified_count:sum", "deal_count:sum"]
        domain = [("campaign_id", "=", self.campaign.id)]
        self.assertEqual(report._read_group(domain, [], measures), [(2, 1, 1)])

    def test_money_agrees_with_the_customers_months(self):
        invoice = self._invoice(1000)
        self._invoice(300, kind="out_refund")
        self._invoice(50, campaign_id=False, source_id=False, medium_id=False)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": 400, "payment_date": date(2026, 3, 5)})._create_payments()
        months = self.env["crm.customer.month"]
        months._pass(date(2026, 3, 31))
        [(revenue, paid)] = months.sudo()._read_group(
            [("customer_id", "=", self.customer.id)], [], ["revenue:sum", "paid:sum"]
        )
        moves = self.env["account.move"].search([("partner_id", "=", self.customer.id)])
        rows = self.env["crm.campaign.report"].with_user(self.marketer)
        [(mine, got)] = rows._read_group(
            [
                ("res_id", "in", moves.ids),
                ("kind", "in", ("invoice", "payment", "payback")),
            ],
            [],
            ["revenue_amount:sum", "paid_amount:sum"],
        )
        self.assertEqual((mine, got), (revenue, paid))
        self.assertEqual(mine, 750)
        unknown = rows.search([("origin", "=", "unknown"), ("res_id", "in", moves.ids)])
        self.assertEqual(unknown.mapped("revenue_amount"), [50])

    def _touch(self, key, day, ad, **values):
        return self._make_interaction(
            key, "ad", utm_content=ad, touch_kind="visit", is_automatic=True,
            started_at=datetime(2026, 3, day), **{**self.origin, **values},
        )  # fmt: skip

    def _by_ad(self, *measures):
        rows = self.env["crm.campaign.report"].with_user(self.marketer)._read_group(
            [("campaign_id", "=", self.campaign.id)], ["content"], list(measures)
        )  # fmt: skip
        return {row[0]: tuple(float(value or 0) for value in row[1:]) for row in rows}

    def test_orders_invoices_and_payments_by_ad(self):
        """A deal's order, invoice and payment are of its lead's ad; a later click's is
        not; whoever bought without a lead is of his last click before; else unknown."""
        lead = self._make_lead(**self.origin, type="opportunity")
        lead.partner_id = self.customer
        self._touch("1", 1, "red", lead_id=lead.id)
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = '2026-03-02' WHERE id = %s", [lead.id]
        )
        product = self.env["product.product"].create(
            {"name": "Tyre", "list_price": 100, "taxes_id": False,
             "invoice_policy": "order"}
        )  # fmt: skip
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "opportunity_id": lead.id, **self.origin,
             "order_line": [(0, 0, {"product_id": product.id, "price_unit": 100})]}
        )  # fmt: skip
        order.action_confirm()
        order.date_order = datetime(2026, 3, 5)
        self._touch("2", 4, "blue", partner_id=self.customer.id)
        invoice = order._create_invoices()
        invoice.invoice_date = date(2026, 3, 6)
        invoice.action_post()
        self._pay(invoice, 60)
        self._invoice(40, kind="out_refund", reversed_entry_id=invoice.id)
        walk_in = self._make_customer("Walk-in")
        self._touch("3", 1, "blue", partner_id=walk_in.id)
        self._touch("4", 9, "red", partner_id=walk_in.id)
        self._invoice(200, partner_id=walk_in.id)
        self._invoice(7, partner_id=self._make_customer("Stranger").id)
        self.assertEqual(
            self._by_ad("order_count:sum", "revenue_amount:sum", "paid_amount:sum"),
            {"red": (1, 60, 60), "blue": (0, 200, 0), False: (0, 7, 0)},
        )
        [whole] = self.env["crm.campaign.report"]._read_group(
            [("campaign_id", "=", self.campaign.id)], [], ["revenue_amount:sum"]
        )
        self.assertEqual(whole[0], 267, "by ads and the unknown: the whole")

    def _pay(self, invoice, amount):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create(
            {"amount": amount, "payment_date": date(2026, 3, 7)}
        )._create_payments()
