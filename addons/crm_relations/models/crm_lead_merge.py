from odoo import api, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _merge_dependences(self, opportunities):
        self._crm_merge_leads(opportunities.ids, self)
        return super()._merge_dependences(opportunities)

    @api.model
    def _crm_merge_leads(self, source_ids, destination):
        """What of our tables moves when leads become one, before the host deletes them.

        Modules extend it with ``super()``. Whoever calls it is allowed to merge.
        """
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_interaction SET lead_id = %s WHERE lead_id = ANY(%s)",
            [destination.id, list(source_ids)],
        )
        self.env.cr.execute(
            "UPDATE crm_interaction SET res_id = %s "
            "WHERE res_model = 'crm.lead' AND res_id = ANY(%s)",
            [destination.id, list(source_ids)],
        )
        self.env["crm.interaction"].invalidate_model(["lead_id", "res_id"])
