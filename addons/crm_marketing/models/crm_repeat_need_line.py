from odoo import fields, models


class CrmRepeatNeedLine(models.Model):
    """What to offer him: a product and how much of it."""

    _name = "crm.repeat.need.line"
    _description = "Suggested Goods"
    _order = "id"
    _rec_name = "product_id"
    _log_access = False

    need_id = fields.Many2one(
        "crm.repeat.need", required=True, readonly=True, ondelete="cascade", index=True
    )
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade", index=True
    )
    quantity = fields.Float(readonly=True, default=1.0)
