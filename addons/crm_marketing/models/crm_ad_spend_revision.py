from odoo import fields, models


class CrmAdSpendRevision(models.Model):
    """One row each time an import, or its undoing, gave a day of an ad its figures.

    The newest row is what the spend says now; the newest up to a moment is what was
    known at that moment.
    """

    _name = "crm.ad.spend.revision"
    _description = "Change of Imported Ad Spend"
    _order = "id DESC"
    _rec_name = "spend_id"
    _log_access = False

    spend_id = fields.Many2one(
        "crm.ad.spend",
        string="Day of an Ad",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    import_id = fields.Many2one(
        "crm.ad.spend.import",
        string="Import",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    company_id = fields.Many2one(related="spend_id.company_id", store=False)
    recorded_at = fields.Datetime(string="Known since", required=True, readonly=True)
    is_undo = fields.Boolean(
        string="Undone",
        readonly=True,
        help="The import was undone: these are the figures from before.",
    )
    is_void = fields.Boolean(string="Taken Back", readonly=True)
    click_count = fields.Integer(string="Clicks", readonly=True)
    impression_count = fields.Integer(string="Impressions", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True, ondelete="restrict")
    amount = fields.Monetary(string="Spend", readonly=True)
    company_currency_id = fields.Many2one(related="spend_id.company_currency_id")
    company_amount = fields.Monetary(
        string="Spend in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )

    # the newest of a spend, now and up to a moment
    _spend_idx = models.Index("(spend_id, id)")
