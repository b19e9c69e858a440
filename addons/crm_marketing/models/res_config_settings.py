from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_attribution_model_ids = fields.Many2many(
        related="company_id.crm_attribution_model_ids", readonly=False
    )
    crm_acquisition_model_id = fields.Many2one(
        related="company_id.crm_acquisition_model_id", readonly=False
    )
    crm_attribution_on = fields.Selection(
        related="company_id.crm_attribution_on", readonly=False
    )
    crm_attribution_days = fields.Integer(
        related="company_id.crm_attribution_days", readonly=False
    )
    crm_attribution_key = fields.Selection(
        related="company_id.crm_attribution_key", readonly=False
    )
    crm_attribution_half_life = fields.Integer(
        related="company_id.crm_attribution_half_life", readonly=False
    )
    crm_attribution_months = fields.Integer(
        related="company_id.crm_attribution_months", readonly=False
    )
