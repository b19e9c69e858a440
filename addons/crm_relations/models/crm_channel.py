from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError


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

    @api.model
    @tools.ormcache()
    def _ids_by_code(self):
        """``{code: id}`` of all channels, archived ones too."""
        channels_sudo = self.sudo().with_context(
            active_test=False
        )  # codes are no secret
        return {channel.code: channel.id for channel in channels_sudo.search([])}

    @api.model
    def _id_of_code(self, code):
        """Id of the channel that feeds call ``code``."""
        channel_id = self._ids_by_code().get(code)
        if not channel_id:
            raise ValidationError(
                self.env._("There is no contact channel %(code)s.", code=code)
            )
        return channel_id

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if {"code", "name", "kind", "icon"} & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)

    def update_field_translations(self, field_name, translations, source_lang=""):
        self.env.registry.clear_cache()  # names are cached too
        return super().update_field_translations(field_name, translations, source_lang)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def copy_data(self, default=None):
        return [
            dict(values, code=f"{channel.code}_copy")
            for channel, values in zip(self, super().copy_data(default), strict=True)
        ]
