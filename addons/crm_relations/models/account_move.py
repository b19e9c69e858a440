from odoo import api, fields, models

POST_ACTIVITY = "crm_relations.mail_activity_type_post_invoice"


class AccountMove(models.Model):
    _inherit = "account.move"

    crm_seller_ids = fields.Many2many(
        "res.users",
        string="Sells to this Customer",
        compute="_compute_crm_seller_ids",
        help="The customer's salesperson, that of the invoice, and those of open deals.",
    )
    crm_promise_ids = fields.Many2many(
        "crm.promise",
        string="Open Promises",
        compute="_compute_crm_promise_ids",
        help="What this customer promised and was promised, and is not done yet.",
    )

    @api.depends("commercial_partner_id", "invoice_user_id", "move_type")
    def _compute_crm_seller_ids(self):
        self.crm_seller_ids = False
        invoices = self.filtered(lambda move: move.is_sale_document())
        # sudo: who of us talks to a customer is no secret from who bills him
        deals_sudo = self.env["crm.lead"].sudo()
        groups = deals_sudo._read_group(
            [
                (
                    "partner_id.commercial_partner_id",
                    "in",
                    invoices.commercial_partner_id.ids,
                ),
                ("won_status", "=", "pending"),
                ("user_id", "!=", False),
                ("company_id", "in", [False, *invoices.company_id.ids]),
            ],
            ["partner_id"],
            ["user_id:recordset"],
        )
        sellers = {}  # {customer id: users of open deals}
        for partner, users in groups:
            customer = partner.commercial_partner_id.id
            sellers[customer] = sellers.get(customer, users.browse()) | users
        for move in invoices:
            customer = move.commercial_partner_id
            users = customer.user_id | move.invoice_user_id
            users |= sellers.get(customer.id, users.browse()).with_env(self.env)
            move.crm_seller_ids = users

    @api.depends("commercial_partner_id", "company_id", "move_type")
    def _compute_crm_promise_ids(self):
        self.crm_promise_ids = False
        promises = self.env["crm.promise"]
        invoices = self.filtered(lambda move: move.is_sale_document())
        if not invoices or not promises.has_access("read"):
            return
        groups = promises._read_group(
            [
                ("customer_id", "in", invoices.commercial_partner_id.ids),
                ("company_id", "in", invoices.company_id.ids),
                ("state", "=", "open"),
            ],
            ["customer_id", "company_id"],
            ["id:recordset"],
        )
        found = {(customer, company): records for customer, company, records in groups}
        for move in invoices:
            key = (move.commercial_partner_id, move.company_id)
            move.crm_promise_ids = found.get(key, promises)

    def _compute_payment_count(self):
        # The host counts by reading payments, which a salesperson may not: without
        # this he meets an access error instead of the draft he has just made.
        if self.env["account.payment"].has_access("read"):
            return super()._compute_payment_count()
        self.payment_count = 0
        return None

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._crm_close_post_requests()
        return posted

    def _crm_close_post_requests(self):
        """What accounting was asked for is done when no draft is left on the order."""
        # sudo: the request ends whoever posts, also one who does not see orders
        orders_sudo = self.sudo().invoice_line_ids.sale_line_ids.order_id
        asked_sudo = orders_sudo.filtered("crm_post_asked_at")
        done_sudo = asked_sudo.filtered(
            lambda order: "draft" not in order.invoice_ids.mapped("state")
        )
        if done_sudo:
            done_sudo.activity_feedback([POST_ACTIVITY])
            done_sudo.crm_post_asked_at = False

    def action_crm_ask_posting(self):
        """Ask accounting to post: one request per order."""
        orders = self.invoice_line_ids.sale_line_ids.order_id
        return orders.action_crm_ask_posting()

    def action_crm_new_promise(self):
        """Note down what the customer promised about this invoice."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Promise"),
            "res_model": "crm.promise",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_name": self.env._(
                    "Pay %(invoice)s", invoice=self.display_name
                ),
                "default_kind": "pay",
                "default_partner_id": self.partner_id.id,
                "default_move_id": self.id,
                "default_company_id": self.company_id.id,
                "default_amount": self.amount_residual,
                "default_currency_id": self.currency_id.id,
            },
        }
