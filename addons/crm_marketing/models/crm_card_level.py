"""On the card: the loyalty level and the way to the next."""

from odoo import models


class CrmCardHead(models.AbstractModel):
    _inherit = "crm.card.head"

    def _format_parts(self, scope, figures):
        parts = super()._format_parts(scope, figures)
        row = scope["partner"]._crm_get_level_rows().get(scope["commercial_id"])
        if row:
            parts["level"] = {
                "name": row.level_id.name or "",
                "way": row._get_way(),
                "ends": row.falls_on.isoformat() if row.falls_on else False,
            }
        return parts
