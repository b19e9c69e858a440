from odoo import fields, models


class CrmLead(models.Model):
    """A lead that came by a customer's code: remembered until the friend has a card."""

    _inherit = "crm.lead"

    crm_referrer_id = fields.Many2one(
        "res.partner",
        string="Brought by",
        ondelete="set null",
        index="btree_not_null",
        help="The customer whose code or link was used. With the first invoice of this "
        "lead's customer both get points.",
    )
    crm_referral_ids = fields.One2many(
        "crm.referral", "lead_id", string="Referrals", readonly=True
    )

    def _prepare_referral(self):
        self.ensure_one()
        company = self.company_id or self.env.company
        return {
            "referrer_id": self.crm_referrer_id.id,
            "friend_id": self.partner_id.id,
            "company_id": company.id,
            "lead_id": self.id,
            "user_id": self.user_id.id,
            "date": fields.Date.context_today(self, self.create_date),
        }
