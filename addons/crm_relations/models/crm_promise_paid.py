"""A promise to pay is kept by the payment itself."""

from odoo import api, fields, models


class CrmPromise(models.Model):
    _inherit = "crm.promise"

    residual_before = fields.Monetary(
        string="Unpaid When Promised",
        readonly=True,
        copy=False,
        help="What was left to pay of the invoice when this was promised.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        promises = super().create(vals_list)
        promises._remember_residual()
        return promises

    def write(self, vals):
        result = super().write(vals)
        if "move_id" in vals:
            self._remember_residual()
        return result

    def _remember_residual(self):
        for promise in self.filtered("move_id"):
            # sudo: whoever notes the promise need not read the books
            promise.residual_before = promise.move_id.sudo().amount_residual

    def _filter_paid(self):
        """Those whose invoice is paid, or as much of it as was promised.

        Instalments of one invoice are kept one after the other: what paid an earlier one
        pays no later one. What a credit note took off was not paid: somebody decides.
        """
        siblings = self.search(
            [
                ("move_id", "in", self.move_id.ids),
                ("kind", "=", "pay"),
                ("state", "in", ("open", "kept")),
            ],
            order="due_date, id",
        ).grouped("move_id")
        return self.filtered(lambda promise: promise._is_paid(siblings))

    def _is_paid(self, siblings):
        """:param siblings: {invoice: its open and kept promises, the earliest first}"""
        self.ensure_one()
        move = self.move_id
        if move.payment_state in ("paid", "in_payment"):
            return True
        if move.payment_state != "partial" or self.currency_id != move.currency_id:
            return False
        wanted = self.amount
        for other in siblings[move]:
            if other == self:
                break
            # one that was kept before this was promised is not in what was left then
            if other.state == "open" or other.closed_at >= self.create_date:
                wanted += other.amount
        return bool(self.amount) and move.currency_id.compare_amounts(
            self._get_paid_since(), wanted
        ) >= 0  # fmt: skip

    def _get_paid_since(self):
        """What was paid of the invoice since it was promised, in its currency."""
        move = self.move_id
        credited = sum(
            partial.debit_amount_currency
            for partial in move.line_ids.matched_credit_ids
            if partial.create_date >= self.create_date
            and not partial.credit_move_id.move_id._crm_is_money()
        )
        return self.residual_before - move.amount_residual - credited


class AccountMove(models.Model):
    _inherit = "account.move"

    def _crm_keep_promises(self, now):
        """Close the open promises to pay that these invoices' payments have kept."""
        # sudo: a payment keeps the word, whoever books it
        promises_sudo = (
            self.env["crm.promise"]
            .sudo()
            .search(
                [
                    ("move_id", "in", self.ids),
                    ("kind", "=", "pay"),
                    ("state", "=", "open"),
                ]
            )
        )
        promises_sudo._filter_paid()._close("kept", now)

    def _crm_is_money(self):
        """Whether this entry is a payment, or a line of a bank or cash statement."""
        return bool(self.origin_payment_id or self.statement_line_id)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _reconcile_post_hook(self, data):
        result = super()._reconcile_post_hook(data)
        if data["not_paid_invoices"]:
            data["not_paid_invoices"]._crm_keep_promises(fields.Datetime.now())
        return result
