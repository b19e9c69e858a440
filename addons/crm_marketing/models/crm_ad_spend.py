from odoo import fields, models


class CrmAdSpend(models.Model):
    """What an advertising service says a day of an ad cost, as it stands now.

    Rows come from imports only; every change of a row is kept beside it
    (crm.ad.spend.revision). It is operational: it spreads vendor bills over days and
    ads, and counts as cost only while there is no bill (docs/marketing.md).
    """

    _name = "crm.ad.spend"
    _description = "Imported Ad Spend"
    _order = "day DESC, id DESC"
    _rec_name = "campaign_id"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    campaign_id = fields.Many2one(
        "utm.campaign", required=True, readonly=True, ondelete="restrict", index=True
    )
    source_id = fields.Many2one("utm.source", readonly=True, ondelete="restrict")
    medium_id = fields.Many2one("utm.medium", readonly=True, ondelete="restrict")
    content = fields.Char(
        string="Ad", readonly=True, required=True, default="", help="Which ad it was."
    )
    day = fields.Date(required=True, readonly=True)
    click_count = fields.Integer(
        string="Clicks", readonly=True, help="Clicks as the service counts them."
    )
    impression_count = fields.Integer(
        string="Impressions", readonly=True, help="How often the ad was shown."
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, readonly=True, ondelete="restrict"
    )
    amount = fields.Monetary(
        string="Spend", readonly=True, help="In the currency of the service."
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    company_amount = fields.Monetary(
        string="Spend in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
        help="At the rate of the day itself.",
    )
    is_void = fields.Boolean(
        string="Taken Back",
        readonly=True,
        help="The import that brought it was undone: it counts nowhere.",
    )
    import_id = fields.Many2one(
        "crm.ad.spend.import",
        string="Import",
        readonly=True,
        ondelete="restrict",
        index=True,
        help="The import that gave the figures their present value.",
    )
    revision_ids = fields.One2many(
        "crm.ad.spend.revision", "spend_id", string="History", readonly=True
    )

    _key_uniq = models.Constraint(
        "UNIQUE NULLS NOT DISTINCT "
        "(company_id, campaign_id, source_id, medium_id, content, day)",
        "The spend of this ad and day is there already.",
    )
    # costs of a company's month
    _company_day_idx = models.Index("(company_id, day)")
