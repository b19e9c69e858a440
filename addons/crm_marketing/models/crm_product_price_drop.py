from odoo import api, fields, models


class CrmProductPriceDrop(models.Model):
    """A product got cheaper: written while a scenario waits for that."""

    _name = "crm.product.price.drop"
    _description = "Product Got Cheaper"
    _order = "at DESC, id DESC"
    _log_access = False

    product_tmpl_id = fields.Many2one(
        "product.template", required=True, readonly=True, ondelete="cascade", index=True
    )
    old_price = fields.Float(digits="Product Price", required=True, readonly=True)
    new_price = fields.Float(digits="Product Price", required=True, readonly=True)
    at = fields.Datetime(required=True, readonly=True, index=True)


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def write(self, vals):
        if "list_price" not in vals or not self._crm_is_price_watched():
            return super().write(vals)
        before = {product: product.list_price for product in self}
        result = super().write(vals)
        # sudo: a fact for the engine, whoever may change prices
        self.env["crm.product.price.drop"].sudo().create(
            [
                {
                    "product_tmpl_id": product.id,
                    "old_price": price,
                    "new_price": product.list_price,
                    "at": fields.Datetime.now(),
                }
                for product, price in before.items()
                if product.list_price < price
            ]
        )
        return result

    @api.model
    def _crm_is_price_watched(self):
        return "price_drop" in self.env["crm.scenario"]._get_running_triggers()
