from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    crm_owner_id = fields.Many2one(
        "res.users",
        string="Owner",
        domain="[('share', '=', False)]",
        help="Hears wishes and complaints about products of this category and of the "
        "categories below it.",
    )

    def _crm_get_owner(self):
        """Of the category, else of the nearest above it."""
        category = self
        while category and not category.crm_owner_id:
            category = category.parent_id
        return category.crm_owner_id


class ProductTemplate(models.Model):
    _inherit = "product.template"

    crm_owner_id = fields.Many2one(
        "res.users",
        string="Owner",
        domain="[('share', '=', False)]",
        help="Hears wishes and complaints about it; empty: the category's owner.",
    )
    crm_voice_ids = fields.One2many("crm.voice", "product_tmpl_id")

    def _crm_get_owner(self):
        # sudo: whoever hears a customer need not read products
        product_sudo = self.sudo()
        return product_sudo.crm_owner_id or product_sudo.categ_id._crm_get_owner()
