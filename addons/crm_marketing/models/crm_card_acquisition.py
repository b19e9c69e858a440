"""On the card: which campaign won the customer, and what that cost."""

from odoo import models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_card_worth import MARGIN


class CrmCardHead(models.AbstractModel):
    _inherit = "crm.card.head"

    def _get_figure_parts(self, scope, today, sees_money):
        parts = super()._get_figure_parts(scope, today, sees_money)
        if sees_money and self.env.user.has_group(MARGIN):
            parts.append(
                SQL(
                    """
                    SELECT won.amount AS won_amount, won.date AS won_date,
                           COALESCE(campaign.title ->> %s, campaign.title ->> 'en_US')
                               AS won_campaign
                      FROM (SELECT 1) one
                 LEFT JOIN crm_customer_acquisition won
                        ON won.customer_id = %s AND won.company_id = %s
                 LEFT JOIN utm_campaign campaign ON campaign.id = won.campaign_id
                    """,
                    self.env.lang or "en_US",
                    scope["commercial_id"],
                    self.env.company.id,
                )
            )
        return parts

    def _format_parts(self, scope, figures):
        parts = super()._format_parts(scope, figures)
        # whoever may not see what he brings does not see what he cost either
        if parts.get("worth") and figures.get("won_amount"):
            parts["worth"]["won"] = {
                "amount": float(figures["won_amount"]),
                "since": figures["won_date"].isoformat(),
                "campaign": figures["won_campaign"],
            }
        return parts

    def _get_open_bars(self):
        bars = super()._get_open_bars()
        if self.env["crm.customer.acquisition"].has_access("read"):
            bars.append("acquisition_cost")
        return bars

    def _get_bar_documents(self, key, customer):
        if key != "acquisition_cost":
            return super()._get_bar_documents(key, customer)
        return (
            self._get_bar_labels()[key],
            "crm.customer.acquisition",
            [("customer_id", "=", customer.id)],
        )
