"""Nobody forgets a meeting with a customer: a reminder unless one is chosen."""

from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_meeting_alarm_id = fields.Many2one(
        "calendar.alarm",
        string="Reminder of Meetings",
        ondelete="set null",
        default=lambda self: self.env.ref(
            "calendar.alarm_notif_2", raise_if_not_found=False
        ),
        domain="[('alarm_type', '=', 'notification')]",
        help="Set on meetings about leads and customers when they are planned without "
        "a reminder of their own.",
    )


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    @api.model
    def default_get(self, fields):
        """A form opened from a lead or a customer shows the reminder it will get."""
        values = super().default_get(fields)
        model = values.get("res_model") or self.env.context.get("active_model")
        about = self.env.context.get("default_opportunity_id") or model in (
            "crm.lead",
            "res.partner",
        )
        if about and "alarm_ids" in fields and not values.get("alarm_ids"):
            alarm = self.env.company.crm_meeting_alarm_id
            values["alarm_ids"] = [(6, 0, alarm.ids)]
        return values

    @api.model_create_multi
    def create(self, vals_list):
        alarm = self.env.company.crm_meeting_alarm_id
        models_about = {
            self.env["ir.model"]._get_id(name) for name in ("crm.lead", "res.partner")
        }
        for vals in vals_list:
            about = (
                vals.get("opportunity_id")
                or vals.get("res_model") in ("crm.lead", "res.partner")
                or vals.get("res_model_id") in models_about
            )
            if alarm and about and "alarm_ids" not in vals:
                vals["alarm_ids"] = [(6, 0, alarm.ids)]
        return super().create(vals_list)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_meeting_alarm_id = fields.Many2one(
        related="company_id.crm_meeting_alarm_id", readonly=False
    )
