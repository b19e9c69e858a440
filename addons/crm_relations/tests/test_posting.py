from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Date
from odoo.tests import Form, tagged

from .common import RelationsCommon

POST_ACTIVITY = "crm_relations.mail_activity_type_post_invoice"


class PostingCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer(
            user_id=cls.olena.id, email="c@romashka.example"
        )
        cls.service = cls.env["product.product"].create(
            {
                "name": "Fitting",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 100,
            }
        )
        cls.company.crm_posting_user_id = cls.accountant

    def _make_order(self, user=None, **values):
        order = (
            self.env["sale.order"]
            .with_user(user or self.olena)
            .create(
                {
                    "partner_id": self.customer.id,
                    "order_line": [(0, 0, {"product_id": self.service.id})],
                    **values,
                }
            )
        )
        order.action_confirm()
        return order

    def _draft_invoice(self, order):
        """As the salesperson does it: the host's own wizard."""
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_user(order.env.user)
            .with_context(active_ids=order.ids, active_model="sale.order")
            .create({"advance_payment_method": "delivered"})
        )
        wizard.create_invoices()
        return order.invoice_ids.filtered(lambda move: move.state == "draft")

    def _requests(self, order):
        return order.sudo().activity_search([POST_ACTIVITY])


@tagged("post_install", "-at_install")
class TestAskPosting(PostingCommon):
    def test_salesperson_drafts_and_cannot_post(self):
        order = self._make_order()
        invoice = self._draft_invoice(order)
        self.assertEqual(invoice.state, "draft")
        with self.assertRaises(AccessError):
            invoice.with_user(self.olena).action_post()

    def test_salesperson_opens_his_draft(self):
        invoice = self._draft_invoice(self._make_order())
        mine = invoice.sudo(False).with_user(self.olena)
        self.env.invalidate_all()
        (values,) = mine.web_read({"payment_count": {}, "state": {}})
        self.assertEqual((values["payment_count"], values["state"]), (0, "draft"))

    def test_one_request_per_order_never_two(self):
        order = self._make_order()
        with self.assertRaises(UserError):
            order.action_crm_ask_posting()  # nothing to post yet
        invoice = self._draft_invoice(order)
        order.action_crm_ask_posting()
        order.action_crm_ask_posting()
        invoice.with_user(self.olena).action_crm_ask_posting()
        request = self._requests(order)
        self.assertEqual(len(request), 1)
        self.assertEqual(request.user_id, self.accountant)
        self.assertEqual(request.create_uid, self.olena)

    def test_request_is_done_when_no_draft_is_left(self):
        self.service.invoice_policy = "delivery"
        order = self._make_order(order_line=[
            (0, 0, {"product_id": self.service.id, "product_uom_qty": 2})
        ])  # fmt: skip
        order.order_line.qty_delivered = 1
        first = self._draft_invoice(order)
        order.order_line.qty_delivered = 2
        second = self._draft_invoice(order) - first
        order.action_crm_ask_posting()
        first.with_user(self.accountant).action_post()
        self.assertTrue(self._requests(order), "a draft is left")
        second.with_user(self.accountant).action_post()
        self.assertFalse(self._requests(order))
        self.assertFalse(order.crm_post_asked_at)

    def test_who_is_asked(self):
        order = self._make_order()
        journal = self._draft_invoice(order).sudo().journal_id
        clerk = self._make_user(
            "rel_clerk", "base.group_user,account.group_account_invoice"
        )
        self.assertEqual(
            journal._crm_find_posting_user(), self.accountant, "the settings"
        )
        journal.crm_posting_user_id = clerk
        self.assertEqual(journal._crm_find_posting_user(), clerk, "the journal")
        journal.crm_posting_user_id = False
        self.company.crm_posting_user_id = False
        found = journal._crm_find_posting_user()
        self.assertTrue(
            found.has_group("account.group_account_invoice"), "an accountant"
        )
        self.assertFalse(found.has_group("base.group_system"))

    def test_nobody_to_ask_says_what_to_do(self):
        order = self._make_order()
        self._draft_invoice(order)
        self.company.crm_posting_user_id = False
        group = self.env.ref("account.group_account_invoice")
        self.env["res.users"].search(
            [("all_group_ids", "in", group.ids)]
        ).active = False
        with self.assertRaises(UserError):
            order.action_crm_ask_posting()

    def test_another_salesperson_cannot_ask(self):
        order = self._make_order()
        self._draft_invoice(order)
        with self.assertRaises(AccessError):
            order.with_user(self.petro).action_crm_ask_posting()


