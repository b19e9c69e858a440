from odoo import api, fields, models


class CrmAlarmDirty(models.Model):
    """Records that changed since the last pass of the alarms."""

    _name = "crm.alarm.dirty"
    _description = "Changed Record for Alarms"
    _inherit = ["crm.dirty.mixin"]
    _log_access = False
    _rec_name = "res_model"
    _dirty_key = ("res_model", "res_id")

    res_model = fields.Char(required=True)
    res_id = fields.Integer(required=True)

    @api.model
    def _touch(self, model, ids):
        """Records of ``model`` changed; nothing is written when no rule watches it."""
        # sudo: whoever changes a record marks it
        rules_sudo = self.env["crm.alarm.rule"].sudo()
        if ids and model in rules_sudo._get_watched_fields():
            self.sudo()._mark([(model, row_id) for row_id in ids])
