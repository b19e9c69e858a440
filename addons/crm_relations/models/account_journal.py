from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    crm_posting_user_id = fields.Many2one(
        "res.users",
        string="Posts for Sales",
        check_company=True,
        domain="[('share', '=', False)]",
        help="Who is asked to post the draft invoices that salespeople make. Empty: the "
        "person of the company's CRM settings, else an accountant.",
    )

    def _crm_find_posting_user(self):
        """Who is asked: of the journal, of the settings, else an accountant."""
        self.ensure_one()
        named = self.crm_posting_user_id or self.company_id.crm_posting_user_id
        if named.active:
            return named
        accountants = self.env["res.users"].search(
            [
                (
                    "all_group_ids",
                    "in",
                    self.env.ref("account.group_account_invoice").ids,
                ),
                ("company_ids", "in", self.company_id.ids),
                ("share", "=", False),
            ]
        )
        # a person of the office before the one who administers it, the oldest first
        manager = self.env.ref("account.group_account_manager")
        system = self.env.ref("base.group_system")
        return accountants.sorted(
            lambda user: (
                system in user.all_group_ids,
                manager in user.all_group_ids,
                user.id,
            )
        )[:1]
