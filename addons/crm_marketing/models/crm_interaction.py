from odoo import api, fields, models

# {column: (PostgreSQL type, what a later row of the same key may do to it)}
TOUCH_COLUMNS = {
    "visitor_id": ("int4", "once"),
    "touch_kind": ("varchar", "first"),
    "product_id": ("int4", "once"),
    "utm_term": ("varchar", "once"),
    "utm_content": ("varchar", "once"),
    "click_kind": ("varchar", "once"),
    "click_ref": ("varchar", "once"),
}


class CrmInteraction(models.Model):
    """Touches are rows of the ledger too: what an advertiser paid for, and visits."""

    _inherit = "crm.interaction"

    visitor_id = fields.Many2one(
        "crm.touch.visitor", ondelete="set null", help="Whose browser it was."
    )
    touch_kind = fields.Selection(
        [("visit", "Visit"), ("view", "Product Viewed"), ("save", "Product Saved")],
        string="Touch",
        help="What a visitor of our site did.",
    )
    product_id = fields.Many2one(
        "product.product", ondelete="set null", help="What was viewed or saved."
    )
    utm_term = fields.Char(string="Search Words", help="utm_term of the address.")
    utm_content = fields.Char(string="Ad", help="utm_content of the address.")
    click_kind = fields.Char(
        string="Kind of Click Id",
        help="Which advertiser marked the click: gclid, yclid…",
    )
    click_ref = fields.Char(string="Click Id", help="The advertiser's own number.")

    # joining a visitor to a person; repeats of a visit: his rows, newest first
    _visitor_idx = models.Index(
        "(visitor_id, started_at DESC) WHERE visitor_id IS NOT NULL"
    )
    _product_idx = models.Index("(product_id, started_at) WHERE product_id IS NOT NULL")

    @api.model
    def _ledger_columns(self):
        return {**super()._ledger_columns(), **TOUCH_COLUMNS}
