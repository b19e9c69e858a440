from odoo import api, fields, models
from odoo.exceptions import UserError

TERMS = [("percent", "Percent of paid invoices"), ("fixed", "Fixed, once for a lead")]


class CrmReferralReward(models.Model):
    """What a referral partner earned by an invoice, or gave back. Append-only."""

    _name = "crm.referral.reward"
    _description = "Reward of a Referral Partner"
    _order = "date DESC, id DESC"
    _rec_name = "move_id"
    _log_access = False

    referral_id = fields.Many2one(
        "crm.referral.partner",
        string="Referral Partner",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    lead_id = fields.Many2one(
        "crm.lead", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    move_id = fields.Many2one(
        "account.move", string="Invoice", readonly=True, ondelete="set null"
    )
    number = fields.Integer(
        required=True, readonly=True, export_string_translation=False
    )
    date = fields.Date(required=True, readonly=True)
    basis = fields.Monetary(
        string="Paid", readonly=True, help="Untaxed, less credit notes, on that day."
    )
    amount = fields.Monetary(required=True, readonly=True)
    terms = fields.Selection(TERMS, readonly=True)
    percent = fields.Float(readonly=True)
    fixed_amount = fields.Monetary(readonly=True)

    _number_uniq = models.Constraint(
        "UNIQUE(referral_id, lead_id, move_id, number)", "This is rewarded already."
    )

    def write(self, vals):
        if vals:
            raise UserError(self.env._("A reward cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A reward cannot be deleted."))
