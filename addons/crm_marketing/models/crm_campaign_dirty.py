from odoo import fields, models


class CrmCampaignDirty(models.Model):
    """Campaigns whose cost, or whose new customers, changed in a company."""

    _name = "crm.campaign.dirty"
    _inherit = "crm.dirty.mixin"
    _description = "Campaign's Cost to Share Anew"
    _log_access = False
    _dirty_key = ("campaign_id", "company_id")

    campaign_id = fields.Integer(required=True, export_string_translation=False)
    company_id = fields.Integer(required=True, export_string_translation=False)
