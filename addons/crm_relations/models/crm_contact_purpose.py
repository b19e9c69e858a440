from odoo import fields, models


class CrmContactPurpose(models.Model):
    """Why somebody is contacted: decides whether his consent is asked for, and how often."""

    _name = "crm.contact.purpose"
    _description = "Purpose of Contact"
    _order = "sequence, id"

    name = fields.Char(
        required=True,
        translate=True,
        help="The customer reads it on the page where he changes his mind.",
    )
    code = fields.Char(required=True, help="Technical name that senders use.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    basis = fields.Selection(
        [
            ("consent", "Only with consent"),
            ("unless", "Unless refused"),
            ("always", "Always: part of a contract"),
        ],
        required=True,
        default="consent",
        help="Always: neither refusals nor blacklists stop it (an order's confirmation).",
    )
    has_quiet_hours = fields.Boolean(
        string="Quiet Hours",
        default=True,
        help="Calls, messages and SMS wait for the customer's day; e-mail does not.",
    )
    description = fields.Text(
        translate=True, help="In plain words, for the customer's page."
    )
    limit_ids = fields.One2many(
        "crm.contact.limit", "purpose_id", string="Not more often than", copy=True
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "This code exists already.")

    def copy_data(self, default=None):
        return [
            dict(values, code=f"{purpose.code}_copy")
            for purpose, values in zip(self, super().copy_data(default), strict=True)
        ]


class CrmContactLimit(models.Model):
    """At most so many contacts for one purpose in so many days."""

    _name = "crm.contact.limit"
    _description = "Frequency of Contact"
    _order = "days, id"

    purpose_id = fields.Many2one(
        "crm.contact.purpose", required=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(
        "_selection_kind", help="Counts this means only; all together when empty."
    )
    max_count = fields.Integer(string="At most", required=True, default=1)
    days = fields.Integer(string="In days", required=True, default=7)

    _positive_check = models.Constraint(
        "CHECK(max_count >= 0 AND days > 0)", "Days must be more than zero."
    )

    def _selection_kind(self):
        return self.env["crm.consent"]._selection_kind()[1:]
