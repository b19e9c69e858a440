import secrets

from odoo import api, fields, models

# no letters and figures that one mistakes for another when read aloud
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 8


class CrmReferralCode(models.Model):
    """A customer's word for his friends: by it we know who brought them.

    A row and not a signature of his number: it follows him when cards are merged, and
    one who was merged keeps every code he has given away.
    """

    _name = "crm.referral.code"
    _description = "Code for Friends"
    _rec_name = "code"
    _log_access = False

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    code = fields.Char(required=True, readonly=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "This code is somebody else's.")

    @api.model
    def _get_code(self, partner):
        """The customer's code; made when he asks for it first."""
        # sudo: the code says nothing, and the customer himself has no right to the table
        codes_sudo = self.sudo()
        known = codes_sudo.search([("partner_id", "=", partner.id)], limit=1)
        if not known:
            code = "".join(secrets.choice(LETTERS) for _place in range(LENGTH))
            known = codes_sudo.create({"partner_id": partner.id, "code": code})
        return known.code

    @api.model
    def _find_partner(self, code):
        """Whose code this is, however it was typed; empty when nobody's."""
        # sudo: a visitor with a code has no login
        typed = (code or "").replace(" ", "").replace("-", "").upper()[: LENGTH * 2]
        known = self.sudo().search([("code", "=", typed)], limit=1) if typed else self
        return known.partner_id.filtered("active")
