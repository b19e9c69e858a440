from odoo import fields, models
from odoo.tools import SQL


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_campaign_other_costs = fields.Boolean(
        string="Count Other Entries",
        help="What campaigns cost: also payroll, journal entries and hours on their "
        "analytic accounts, not only vendor bills.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "crm_campaign_other_costs" in vals:
            # sudo: the queue belongs to the engine
            self.env["crm.campaign.dirty"].sudo()._mark(
                SQL(
                    "SELECT campaign_id, company_id FROM crm_campaign_budget "
                    "WHERE account_id IS NOT NULL AND company_id = ANY(%s)",
                    self.ids,
                )
            )
        return result


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_campaign_other_costs = fields.Boolean(
        related="company_id.crm_campaign_other_costs", readonly=False
    )
