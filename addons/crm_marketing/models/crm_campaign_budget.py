from odoo import api, fields, models
from odoo.tools import SQL

PLAN = "crm_marketing.analytic_plan_marketing"


class CrmCampaignBudget(models.Model):
    """What a campaign may cost a company, and the account its bills are booked on.

    A campaign of the host is everybody's; its money is a company's. So one row per
    campaign and company, with a rule of its own.
    """

    _name = "crm.campaign.budget"
    _description = "Campaign's Budget"
    _order = "id DESC"
    _rec_name = "campaign_id"

    campaign_id = fields.Many2one(
        "utm.campaign", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        string="Budget",
        help="What the campaign may cost in all, in the company's currency.",
    )
    account_id = fields.Many2one(
        "account.analytic.account",
        string="Analytic Account",
        readonly=True,
        ondelete="set null",
        help="Lines of vendor bills distributed to this account are the campaign's cost.",
    )

    _campaign_company_uniq = models.Constraint(
        "UNIQUE(campaign_id, company_id)",
        "The campaign has a budget in this company already.",
    )
    _amount_check = models.Constraint(
        "CHECK(amount >= 0)", "A budget cannot be negative."
    )
    # from a booked line to its campaign
    _account_uniq = models.UniqueIndex(
        "(account_id) WHERE account_id IS NOT NULL",
        "This account is another campaign's already.",
    )

    @api.model
    def _get_plan(self):
        """Our analytic plan, or nothing where somebody has deleted it."""
        return (
            self.env.ref(PLAN, raise_if_not_found=False)
            or self.env["account.analytic.plan"]
        )

    @api.model
    def _get_line_column(self):
        """SQL identifier of the plan's column of an analytic line, or None."""
        # sudo: which column it is is no secret, plans are the accountants'
        plan_sudo = self._get_plan().sudo()
        return SQL.identifier(plan_sudo._column_name()) if plan_sudo else None

    @api.model
    def _ensure(self, campaigns, company):
        """{campaign id: budget row of the company}; missing rows are added."""
        found = self.search(
            [("campaign_id", "in", campaigns.ids), ("company_id", "=", company.id)]
        )
        missing = campaigns - found.campaign_id
        found |= self.create(
            [{"campaign_id": one.id, "company_id": company.id} for one in missing]
        )
        return {row.campaign_id.id: row for row in found}

    def _open_accounts(self):
        """Give an analytic account to those that have none."""
        # sudo: a marketer asks for an account, the plan is the accountants'
        plan_sudo = self._get_plan().sudo()
        if not plan_sudo:
            return
        for row in self.filtered(lambda row: not row.account_id):
            row.sudo().account_id = plan_sudo.env["account.analytic.account"].create(
                {
                    "name": row.campaign_id.title,
                    "plan_id": plan_sudo.id,
                    "company_id": row.company_id.id,
                }
            )

    def _remove_empty_accounts(self):
        """Delete the accounts on which nothing was booked; the others stay the books'."""
        column = self._get_line_column()
        accounts_sudo = self.sudo().account_id  # sudo: see _open_accounts
        if not column or not accounts_sudo:
            return
        used = self.env.execute_query(
            SQL(
                "SELECT DISTINCT %(column)s FROM account_analytic_line "
                "WHERE %(column)s = ANY(%(ids)s)",
                column=column,
                ids=accounts_sudo.ids,
            )
        )
        used_ids = {row[0] for row in used}
        accounts_sudo.filtered(lambda account: account.id not in used_ids).unlink()
