from datetime import timedelta

from odoo import api, fields, models


class CrmAlarmSnooze(models.TransientModel):
    """Not before …, because …: the level above reads it."""

    _name = "crm.alarm.snooze"
    _description = "Snooze Alarms"

    alarm_ids = fields.Many2many("crm.alarm", required=True)
    until = fields.Datetime(
        required=True,
        default=lambda self: self._default_until(),
        help="Until then nobody above is told.",
    )
    latest = fields.Datetime(
        compute="_compute_latest", help="The rule allows no longer."
    )
    reason = fields.Char(
        required=True, help="Those above read it: say what you are waiting for."
    )

    @api.model
    def _default_until(self):
        return fields.Datetime.now().replace(minute=0, second=0) + timedelta(hours=24)

    @api.depends("alarm_ids")
    def _compute_latest(self):
        now = fields.Datetime.now().replace(second=0)
        for snooze in self:
            # sudo: the bound of a rule is no secret
            hours = snooze.alarm_ids.sudo().rule_id.mapped("snooze_max_hours")
            snooze.latest = now + timedelta(hours=min(hours)) if hours else False

    def action_apply(self):
        """Put them off."""
        self.ensure_one()
        chosen = self.alarm_ids
        silenced = chosen.action_snooze(self.until, self.reason)
        close = {"type": "ir.actions.act_window_close"}
        if len(silenced) == len(chosen):
            return close
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": self.env._(
                    "Noted. It is at a level above yours: those people go on being told."
                ),
                "next": close,
            },
        }
