from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.contact_point import normalize

# What only the cards and the channels know; of hands these are the values.
LEARNED = {
    "origin": "hand",
    "card_value": False,
    "is_primary": False,
    "verified_at": False,
    "last_seen_at": False,
}


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
    card_value = fields.Char(
        readonly=True,
        export_string_translation=False,
        help="Whole text of the card's field this came from; empty: not on the card.",
    )
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
        readonly=True, help="When the customer was reached or confirmed it here."
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
    # crm.search: a part of a number or address
    _normalized_trgm_idx = models.Index(
        lambda registry: "USING gin (normalized gin_trgm_ops)"
        if registry.has_trigram
        else ""
    )

    # ------------------------------------------------------------ by hand

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # named, so that a default of the context does not count
            vals_list = [{**vals, **LEARNED, "state": "ok"} for vals in vals_list]
        partners = self.env["res.partner"].browse(
            [vals["partner_id"] for vals in vals_list if vals.get("partner_id")]
        )
        regions = self._get_regions(partners.ids)
        for vals in vals_list:
            partner = self.env["res.partner"].browse(vals.get("partner_id"))
            vals["company_id"] = partner.company_id.id
            vals.update(
                self._prepare_normalized(
                    vals.get("kind", "phone"),
                    vals.get("value"),
                    regions.get(partner.id),
                )
                | ({"state": "former"} if vals.get("state") == "former" else {})
            )
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            closed = {*LEARNED, "state", "normalized"}
            vals = {name: vals[name] for name in vals if name not in closed}
        if not {"value", "kind", "partner_id"} & vals.keys():
            return super().write(vals)
        partners = (
            self.env["res.partner"].browse(vals.get("partner_id")) | self.partner_id
        )
        regions = self._get_regions(partners.ids)
        for point in self:
            partner = (
                self.env["res.partner"].browse(vals.get("partner_id"))
                or point.partner_id
            )
            extra = self._prepare_normalized(
                vals.get("kind", point.kind),
                vals.get("value", point.value),
                regions.get(partner.id),
            )
            if not self.env.su and (
                extra["normalized"] != (point.normalized or None)
                or vals.get("kind", point.kind) != point.kind
                or partner != point.partner_id
            ):
                extra |= LEARNED  # another number: nobody was reached through it yet
            super(CrmContactPoint, point).write(
                {**vals, **extra, "company_id": partner.company_id.id}
            )
        return True

    @api.model
    def _prepare_normalized(self, kind, value, region):
        point = normalize(kind, value or "", region)
        return {
            "normalized": point.normalized,
            "extension": point.extension,
            "state": "ok" if point.normalized else "unusable",
        }

    @api.model
    def _get_regions(self, partner_ids):
        """{partner id: ISO code of the country whose people write its numbers}"""
        if not partner_ids:
            return {}
        self.env["res.partner"].flush_model(["country_id", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, COALESCE(c.code, cc.code)
                  FROM res_partner p
             LEFT JOIN res_country c ON c.id = p.country_id
             LEFT JOIN res_company co ON co.id = COALESCE(p.company_id, %s)
             LEFT JOIN res_partner cp ON cp.id = co.partner_id
             LEFT JOIN res_country cc ON cc.id = cp.country_id
                 WHERE p.id = ANY(%s)
                """,
                self.env.company.id,
                list(partner_ids),
            )
        )
        return dict(rows)
