from odoo import fields, models


class CrmAudiencePerson(models.Model):
    """Hashes that an advertising network has been given.

    A person who is deleted or forgotten leaves his hashes until the next export has told
    the network to drop them; they say nothing to anybody who does not know the address.
    """

    _name = "crm.audience.person"
    _description = "Person of an Audience"
    _rec_name = "partner_id"
    _log_access = False

    audience_id = fields.Many2one(
        "crm.audience", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="set null", index="btree_not_null"
    )
    email_hash = fields.Char(readonly=True)
    phone_hash = fields.Char(readonly=True)
