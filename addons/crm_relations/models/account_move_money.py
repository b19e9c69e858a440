"""What changes the sums of customers' months: documents, lines, reconciliations."""

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_customer_month_source import DIRECT_TYPES, MOVE_MONTH, SALE_TYPES

# A change of these on a posted document changes sums; line and move name some alike.
MOVE_FIELDS = {
    "state", "date", "partner_id", "commercial_partner_id", "company_id", "move_type",
    "invoice_currency_rate", "journal_id", "origin_payment_id", "statement_line_id",
}  # fmt: skip
LINE_FIELDS = {
    "account_id", "partner_id", "balance", "debit", "credit", "amount_currency",
    "discount", "price_unit", "quantity", "date_maturity",
}  # fmt: skip


OWN_MONTH = """
    SELECT move.commercial_partner_id, move.company_id, %(month)s
      FROM account_move move
     WHERE move.id = ANY(%(ids)s) AND move.move_type IN %(sales)s
       AND move.commercial_partner_id IS NOT NULL
"""
BOOKED_ON_CUSTOMERS = """
    SELECT customer.commercial_partner_id, move.company_id, %(month)s
      FROM account_move move
      JOIN account_move_line line ON line.move_id = move.id
      JOIN account_account account ON account.id = line.account_id
      JOIN res_partner customer ON customer.id = line.partner_id
     WHERE move.id = ANY(%(ids)s) AND move.move_type IN %(direct)s
       AND (account.account_type LIKE 'expense%%'
            OR account.account_type = 'asset_receivable')
"""
EXPENSES_OF_FIRST_OR_LAST = """
    SELECT sale.commercial_partner_id, move.company_id, %(month)s
      FROM account_move sale
      JOIN res_partner customer
        ON customer.commercial_partner_id = sale.commercial_partner_id
      JOIN account_move_line line
        ON line.partner_id = customer.id AND line.company_id = sale.company_id
      JOIN account_account account ON account.id = line.account_id
       AND account.account_type LIKE 'expense%%'
      JOIN account_move move ON move.id = line.move_id
       AND move.move_type IN %(direct)s
     WHERE sale.id = ANY(%(ids)s) AND sale.move_type IN %(sales)s
       AND NOT EXISTS (
           SELECT FROM account_move other
            WHERE other.commercial_partner_id = sale.commercial_partner_id
              AND other.company_id = sale.company_id AND other.state = 'posted'
              AND other.move_type IN %(sales)s AND other.id <> ALL(%(ids)s))
"""


def keys_of_moves(ids):
    """SQL of all keys that these documents have a part in.

    Their own month; the customers whose expenses or debts they book; the months in
    which something met them; and, with a customer's first or last document, the months
    of expenses booked on him, which count only for customers.
    """
    values = {
        "month": MOVE_MONTH,
        "ids": ids,
        "sales": SALE_TYPES,
        "direct": DIRECT_TYPES,
    }
    parts = (OWN_MONTH, BOOKED_ON_CUSTOMERS, EXPENSES_OF_FIRST_OR_LAST)
    return SQL(" UNION ").join(
        # the texts are our own constants
        [SQL(part, **values) for part in parts]  # pylint: disable=sql-injection
        + [_keys_of_meetings(ids)]
    )


def _keys_of_meetings(ids):
    """The months in which a payment or a credit note met these documents."""
    parts = SQL(" UNION ").join(
        SQL(
            "SELECT debit_move_id, credit_move_id, max_date "
            "FROM account_partial_reconcile WHERE %s IN "
            "(SELECT id FROM account_move_line WHERE move_id = ANY(%s))",
            SQL.identifier(side),
            ids,
        )
        for side in ("debit_move_id", "credit_move_id")
    )
    return SQL(
        """
        SELECT move.commercial_partner_id, move.company_id,
               date_trunc('month', part.max_date::timestamp)::date
          FROM (%s) part
          JOIN account_move_line line
            ON line.id IN (part.debit_move_id, part.credit_move_id)
          JOIN account_move move ON move.id = line.move_id
           AND move.move_type IN %s
         WHERE move.commercial_partner_id IS NOT NULL
        """,
        parts,
        SALE_TYPES,
    )


