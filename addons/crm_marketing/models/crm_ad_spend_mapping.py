from odoo import fields, models

from ..tools.ad_spend import TARGETS


class CrmAdSpendMapping(models.Model):
    """How the files of one advertising service are read: remembered by its import."""

    _name = "crm.ad.spend.mapping"
    _description = "Reading of Ad Spend Files"
    _order = "used_at DESC, name, id"

    name = fields.Char(required=True, help="The service: Google Ads, Meta, Yandex …")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    source_id = fields.Many2one(
        "utm.source",
        ondelete="restrict",
        help="The source that every row of these files gets.",
    )
    medium_id = fields.Many2one(
        "utm.medium",
        ondelete="restrict",
        help="The medium that every row of these files gets.",
    )
    campaign_id = fields.Many2one(
        "utm.campaign",
        ondelete="set null",
        help="The campaign of files that have no column for it.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        ondelete="restrict",
        help="The currency of files that have no column for it.",
    )
    date_order = fields.Selection(
        [("ymd", "2026-03-31"), ("dmy", "31.03.2026"), ("mdy", "03/31/2026")],
        string="Dates Look Like",
        required=True,
        default="dmy",
        help="How days are written that can be read in more than one way.",
    )
    columns = fields.Json(help="Header of a column: what is in it.")
    used_at = fields.Datetime(string="Last Used on", readonly=True)

    _name_uniq = models.Constraint(
        "UNIQUE(company_id, name)", "There is a reading of this name already."
    )

    def _get_targets(self):
        """{header: one of ``TARGETS``} without what is no longer one."""
        self.ensure_one()
        columns = self.columns or {}
        return {head: target for head, target in columns.items() if target in TARGETS}