@tagged("post_install", "-at_install")
class TestInvoiceTells(PostingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.promise = cls.env["crm.promise"].create(
            {
                "name": "Pay the rest",
                "partner_id": cls.customer.id,
                "user_id": cls.olena.id,
                "due_date": Date.today() + timedelta(days=3),
                "amount": 100,
            }
        )

    def test_accountant_sees_who_sells_and_what_is_promised(self):
        self._make_lead("Tyres", type="opportunity", partner_id=self.customer.id,
                        user_id=self.petro.id)  # fmt: skip
        self._make_lead(
            "Lost", partner_id=self.customer.id, user_id=self.ivan.id
        ).action_set_lost()
        order = self._make_order(user=self.manager, user_id=self.manager.id)
        invoice = self._draft_invoice(order).with_user(self.accountant)
        self.assertEqual(invoice.crm_seller_ids, self.olena | self.manager | self.petro)
        self.assertEqual(invoice.crm_promise_ids, self.promise)
        self.promise.with_user(self.accountant).action_keep()
        invoice.invalidate_recordset()
        self.assertFalse(invoice.crm_promise_ids)
        self.assertTrue(self.promise.closed_at)

    def test_queries_do_not_grow_with_the_invoices(self):
        customers = [
            self._make_customer(f"C{n}", user_id=self.ivan.id) for n in range(20)
        ]
        journal = self.env["account.journal"].search([("type", "=", "sale")], limit=1)
        invoices = self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": c.id,
                    "journal_id": journal.id,
                }
                for c in customers
            ]
        )
        self.env.flush_all()
        for size in (1, 20):
            self.env.invalidate_all()
            part = invoices[:size].with_user(self.accountant)
            part.mapped("commercial_partner_id.user_id")
            part.mapped("invoice_user_id")
            part.mapped("company_id.name")
            with self.subTest(size), self.assertQueryCount(9):
                part.mapped("crm_seller_ids")
                part.mapped("crm_promise_ids")

    def test_vendor_bills_say_nothing(self):
        bill = self.env["account.move"].create(
            {"move_type": "in_invoice", "partner_id": self.customer.id}
        )
        self.assertFalse(bill.crm_seller_ids | bill.crm_promise_ids.user_id)

    def test_new_promise_starts_from_the_invoice(self):
        order = self._make_order()
        invoice = self._draft_invoice(order)
        invoice.with_user(self.accountant).action_post()
        action = invoice.with_user(self.accountant).action_crm_new_promise()
        promise = Form(
            self.env["crm.promise"]
            .with_user(self.accountant)
            .with_context(**action["context"])
        ).save()
        self.assertEqual(
            (promise.customer_id, promise.move_id), (self.customer, invoice)
        )
        self.assertEqual(promise.amount, invoice.amount_residual)

    def test_who_sees_which_promise(self):
        promise = self.promise
        self.assertEqual(promise.team_id, self.north, "the team of who watches")
        for user in (
            self.olena,
            self.head,
            self.manager,
            self.director,
            self.accountant,
        ):
            with self.subTest(user.login):
                promise.with_user(user).read(["name"])
                promise.with_user(user).name = f"by {user.login}"
        for user in (self.ivan, self.south_head):
            with self.subTest(user.login), self.assertRaises(AccessError):
                promise.with_user(user).read(["name"])
        for user in (self.olena, self.accountant):
            with self.subTest(user.login), self.assertRaises(AccessError):
                promise.with_user(user).unlink()
        clerk = self._make_user("rel_stranger", "base.group_user")
        with self.assertRaises(AccessError):
            promise.with_user(clerk).read(["name"])
        other = self.env["res.company"].create({"name": "Other"})
        foreign = promise.copy({"company_id": other.id, "team_id": False})
        self.assertFalse(foreign.with_user(self.manager)._filtered_access("read"))
        promise.with_user(self.manager).unlink()
