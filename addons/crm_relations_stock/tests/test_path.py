import json

from odoo.tests import Form, HttpCase, tagged

from .common import StockCommon


@tagged("post_install", "-at_install")
class TestPath(StockCommon, HttpCase):
    """One customer from first word to paid invoice, each step by who does it."""

    @classmethod
    def default_env_context(cls):
        return {}  # with mail, as in life

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.group_user").implied_ids += cls.env.ref("crm.group_use_lead")
        cls.north.company_id = cls.company
        cls.company.crm_posting_user_id = cls.accountant
        cls.form = cls.env["crm.web.form"].create(
            {"name": "Shop", "team_id": cls.north.id, "product_ids": cls.tyre.ids}
        )

    def _send_form(self, **values):
        body = json.dumps({"key": self.form.key, **values})
        answer = self.url_open(
            "/crm/contact", data=body, headers={"Content-Type": "application/json"}
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        key = [("external_key", "=like", f"form:{self.form.id}:%")]
        return self.env["crm.interaction"].search(key).lead_id

    def test_from_first_word_to_paid_invoice(self):
        lead = self._send_form(
            name="Oksana", email="oksana@new.example", message="4 tyres, please"
        )
        self.assertEqual(lead.type, "lead")
        salesperson = lead.user_id
        self.assertIn(salesperson, self.olena | self.ivan)
        deal = self._convert(lead, salesperson)
        order = self._quote(deal, salesperson)
        self.assertEqual(order.order_line.crm_free_qty, 10)
        order.action_confirm()
        self._deliver(order)
        invoice = self._invoice(order)
        self._pay(invoice)
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(deal.crm_order_line_ids.qty_delivered, 4)

    def _convert(self, lead, user):
        wizard = (
            self.env["crm.lead2opportunity.partner"]
            .with_user(user)
            .with_context(
                active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
            )
            .create({"name": "convert", "action": "create"})
        )
        wizard.action_apply()
        deal = lead.with_user(user)
        self.assertEqual(
            (deal.type, deal.partner_id.email), ("opportunity", "oksana@new.example")
        )
        return deal

    def _quote(self, deal, user):
        context = deal.action_new_quotation()["context"]
        with (
            Form(
                self.env["sale.order"].with_user(user).with_context(**context)
            ) as form,
            form.order_line.new() as line,
        ):
            line.product_id = self.tyre
            line.product_uom_qty = 4
        order = form.save()
        self.assertEqual((order.opportunity_id, order.user_id), (deal, user))
        return order

    def _deliver(self, order):
        order.action_crm_ask_warehouse()
        picking = order.picking_ids.with_user(self.keeper)
        self.assertEqual(picking.activity_ids.user_id, self.keeper)
        self.assertEqual(picking.crm_seller_id, order.user_id)
        order.with_user(self.keeper).action_crm_deliver()
        self.assertEqual(picking.state, "done")

    def _invoice(self, order):
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_user(order.env.user)
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "delivered"})
        )
        wizard.create_invoices()
        order.action_crm_ask_posting()
        order.action_crm_ask_posting()
        request = order.sudo().activity_search(
            ["crm_relations.mail_activity_type_post_invoice"]
        )
        self.assertEqual((len(request), request.user_id), (1, self.accountant))
        invoice = order.invoice_ids.with_user(self.accountant)
        self.assertIn(order.user_id, invoice.crm_seller_ids)
        invoice.action_post()
        self.assertFalse(request.exists().filtered("active"))
        return invoice

    def _pay(self, invoice):
        self.env["account.payment.register"].with_user(self.accountant).with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

    def test_form_with_a_product_starts_the_quotation(self):
        deal = self._send_form(
            name="Oksana", email="oksana@new.example", product=self.tyre.id
        )
        self.assertEqual(deal.type, "opportunity")
        deal = deal.with_user(deal.user_id)
        deal._handle_partner_assignment(create_missing=True)
        context = deal.action_new_quotation()["context"]
        orders = self.env["sale.order"].with_user(deal.user_id).with_context(**context)
        order = Form(orders).save()
        self.assertEqual(order.order_line.product_id, self.tyre)
        self.assertEqual(order.order_line.price_unit, 100)
