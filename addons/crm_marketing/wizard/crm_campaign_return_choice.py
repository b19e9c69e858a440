from odoo import fields, models
from odoo.tools import format_date

from ..models.crm_segment import READS_SEGMENTS


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

    segment_id = fields.Many2one(
        "crm.segment",
        domain="[('company_id', 'in', allowed_company_ids)]",
        groups=READS_SEGMENTS,
        help="Compares its members with all others. Empty: all together.",
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
        context = {
            "crm_attribution_model": self.model_id.id,
            "crm_as_of": fields.Date.to_string(self.as_of) if self.as_of else False,
        }
        segment = (
            self.segment_id
            if self.env.user.has_groups(READS_SEGMENTS)
            else self.env["crm.segment"]
        )
        if segment:
            parts.append(
                self.env._(
                    "%(segment)s and others, costs by their share of leads",
                    segment=segment.name,
                )
            )
            context["crm_segment"] = segment.id
            context["pivot_row_groupby"] = ["campaign_id", "segment_part"]
        return dict(
            action,
            name=" · ".join(parts),
            display_name=" · ".join(parts),
            target="main",
            context=context,
        )
