from odoo import fields, models

MARGIN = "crm_relations.group_see_margin"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    margin = fields.Monetary(groups=MARGIN)
    margin_percent = fields.Float(groups=MARGIN)
