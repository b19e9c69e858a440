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
        ledger = self.env["crm.interaction"]
        ledger.flush_model(["lead_id", "res_model", "res_id"])
        self.env.cr.execute(
            """
            UPDATE crm_interaction
               SET lead_id = CASE WHEN lead_id = ANY(%(sources)s)
                                  THEN %(destination)s ELSE lead_id END,
                   res_id = CASE WHEN res_model = 'crm.lead' AND res_id = ANY(%(sources)s)
                                 THEN %(destination)s ELSE res_id END
             WHERE lead_id = ANY(%(sources)s)
                OR res_model = 'crm.lead' AND res_id = ANY(%(sources)s)
            """,
            {"sources": list(source_ids), "destination": destination.id},
        )
        ledger.invalidate_model(["lead_id", "res_id"], flush=False)
