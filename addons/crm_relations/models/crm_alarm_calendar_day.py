from odoo import api, fields, models

WEEKDAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]


class CrmAlarmCalendarDay(models.Model):
    """A date on which a working calendar is not as usual, other than a day off.

    The host's calendar has leaves, but neither moved working Saturdays nor short days
    before a holiday.
    """

    _name = "crm.alarm.calendar.day"
    _description = "Special Working Day"
    _order = "date DESC, id"

    calendar_id = fields.Many2one(
        "resource.calendar", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="calendar_id.company_id", store=True)
    date = fields.Date(required=True)
    kind = fields.Selection(
        [("extra", "Extra working day"), ("short", "Shortened day")],
        required=True,
        default="extra",
        help="An extra day is worked even when public time off covers it.",
    )
    weekday = fields.Selection(
        WEEKDAYS,
        string="Works Like",
        default="0",
        help="The extra day has the hours of this weekday.",
    )
    hour_to = fields.Float(
        string="Until", help="Work ends at this hour; 0: at the usual one."
    )

    _date_uniq = models.Constraint(
        "UNIQUE(calendar_id, date)", "This date is in the calendar already."
    )
    _hour_check = models.Constraint(
        "CHECK(hour_to >= 0 AND hour_to <= 24)", "An hour is between 0 and 24."
    )
    _short_check = models.Constraint(
        "CHECK(kind <> 'short' OR hour_to > 0)", "Say until when a short day is worked."
    )

    @api.depends("date", "calendar_id")
    def _compute_display_name(self):
        for day in self:
            day.display_name = f"{day.date} · {day.calendar_id.name}"

    @api.model_create_multi
    def create(self, vals_list):
        days = super().create(vals_list)
        days.calendar_id._crm_alarm_changed()
        return days

    def write(self, vals):
        before = self.calendar_id
        result = super().write(vals)
        (before | self.calendar_id)._crm_alarm_changed()
        return result

    def unlink(self):
        calendars = self.calendar_id
        result = super().unlink()
        calendars._crm_alarm_changed()
        return result
