from odoo import api, models


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    @api.model
    def _campaign_costs(self, date_from, date_to):
        """``{campaign id: cost}`` from one day to another in the company in use.

        :return: None for those who may not see costs
        """
        costs = self.env["crm.campaign.cost"]
        if not costs.has_access("read"):
            return None
        groups = costs._read_group(
            [
                ("date", ">=", date_from),
                ("date", "<=", date_to),
                ("company_id", "=", self.env.company.id),
            ],
            ["campaign_id"],
            ["cost_amount:sum"],
        )
        return {campaign.id: amount for campaign, amount in groups}
