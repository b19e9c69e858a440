from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_loyalty_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of Loyalty Points",
        domain=[("type", "=", "general")],
        check_company=True,
        help="With both accounts: after each month's end a draft entry brings the books "
        "to what outstanding points are worth. Nobody but the accountant posts it.",
    )
    crm_loyalty_liability_account_id = fields.Many2one(
        "account.account",
        string="Debt of Loyalty Points",
        check_company=True,
        help="What customers may still spend stands here.",
    )
    crm_loyalty_expense_account_id = fields.Many2one(
        "account.account",
        string="Cost of Loyalty Points",
        check_company=True,
        help="Points that came raise it, points that went lower it.",
    )

    def _crm_has_loyalty_accounts(self):
        self.ensure_one()
        return bool(
            self.crm_loyalty_journal_id
            and self.crm_loyalty_liability_account_id
            and self.crm_loyalty_expense_account_id
        )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_loyalty_journal_id = fields.Many2one(
        related="company_id.crm_loyalty_journal_id", readonly=False
    )
    crm_loyalty_liability_account_id = fields.Many2one(
        related="company_id.crm_loyalty_liability_account_id", readonly=False
    )
    crm_loyalty_expense_account_id = fields.Many2one(
        related="company_id.crm_loyalty_expense_account_id", readonly=False
    )
