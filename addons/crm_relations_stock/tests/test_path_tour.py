from odoo.tests import HttpCase, tagged

from .common import StockCommon

FILL_IN = """
    const form = document.querySelector("form.crm-contact");
    form.elements.name.value = "Oksana Bondar";
    form.elements.email.value = "oksana@new.example";
    form.elements.message.value = "Four tyres, please";
    form.requestSubmit();
    const answer = form.querySelector(".crm-contact-answer");
    const wait = setInterval(() => {
        if (answer.textContent.trim() && !form.elements.name.value) {
            clearInterval(wait);
            console.log("test successful");
        }
    }, 100);
"""


@tagged("post_install", "-at_install")
class TestPathTour(StockCommon, HttpCase):
    """The whole way in a real browser: everybody does his own step on his own screen."""

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
            {"name": "Shop", "team_id": cls.north.id}
        )
        # the host's delivery app opens a transfer only to those who may create contacts
        cls.keeper.group_ids += cls.env.ref("base.group_partner_manager")
        for user in cls.olena | cls.ivan | cls.keeper | cls.accountant:
            user.password = user.login

    def _tour(self, name, record, user):
        self.env.flush_all()
        self.start_tour(f"/odoo/{record._name}/{record.id}", name, login=user.login)
        self.env.invalidate_all()

    def test_from_web_form_to_payment(self):
        self.browser_js(f"/crm/contact/try/{self.form.key}", FILL_IN, login=None)
        self.env.invalidate_all()
        lead = self.env["crm.lead"].search([("email_from", "=", "oksana@new.example")])
        seller = lead.user_id
        self.assertIn(seller, self.olena | self.ivan)

        self._tour("crm_path_sell", lead, seller)
        order = lead.order_ids
        self.assertEqual((lead.type, order.state), ("opportunity", "sale"))

        self._tour("crm_path_deliver", order.picking_ids, self.keeper)
        self.assertEqual(order.order_line.qty_delivered, 1)

        self._tour("crm_path_invoice", order, seller)
        invoice = order.invoice_ids
        self.assertEqual(invoice.state, "draft")

        self._tour("crm_path_pay", invoice, self.accountant)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

        self._tour("crm_path_card", lead.partner_id, seller)
