from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.crm_relations.tests.common import RelationsCommon

GROUP = "crm_relations.group_see_margin"


@tagged("post_install", "-at_install")
class TestMargin(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.group_user").implied_ids -= cls.env.ref(GROUP)
        cls.customer = cls._make_customer(user_id=cls.olena.id)
        cls.product = cls.env["product.product"].create(
            {"name": "Fitting", "type": "service", "list_price": 100,
             "standard_price": 60, "invoice_policy": "order", "taxes_id": False}
        )  # fmt: skip

    def _make_order(self, user):
        with Form(self.env["sale.order"].with_user(user)) as form:
            form.partner_id = self.customer
            with form.order_line.new() as line:
                line.product_id = self.product
        return form.save()

    def test_a_salesperson_sells_and_sees_no_margin(self):
        order = self._make_order(self.olena)
        self.assertEqual(order.sudo().margin, 40, "worked out all the same")
        for name in ("margin", "margin_percent"):
            with self.assertRaises(AccessError):
                order.read([name])
        with self.assertRaises(AccessError):
            order.order_line.read(["purchase_price"])
        with self.assertRaises(AccessError):
            self.env["sale.report"].with_user(self.olena).formatted_read_group(
                [], [], ["margin:sum"]
            )
        arch = (
            self.env["sale.order"]
            .with_user(self.olena)
            .get_view(view_type="form")["arch"]
        )
        self.assertNotIn('name="margin"', arch)
        self.assertNotIn('name="purchase_price"', arch)
        order.action_confirm()

    def test_who_has_the_group_sees_it(self):
        self.olena.group_ids += self.env.ref(GROUP)
        order = self._make_order(self.olena)
        self.assertEqual(order.read(["margin"])[0]["margin"], 40)

    def test_the_setting_opens_it_to_all(self):
        self.env["res.config.settings"].create({"group_crm_see_margin": True}).execute()
        self.assertEqual(self._make_order(self.olena).margin, 40)

    def test_the_cost_on_the_order_comes_before_the_products(self):
        order = self._make_order(self.manager)
        order.sudo().order_line.purchase_price = 55
        order.action_confirm()
        self.product.standard_price = 10
        invoice = order.sudo()._create_invoices()
        invoice.invoice_date = date(2026, 3, 5)
        invoice.action_post()
        cost = self.env["crm.invoice.cost"].search(
            [("line_id", "in", invoice.invoice_line_ids.ids)]
        )
        self.assertEqual((cost.source, cost.amount), ("order", 55))
