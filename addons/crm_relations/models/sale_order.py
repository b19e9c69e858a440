from odoo import api, fields, models
from odoo.exceptions import UserError

from .account_move import POST_ACTIVITY
from .base import trigram_index


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # crm.search: the customer's own number of an order
    _client_order_ref_trgm_idx = models.Index(
        lambda registry: trigram_index(registry, "client_order_ref")
    )

    crm_post_asked_at = fields.Datetime(
        string="Posting Asked",
        copy=False,
        readonly=True,
        help="When accounting was asked to post this order's invoices; empty when done.",
    )
    crm_has_draft_invoice = fields.Boolean(compute="_compute_crm_has_draft_invoice")

    @api.depends("invoice_ids.state")
    def _compute_crm_has_draft_invoice(self):
        for order in self:
            order.crm_has_draft_invoice = "draft" in order.invoice_ids.mapped("state")

    def action_crm_ask_posting(self):
        """Ask accounting to post the draft invoices: one open request per order."""
        self.check_access("write")
        now = fields.Datetime.now()
        asked = [order._crm_ask_posting(now) for order in self]
        if not asked:
            raise UserError(self.env._("This invoice belongs to no order."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": " ".join(asked),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _crm_ask_posting(self, now):
        self.ensure_one()
        drafts = self.invoice_ids.filtered(lambda move: move.state == "draft")
        if not drafts:
            raise UserError(
                self.env._("%(order)s has no draft invoice to post.", order=self.name)
            )
        open_request = self.activity_search([POST_ACTIVITY])
        if open_request:
            return self.env._(
                "%(person)s was asked on %(date)s already.",
                person=open_request[0].user_id.name,
                date=fields.Date.to_string(open_request[0].create_date),
            )
        user = self._crm_get_posting_user(drafts)
        # two clicks at once: both write this row, so the second waits and starts again
        self.crm_post_asked_at = now
        self.flush_recordset(["crm_post_asked_at"])
        self.activity_schedule(
            POST_ACTIVITY,
            user_id=user.id,
            note=", ".join(move.display_name for move in drafts),
        )
        return self.env._("%(person)s was asked to post.", person=user.name)

    @api.model
    def _crm_get_posting_user(self, drafts):
        # sudo: groups and journals' settings are not for salespeople to read
        user = drafts[0].sudo().journal_id._crm_find_posting_user()
        if not user:
            raise UserError(
                self.env._(
                    "Nobody may post invoices. Name somebody in the CRM settings."
                )
            )
        return user.sudo(False)
