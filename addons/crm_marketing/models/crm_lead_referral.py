from odoo import api, fields, models


class CrmLead(models.Model):
    """A lead that came by a customer's code: remembered until the friend has a card."""

    _inherit = "crm.lead"

    crm_referrer_id = fields.Many2one(
        "res.partner",
        string="Brought by",
        ondelete="set null",
        index="btree_not_null",
        help="The customer whose code or link was used. When the first invoice of "
        "this lead's customer is paid, both get points.",
    )
    crm_referrer_since = fields.Date(
        string="Brought since",
        readonly=True,
        copy=False,
        help="The day on which it was written down who brought this lead.",
    )
    crm_referral_ids = fields.One2many(
        "crm.referral", "lead_id", string="Referrals", readonly=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._crm_date_referrer(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._crm_date_referrer(vals))

    def _crm_date_referrer(self, vals):
        """Nobody but the clock says since when it is known: whoever has bought before
        that day was not brought."""
        if not {"crm_referrer_id", "crm_referrer_since"} & vals.keys():
            return vals
        vals = {name: vals[name] for name in vals if name != "crm_referrer_since"}
        if "crm_referrer_id" in vals:
            today = fields.Date.context_today(self)
            vals["crm_referrer_since"] = vals["crm_referrer_id"] and today
        return vals

    def _prepare_referral(self):
        self.ensure_one()
        company = self.company_id or self.env.company
        return {
            "referrer_id": self.crm_referrer_id.id,
            "friend_id": self.partner_id.id,
            "company_id": company.id,
            "lead_id": self.id,
            "user_id": self.user_id.id,
            "date": self.crm_referrer_since or fields.Date.context_today(self),
        }
