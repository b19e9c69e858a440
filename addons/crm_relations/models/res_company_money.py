from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_customer_month_source import DIRECT_TYPES, MOVE_MONTH

DIRECT_RELATION = "res_company_crm_direct_account_rel"


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_direct_account_ids = fields.Many2many(
        "account.account",
        relation=DIRECT_RELATION,
        column1="company_id",
        column2="account_id",
        string="Accounts of Direct Costs",
        domain="[('account_type', '=like', 'expense%')]",
        help="Expenses booked on a customer in these accounts lower his profit: claims, "
        "warranty, compensation, commissions. Empty: every expense account.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "crm_direct_account_ids" in vals:
            self._crm_mark_direct_costs()
        return result

    def _crm_get_direct_domain(self, customer):
        """Domain of the journal items that are a customer's direct costs here."""
        self.ensure_one()
        company_sudo = self.sudo()  # which accounts and journal: no secret
        domain = Domain(
            [
                ("partner_id.commercial_partner_id", "=", customer.id),
                ("account_id.account_type", "=like", "expense%"),
                ("move_id.move_type", "in", DIRECT_TYPES),
            ]
        )
        if journal := company_sudo.currency_exchange_journal_id:
            domain &= Domain("journal_id", "!=", journal.id)
        if accounts := company_sudo.crm_direct_account_ids:
            domain &= Domain("account_id", "in", accounts.ids)
        return domain

    def _crm_mark_direct_costs(self):
        """Months of customers on whom expenses are booked."""
        self.flush_recordset()
        self.env["account.move.line"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        # sudo: the queue belongs to the engine
        self.env["crm.customer.dirty"].sudo()._mark(
            SQL(
                """
                SELECT DISTINCT customer.commercial_partner_id, move.company_id, %s
                  FROM account_move_line line
                  JOIN account_account account ON account.id = line.account_id
                  JOIN account_move move ON move.id = line.move_id
                  JOIN res_partner customer ON customer.id = line.partner_id
                 WHERE line.company_id = ANY(%s) AND line.parent_state = 'posted'
                   AND account.account_type LIKE 'expense%%'
                   AND move.move_type IN %s
                """,
                MOVE_MONTH,
                self.ids,
                DIRECT_TYPES,
            )
        )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_direct_account_ids = fields.Many2many(
        related="company_id.crm_direct_account_ids", readonly=False
    )
    group_crm_see_margin = fields.Boolean(
        "Everybody Sees Margins",
        implied_group="crm_relations.group_see_margin",
        help="Every colleague sees the cost, margin and profit of the documents and "
        "customers that he sees.",
    )
