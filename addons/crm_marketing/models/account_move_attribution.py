"""What makes an invoice be shared out again: its books, its origin, its payments."""

from odoo import models

from odoo.addons.crm_relations.models.crm_customer_month_source import SALE_TYPES

# the document's own origin, whom its rows belong to, the invoice of a credit note
ORIGIN_FIELDS = {"source_id", "medium_id", "campaign_id", "reversed_entry_id"}


class AccountMove(models.Model):
    _inherit = "account.move"

    def _crm_mark_money(self):
        result = super()._crm_mark_money()
        self._crm_mark_attribution()
        return result

    def write(self, vals):
        result = super().write(vals)
        if ORIGIN_FIELDS & vals.keys():
            self.filtered(lambda move: move.state == "posted")._crm_mark_attribution()
        return result

    def unlink(self):
        sales = self.filtered(lambda move: move.move_type in SALE_TYPES)
        credit_notes = sales.reversal_move_ids
        result = super().unlink()
        credit_notes.exists()._crm_mark_attribution()
        return result

    def _crm_mark_attribution(self):
        sales = self.filtered(lambda move: move.move_type in SALE_TYPES)
        # sudo: the queue belongs to the engine
        self.env["crm.attribution.dirty"].sudo()._mark_ids("move", sales.ids)


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def _crm_mark_money(self):
        result = super()._crm_mark_money()
        moves = (self.debit_move_id | self.credit_move_id).move_id
        # posted invoices do not care when they are paid
        moves.filtered(
            lambda move: move.company_id.crm_attribution_on == "paid"
        )._crm_mark_attribution()
        return result
