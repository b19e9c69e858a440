from odoo import fields, models
from odoo.tools import format_date


class CrmCampaignReturnChoice(models.TransientModel):
    """Whom a sale is credited to, and what was known when."""

    _name = "crm.campaign.return.choice"
    _description = "Choose How Campaigns Are Judged"

    model_id = fields.Many2one(
        "crm.attribution.model",
        string="Attribution Model",
        help="Who gets the credit for a sale. Empty: the document's own campaign, source "
        "and medium. No model proves that an ad caused a sale.",
    )
    as_of = fields.Date(
        help="What was known at the end of this day: bills posted and figures imported "
        "later are left out. Late bills change what earlier months cost. Empty: now."
    )

    def action_show(self):
        """The report, which says in its name how it judges."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_campaign_return_action"
        )
        parts = [self.env._("Return of Campaigns")]
        if self.model_id:
            parts.append(self.model_id.name)
        if self.as_of:
            parts.append(
                self.env._("as known on %s", format_date(self.env, self.as_of))
            )
        return dict(
            action,
            name=" · ".join(parts),
            display_name=" · ".join(parts),
            target="main",
            context={
                "crm_attribution_model": self.model_id.id,
                "crm_as_of": fields.Date.to_string(self.as_of) if self.as_of else False,
            },
        )
