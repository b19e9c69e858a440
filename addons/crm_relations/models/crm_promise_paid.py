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

    def _is_paid(self):
        """Whether the invoice is paid, or as much of it as was promised.

        An invoice that a credit note has closed was not paid: somebody decides.
        """
        self.ensure_one()
        move = self.move_id
        if move.payment_state in ("paid", "in_payment"):
            return True
        if move.payment_state != "partial" or self.currency_id != move.currency_id:
            return False
        paid = self.residual_before - move.amount_residual
        return bool(self.amount) and move.currency_id.compare_amounts(
            paid, self.amount
        ) >= 0  # fmt: skip


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
        promises_sudo.filtered(lambda promise: promise._is_paid())._close("kept", now)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _reconcile_post_hook(self, data):
        result = super()._reconcile_post_hook(data)
        if data["not_paid_invoices"]:
            data["not_paid_invoices"]._crm_keep_promises(fields.Datetime.now())
        return result
