from odoo import fields, models
from odoo.tools import html2plaintext


class CrmLeadLost(models.TransientModel):
    _inherit = "crm.lead.lost"

    product_id = fields.Many2one(
        "product.product",
        domain="[('sale_ok', '=', True)]",
        help="Which product was it about? Counted in the stage report.",
    )

    def action_lost_reason_apply(self):
        """The product and the closing note stay on the deal: the stage log keeps them."""
        words = html2plaintext(self.lost_feedback or "").strip()
        self.lead_ids.write(
            {"lost_product_id": self.product_id.id, "lost_words": words or False}
        )
        return super().action_lost_reason_apply()