class AccountMove(models.Model):
    _inherit = "account.move"

    # crm.customer.month: a customer's posted documents of one month
    _crm_customer_month_idx = models.Index(
        "(commercial_partner_id, company_id, (date_trunc('month', date::timestamp)::date))"
        " WHERE state = 'posted'"
        " AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
    )

    def _post(self, soft=True):
        posted = super()._post(soft)
        # sudo: whoever may post may let the sums follow
        self.env["crm.invoice.cost"].sudo()._freeze_moves(
            posted.filtered(lambda move: move.move_type in SALE_TYPES).ids
        )
        posted._crm_mark_money()
        return posted

    def write(self, vals):
        if not MOVE_FIELDS & vals.keys() or vals.get("state") == "posted":
            return super().write(vals)  # posting marks at its end
        posted = self.filtered(lambda move: move.state == "posted")
        posted._crm_mark_money()
        result = super().write(vals)
        posted._crm_mark_money()
        if "state" in vals:
            # sudo: whoever may take a document back may let its costs go
            self.env["crm.invoice.cost"].sudo()._thaw_moves(
                posted.filtered(lambda move: move.state != "posted").ids
            )
        return result

    def unlink(self):
        self.filtered(lambda move: move.state == "posted")._crm_mark_money()
        return super().unlink()

    def _crm_mark_money(self):
        """Queue the keys of these documents."""
        ids = [move.id for move in self if isinstance(move.id, int)]
        if not ids:
            return
        self.flush_model()
        self.env["account.move.line"].flush_model()
        self.env["account.partial.reconcile"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        # sudo: the queue belongs to the engine
        self.env["crm.customer.dirty"].sudo()._mark(keys_of_moves(ids))


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._crm_get_posted()._crm_mark_money()
        return lines

    def write(self, vals):
        if not LINE_FIELDS & vals.keys():
            return super().write(vals)
        moves = self._crm_get_posted()
        moves._crm_mark_money()
        result = super().write(vals)
        moves._crm_mark_money()
        return result

    def unlink(self):
        moves = self._crm_get_posted()
        moves._crm_mark_money()
        return super().unlink()

    def _crm_get_posted(self):
        """Documents of these lines that are in the books."""
        return self.move_id.filtered(lambda move: move.state == "posted")


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._crm_mark_money()
        return partials

    def unlink(self):
        self._crm_mark_money()
        return super().unlink()

    def _crm_mark_money(self):
        """Queue the months in which a payment met a customer's document or debt.

        An opening balance is a debt too: it has no month, but what he owes changes.
        """
        keys = set()
        for partial in self:
            month = fields.Date.start_of(partial.max_date, "month")
            for line in partial.debit_move_id | partial.credit_move_id:
                customer = line.partner_id.commercial_partner_id
                if line.move_id.move_type in SALE_TYPES:
                    customer = line.move_id.commercial_partner_id
                elif line.account_id.account_type != "asset_receivable":
                    continue
                if customer:
                    keys.add((customer.id, line.company_id.id, month))
        # sudo: the queue belongs to the engine
        self.env["crm.customer.dirty"].sudo()._mark(sorted(keys))


class AccountAccount(models.Model):
    _inherit = "account.account"

    def write(self, vals):
        result = super().write(vals)
        if "account_type" in vals:
            self.flush_recordset()
            # sudo: the queue belongs to the engine
            self.env["crm.customer.dirty"].sudo()._mark(
                SQL(
                    """
                    SELECT DISTINCT COALESCE(move.commercial_partner_id,
                                             customer.commercial_partner_id),
                           move.company_id, %s
                      FROM account_move_line line
                      JOIN account_move move ON move.id = line.move_id
                      LEFT JOIN res_partner customer ON customer.id = line.partner_id
                     WHERE line.account_id = ANY(%s) AND line.parent_state = 'posted'
                       AND COALESCE(move.commercial_partner_id, line.partner_id)
                           IS NOT NULL
                    """,
                    MOVE_MONTH,
                    self.ids,
                )
            )
        return result
