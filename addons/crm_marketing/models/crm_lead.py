from odoo import api, models, tools
from odoo.tools import SQL


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _give_history_to_customer(self):
        """A lead's touches are now its customer's, and so of his invoices."""
        count = super()._give_history_to_customer()
        if count:
            # sudo: the queue belongs to the engine
            self.env["crm.attribution.dirty"].sudo()._mark_ids(
                "customer", self.partner_id.commercial_partner_id.ids
            )
        return count

    @api.model
    def _crm_merge_leads(self, source_ids, destination):
        result = super()._crm_merge_leads(source_ids, destination)
        if self._is_lead_marked():
            # sudo: the queue belongs to the engine
            self.env["crm.attribution.dirty"].sudo()._mark_ids("lead", destination.ids)
        return result

    @api.model
    @tools.ormcache()
    def _is_lead_marked(self):
        """Whether a company shares out by when somebody became a lead and a deal."""
        query = SQL(
            "SELECT FROM res_company_crm_attribution_model_rel chosen "
            "JOIN crm_attribution_model model ON model.id = chosen.model_id "
            "WHERE model.code IN ('w', 'full_path') LIMIT 1"
        )
        return bool(self.env.execute_query(query))
