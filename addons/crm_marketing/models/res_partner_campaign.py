from odoo import api, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Who was won by which invoice is found anew for the one that stays."""
        self.env.cr.execute(
            SQL(
                """
                WITH gone AS (
                    DELETE FROM crm_customer_acquisition WHERE customer_id = ANY(%s)
                    RETURNING campaign_id, company_id
                )
                INSERT INTO crm_campaign_dirty (campaign_id, company_id)
                SELECT DISTINCT campaign_id, company_id FROM gone
                 WHERE campaign_id IS NOT NULL
                """,
                [*source_ids, destination.id],
            )
        )
        self.env["crm.customer.acquisition"].invalidate_model()
        return super()._crm_merge_partners(source_ids, destination)
