from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # crm.timeline: a customer's payments; the host has no index on the partner
    _crm_partner_idx = models.Index("(partner_id) WHERE partner_id IS NOT NULL")
