from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

# who sees what campaigns cost and bring
MONEY = (
    "mass_mailing.group_mass_mailing_user,account.group_account_invoice,"
    "account.group_account_readonly,crm_relations.group_director"
)
BOOKS = "account.group_account_invoice,account.group_account_readonly"


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    crm_date_start = fields.Date(string="First Day", help="When the campaign begins.")
    crm_date_end = fields.Date(string="Last Day", help="When the campaign ends.")
    crm_currency_id = fields.Many2one(
        "res.currency", string="Money In", compute="_compute_crm_currency", groups=MONEY
    )
    crm_budget_amount = fields.Monetary(
        string="Budget",
        currency_field="crm_currency_id",
        compute="_compute_crm_budget",
        inverse="_inverse_crm_budget",
        groups=MONEY,
        help="What the campaign may cost the company in use, in its currency. With a "
        "budget the campaign gets its analytic account on the plan Marketing.",
    )
    crm_account_id = fields.Many2one(
        "account.analytic.account",
        string="Account for Bills",
        compute="_compute_crm_budget",
        groups=MONEY,
        help="Lines of vendor bills distributed to this account are the campaign's cost.",
    )
    crm_budget_ids = fields.One2many(
        "crm.campaign.budget", "campaign_id", string="Budgets", groups=MONEY
    )

    # The host's form counts mailings for everybody and would close itself to accountants
    # and salespeople, who may not read any.
    mailing_mail_count = fields.Integer(compute_sudo=True)
    ab_testing_mailings_count = fields.Integer(compute_sudo=True)

    @api.constrains("crm_date_start", "crm_date_end")
    def _check_crm_dates(self):
        for campaign in self:
            start, end = campaign.crm_date_start, campaign.crm_date_end
            if start and end and end < start:
                raise ValidationError(
                    self.env._("A campaign cannot end before it begins.")
                )

    @api.depends_context("company")
    def _compute_crm_currency(self):
        self.crm_currency_id = self.env.company.currency_id

    @api.depends("crm_budget_ids.amount", "crm_budget_ids.account_id")
    @api.depends_context("company")
    def _compute_crm_budget(self):
        rows = self.env["crm.campaign.budget"].search(
            [
                ("campaign_id", "in", self.ids),
                ("company_id", "=", self.env.company.id),
            ]
        )
        by_campaign = {row.campaign_id.id: row for row in rows}
        for campaign in self:
            row = by_campaign.get(campaign._origin.id, rows.browse())
            campaign.crm_budget_amount = row.amount
            campaign.crm_account_id = row.account_id

    def _inverse_crm_budget(self):
        rows = self.env["crm.campaign.budget"]._ensure(self, self.env.company)
        for campaign in self:
            rows[campaign.id].amount = campaign.crm_budget_amount
            if campaign.crm_budget_amount:
                rows[campaign.id]._open_accounts()

    def write(self, vals):
        named = self.filtered(
            lambda campaign: vals.get("title") and campaign.title != vals["title"]
        )
        # sudo: accounts follow their campaigns, whoever renames one
        rows_sudo = self.env["crm.campaign.budget"].sudo()
        rows_sudo = named and rows_sudo.search(
            [("campaign_id", "in", named.ids), ("account_id", "!=", False)]
        )
        result = super().write(vals)
        if rows_sudo:
            rows_sudo.account_id.write({"name": vals["title"]})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_costs(self):
        """A campaign that cost something stays: it can be archived."""
        # sudo: costs of every company count
        costs_sudo = self.env["crm.campaign.cost"].sudo()
        if costs_sudo.search_count([("campaign_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "Something was spent on this campaign. Archive it instead of deleting it."
                )
            )

    def unlink(self):
        # sudo: empty accounts go with their campaign
        rows_sudo = self.env["crm.campaign.budget"].sudo()
        rows_sudo = rows_sudo.search([("campaign_id", "in", self.ids)])
        rows_sudo._remove_empty_accounts()
        return super().unlink()

    # ------------------------------------------------------------ buttons

    def action_crm_open_account(self):
        """Give the campaign its account for bills in the company in use."""
        self.check_access("write")
        rows = self.env["crm.campaign.budget"]._ensure(self, self.env.company)
        self.env["crm.campaign.budget"].union(*rows.values())._open_accounts()

    def action_crm_open_bills(self):
        """The vendor bills with lines on the campaign's accounts."""
        self.ensure_one()
        accounts = self.env["crm.campaign.budget"].search(
            [("campaign_id", "=", self.id), ("account_id", "!=", False)]
        )
        return self._get_bill_action(
            self.env._("Bills: %s", self.title), accounts.account_id.ids
        )

    @api.model
    def _get_bill_action(self, name, account_ids):
        """Window action of the documents booked on these analytic accounts."""
        plan_sudo = self.env["crm.campaign.budget"]._get_plan().sudo()
        domain = Domain.FALSE
        if plan_sudo:
            lines = self.env["account.move.line"]._search(
                [(f"analytic_line_ids.{plan_sudo._column_name()}", "in", account_ids)]
            )
            ids = [row[0] for row in self.env.execute_query(lines.select("move_id"))]
            domain = Domain("id", "in", ids)
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "account.move",
            "views": [
                [self.env.ref("account.view_in_invoice_bill_tree").id, "list"],
                [False, "form"],
            ],
            "domain": list(domain),
            "context": {"default_move_type": "in_invoice", "create": False},
        }

    def action_crm_open_costs(self):
        """Bills and imported ad spend, row by row."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_campaign_cost_action"
        )
        action["domain"] = [("campaign_id", "=", self.id)]
        return dict(action, name=self.env._("Cost: %s", self.title))
