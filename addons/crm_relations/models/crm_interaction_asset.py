from odoo import fields, models


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    asset_id = fields.Many2one(
        "crm.customer.asset",
        ondelete="set null",
        help="The customer's car, policy or machine that was spoken about.",
    )

    # crm.customer.asset: contacts about it
    _asset_started_idx = models.Index(
        "(asset_id, started_at DESC) WHERE asset_id IS NOT NULL"
    )


class CrmLead(models.Model):
    _inherit = "crm.lead"

    asset_id = fields.Many2one(
        "crm.customer.asset",
        index="btree_not_null",
        ondelete="set null",
        domain="[('customer_id', 'parent_of', partner_id)]",
        help="The customer's car, policy or machine that this deal is about.",
    )
