from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmAudienceExport(models.Model):
    """Who gave which list to whom, and when: never changed, never deleted."""

    _name = "crm.audience.export"
    _description = "Export of an Audience"
    _order = "at DESC, id DESC"
    _rec_name = "at"
    _log_access = False

    audience_id = fields.Many2one(
        "crm.audience", readonly=True, ondelete="set null", index=True
    )
    segment_name = fields.Char(readonly=True, help="As it was called then.")
    conditions = fields.Text(readonly=True, help="As they were then.")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict"
    )
    network = fields.Selection(related="audience_id.network", store=True)
    purpose_id = fields.Many2one(
        "crm.contact.purpose", string="Consent for", readonly=True, ondelete="restrict"
    )
    at = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Who", readonly=True)
    people_count = fields.Integer(string="People", readonly=True)
    added_count = fields.Integer(string="Came", readonly=True)
    removed_count = fields.Integer(string="Left", readonly=True)
    refused_count = fields.Integer(
        string="Kept back", readonly=True, help="They did not agree, or refused."
    )
    fingerprint = fields.Char(
        string="SHA-256 of the file", readonly=True, help="Of the whole list."
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The record of an export stays."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The record of an export stays as it is."))
