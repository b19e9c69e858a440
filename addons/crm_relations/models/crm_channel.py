from odoo import fields, models


class CrmChannel(models.Model):
    _name = "crm.channel"
    _description = "Contact Channel"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        help="Technical name that feeds and outside systems send, such as 'call'.",
    )
    kind = fields.Selection(
        [
            ("email", "E-mail"),
            ("call", "Call"),
            ("meeting", "Meeting or Visit"),
            ("form", "Web Form"),
            ("chat", "Live Chat"),
            ("messenger", "Messenger"),
            ("sms", "SMS"),
            ("mailing", "Mailing"),
            ("ad", "Advertising"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
        help="What a filter on the customer's timeline shows together.",
    )
    icon = fields.Char(default="fa-comment-o", help="Font Awesome 4 icon name.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "This channel code exists already.")

    def copy_data(self, default=None):
        return [
            dict(values, code=f"{channel.code}_copy")
            for channel, values in zip(self, super().copy_data(default), strict=True)
        ]
