"""How what campaigns cost gets into customers' months, by the hub's own pass."""

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_customer_month_pass import BATCH

from .crm_customer_acquisition import MONTH


class CrmCustomerMonth(models.Model):
    _inherit = "crm.customer.month"

    @api.model
    def _month_measures(self):
        acquisition = SQL(
            "SELECT customer_id, company_id, %s AS month, amount "
            "FROM crm_customer_acquisition WHERE amount <> 0",
            MONTH,
        )
        return {**super()._month_measures(), "acquisition_cost": acquisition}

    @api.model
    def _count_waiting(self):
        [(campaigns,)] = self.env.execute_query(
            SQL("SELECT COUNT(*) FROM crm_campaign_dirty")
        )
        return super()._count_waiting() + campaigns

    @api.model
    def _pass(self, today, limit=BATCH):
        """Campaigns first: the customers whose share they change join the queue."""
        campaigns = self.env["crm.customer.acquisition"]._share_out()
        customers = super()._pass(today, limit)
        if customers is None:
            return None
        return customers + (campaigns or 0)

    @api.model
    def _recompute(self, keys):
        """Whoever's books changed may have become a customer by another invoice."""
        self.env["crm.customer.acquisition"]._follow(
            sorted({tuple(key[:2]) for key in keys})
        )
        return super()._recompute(keys)

    @api.model
    def _nightly(self, now, today):
        """Everybody's first invoice, and every campaign's cost, once more from the books."""
        won = self.env["crm.customer.acquisition"]
        won._follow()
        # sudo: the queue belongs to the engine
        self.env["crm.campaign.dirty"].sudo()._mark(
            SQL(
                "SELECT DISTINCT campaign_id, company_id FROM crm_customer_acquisition "
                "WHERE campaign_id IS NOT NULL"
            )
        )
        return super()._nightly(now, today)
