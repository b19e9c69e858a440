from odoo import fields, models


class CrmContactPoint(models.Model):
    """(kind, normalised value) -> partner: answers "who is this?" in one look-up."""

    _name = "crm.contact.point"
    _description = "Contact Point"
    _order = "partner_id, is_primary DESC, kind, id"
    _rec_name = "value"

    partner_id = fields.Many2one(
        "res.partner", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company",
        ondelete="cascade",
        help="The partner's company, copied here so that rules do not join.",
    )
    kind = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "E-mail"),
            ("telegram", "Telegram"),
            ("viber", "Viber"),
            ("whatsapp", "WhatsApp"),
            ("social", "Social Account"),
        ],
        required=True,
        default="phone",
    )
    value = fields.Char(required=True, help="As typed or as received.")
    normalized = fields.Char(
        readonly=True,
        help="E.164 for phones, lower case for e-mails; empty when unusable.",
    )
    extension = fields.Char()
    is_primary = fields.Boolean(readonly=True, help="The one on the customer's card.")
    origin = fields.Selection(
        [
            ("partner", "Customer's card"),
            ("lead", "Lead"),
            ("ingest", "Channel"),
            ("hand", "By hand"),
        ],
        required=True,
        default="hand",
        readonly=True,
    )
    state = fields.Selection(
        [("ok", "Usable"), ("unusable", "Unusable"), ("former", "Former")],
        required=True,
        default="ok",
        readonly=True,
        help="Former values still find the customer, after all others.",
    )
    verified_at = fields.Datetime(
        help="When the customer was reached or confirmed it here."
    )
    last_seen_at = fields.Datetime(readonly=True, help="Last contact through it.")

    _normalized_uniq = models.Constraint(
        "UNIQUE(kind, normalized, partner_id)",
        "This customer has this number or address already.",
    )
    # resolve(): the one look-up of every channel
    _kind_normalized_idx = models.Index(
        "(kind, normalized) WHERE normalized IS NOT NULL"
    )
