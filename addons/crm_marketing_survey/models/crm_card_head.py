"""On the card: whether the customer would recommend us, and when he said so."""

from odoo import fields, models


class CrmCardHead(models.AbstractModel):
    _inherit = "crm.card.head"

    def _get_figure_parts(self, scope, today, sees_money):
        parts = super()._get_figure_parts(scope, today, sees_money)
        scores = self.env["crm.survey.score"]
        if scores.has_access("read"):
            parts.append(
                scores._select_last(scope["commercial_id"], scope["companies"])
            )
        return parts

    def _format_parts(self, scope, figures):
        parts = super()._format_parts(scope, figures)
        if figures.get("nps_at"):
            parts["nps"] = {
                "value": f"{figures['nps_value']:g}",
                "at": fields.Datetime.to_string(figures["nps_at"]),
                "is_low": figures["nps_is_low"],
            }
        return parts
