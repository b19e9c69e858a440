from odoo import api, fields, models


class CrmCustomerOwnerLog(models.Model):
    """Who looked after a customer, since when and why: one row per change."""

    _name = "crm.customer.owner.log"
    _description = "Owner of a Customer"
    _order = "at DESC, id DESC"
    _rec_name = "partner_id"
    _log_access = False

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    from_user_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    to_user_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        readonly=True,
        ondelete="set null",
        help="Of whoever has the customer now, copied for the record rules.",
    )
    by_user_id = fields.Many2one(
        "res.users", string="Changed by", readonly=True, ondelete="set null"
    )
    at = fields.Datetime(required=True, readonly=True)
    reason = fields.Char(readonly=True)
    handover_id = fields.Many2one("crm.handover", readonly=True, ondelete="set null")

    # the card and "who had him then"
    _partner_at_idx = models.Index("(partner_id, at DESC)")

    @api.model
    def _log_changes(self, changes):
        """Write down ``[(partner, old user, new user)]`` in one statement.

        Context: ``crm_owner_reason`` and ``crm_handover_id`` say why.
        """
        if not changes:
            return
        now = fields.Datetime.now()
        # sudo: the history writes itself, nobody else may
        self.sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": (partner.company_id or self.env.company).id,
                    "from_user_id": old.id,
                    "to_user_id": new.id,
                    "team_id": (new or old).sudo().sale_team_id.id,
                    "by_user_id": self.env.uid,
                    "at": now,
                    "reason": self.env.context.get("crm_owner_reason"),
                    "handover_id": self.env.context.get("crm_handover_id"),
                }
                for partner, old, new in changes
            ]
        )


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_owner_log_ids = fields.One2many(
        "crm.customer.owner.log",
        "partner_id",
        string="Owners",
        groups="sales_team.group_sale_salesman",
    )

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        nobody = self.env["res.users"]
        self.env["crm.customer.owner.log"]._log_changes(
            [
                (partner, nobody, partner.user_id)
                for partner in partners
                if partner.user_id and not partner.parent_id
            ]
        )
        return partners

    def write(self, vals):
        if "user_id" not in vals:
            return super().write(vals)
        customers = self.filtered(lambda partner: not partner.parent_id)
        before = {partner: partner.user_id for partner in customers}
        result = super().write(vals)
        self.env["crm.customer.owner.log"]._log_changes(
            [
                (partner, old, partner.user_id)
                for partner, old in before.items()
                if partner.user_id != old
            ]
        )
        return result
