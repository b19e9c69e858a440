from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_contact_from = fields.Float(
        related="company_id.crm_contact_from", readonly=False
    )
    crm_contact_to = fields.Float(related="company_id.crm_contact_to", readonly=False)
    crm_contact_weekend = fields.Boolean(
        related="company_id.crm_contact_weekend", readonly=False
    )
