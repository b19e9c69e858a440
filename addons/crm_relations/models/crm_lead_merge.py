from odoo import api, models
from odoo.tools import SQL

# what hangs on a lead and mostly is not there: see _get_merge_tables
MERGED_MODELS = (
    "crm.interaction",
    "crm.script.reply",
    "crm.stage.check.done",
    "crm.alarm",
    "crm.qualification.answer",
    "crm.qualification.decision",
)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _merge_dependences(self, opportunities):
        ids = opportunities.ids
        leads = self.with_context(crm_merge_tables=self._find_merge_tables(ids))
        leads._crm_merge_leads(ids, self)
        return super()._merge_dependences(opportunities)

    @api.model
    def _find_merge_tables(self, source_ids):
        """Which tables of MERGED_MODELS hold rows of these leads, in one query."""
        ids, parts = list(source_ids), []
        for name in MERGED_MODELS:
            model = self.env[name]
            model.flush_model(["lead_id"])
            where = SQL("lead_id = ANY(%s)", ids)
            if "res_model" in model._fields:
                model.flush_model(["res_model", "res_id"])
                where = SQL(
                    "%s OR res_model = 'crm.lead' AND res_id = ANY(%s)", where, ids
                )
            parts.append(
                SQL(
                    "SELECT %s::text WHERE EXISTS (SELECT FROM %s WHERE %s)",
                    model._table,
                    SQL.identifier(model._table),
                    where,
                )
            )
        rows = self.env.execute_query(SQL(" UNION ALL ").join(parts))
        return frozenset(table for [table] in rows)

    @api.model
    def _get_merge_tables(self, source_ids):
        """What ``_find_merge_tables`` found, for those who extend ``_crm_merge_leads``."""
        found = self.env.context.get("crm_merge_tables")
        return self._find_merge_tables(source_ids) if found is None else found

    @api.model
    def _crm_merge_leads(self, source_ids, destination):
        """What of our tables moves when leads become one, before the host deletes them.

        Modules extend it with ``super()``. Whoever calls it is allowed to merge.
        """
        if "crm_interaction" not in self._get_merge_tables(source_ids):
            return
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
        self.env["crm.interaction"].invalidate_model(["lead_id", "res_id"], flush=False)
