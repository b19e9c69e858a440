from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_posting_user_id = fields.Many2one(
        "res.users",
        string="Posts Invoices for Sales",
        domain="[('share', '=', False)]",
        help="Who is asked to post draft invoices when their journal names nobody.",
    )
