from odoo import fields, models


class CrmAdSpendLoadColumn(models.TransientModel):
    """A column of the file: its name, what stands in it, what it is."""

    _name = "crm.ad.spend.load.column"
    _description = "Column of an Ad Spend File"
    _order = "number"

    load_id = fields.Many2one("crm.ad.spend.load", required=True, ondelete="cascade")
    number = fields.Integer()
    name = fields.Char(string="Column", readonly=True)
    sample = fields.Char(string="For Example", readonly=True)
    target = fields.Selection(
        [
            ("day", "Day"),
            ("campaign", "Campaign"),
            ("ad", "Ad"),
            ("clicks", "Clicks"),
            ("impressions", "Impressions"),
            ("amount", "Amount"),
            ("currency", "Currency"),
        ],
        string="Is",
        help="Empty: the column is not read.",
    )
