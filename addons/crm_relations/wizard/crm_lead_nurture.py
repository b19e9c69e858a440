from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError


class CrmLeadNurture(models.TransientModel):
    """Nurture until …"""

    _name = "crm.lead.nurture"
    _description = "Put Leads Aside until a Day"

    lead_ids = fields.Many2many(
        "crm.lead", context={"active_test": False}, required=True
    )
    until = fields.Date(
        required=True,
        default=lambda self: fields.Date.context_today(self) + timedelta(days=30),
        help="The lead comes back on this day, with an activity for its salesperson.",
    )
    reason_id = fields.Many2one(
        "crm.reject.reason",
        string="Because",
        domain=[("usage", "in", ("nurture", "both"))],
    )
    product_id = fields.Many2one(
        "product.product", string="Product", help="What was asked for."
    )
    words = fields.Char(
        string="In Words", help="What to come back with; it is the activity's text."
    )

    def action_apply(self):
        """Put the leads aside; they come back by themselves."""
        self.ensure_one()
        if self.until <= fields.Date.context_today(self):
            raise UserError(
                self.env._("Choose a day after today for the lead to come back.")
            )
        self.lead_ids.write(
            {
                "qualification_state": "nurture",
                "nurture_until": self.until,
                "reject_reason_id": self.reason_id.id,
                "reject_product_id": self.product_id.id,
                "reject_words": self.words,
            }
        )
        return {"type": "ir.actions.act_window_close"}
