from odoo import fields, models


class CrmFairnessReason(models.TransientModel):
    """Why a good customer is offered less than a worse one."""

    _name = "crm.fairness.reason"
    _description = "Reason for an Unfair Price"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    warning = fields.Text(related="order_id.crm_unfair_text")
    reason = fields.Char(
        string="Why This Price",
        required=True,
        help="Your head of sales reads it.",
    )

    def action_send(self):
        """Keep the reason and go on with sending."""
        self.ensure_one()
        self.order_id.crm_unfair_reason = self.reason
        return self.order_id.action_quotation_send()
