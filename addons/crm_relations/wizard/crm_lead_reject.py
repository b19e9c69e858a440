from odoo import fields, models
from odoo.exceptions import UserError


class CrmLeadReject(models.TransientModel):
    """Reject because …"""

    _name = "crm.lead.reject"
    _description = "Reject Leads"

    lead_ids = fields.Many2many(
        "crm.lead", context={"active_test": False}, required=True
    )
    reason_id = fields.Many2one(
        "crm.reject.reason",
        string="Because",
        required=True,
        domain=[("usage", "in", ("reject", "both"))],
    )
    needs_words = fields.Boolean(related="reason_id.needs_words")
    product_id = fields.Many2one(
        "product.product", string="Product", help="What was asked for."
    )
    words = fields.Char(string="In Words", help="What the customer said.")

    def action_apply(self):
        """Reject the leads: archived with their probability, neither won nor lost."""
        self.ensure_one()
        if self.needs_words and not (self.words or "").strip():
            raise UserError(
                self.env._(
                    "Say in words what “%(reason)s” means here.",
                    reason=self.reason_id.name,
                )
            )
        self.lead_ids.write(
            {
                "qualification_state": "rejected",
                "reject_reason_id": self.reason_id.id,
                "reject_product_id": self.product_id.id,
                "reject_words": self.words,
            }
        )
        return {"type": "ir.actions.act_window_close"}
