"""Working calendars of the host: as clocks of alarms, and what happens on a change."""

from odoo import api, fields, models, tools

from ..tools.alarm_clock import Schedule, SpecialDay, WorkClock, epoch


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    crm_alarm_day_ids = fields.One2many("crm.alarm.calendar.day", "calendar_id")

    def _crm_alarm_get_clocks(self):
        """{calendar id: WorkClock}, in four queries however many calendars."""
        # sudo: the engine's clocks are everybody's
        calendars_sudo = self.sudo().with_context(active_test=False)
        leaves = calendars_sudo._crm_alarm_leaves()
        return {
            calendar.id: WorkClock(calendar._crm_alarm_get_schedule(leaves))
            for calendar in calendars_sudo
        }

    def _crm_alarm_leaves(self):
        """Public leaves of these calendars."""
        return self.env["resource.calendar.leaves"].search(
            [("resource_id", "=", False), ("time_type", "=", "leave"),
             ("calendar_id", "in", [*self.ids, False])]
        )  # fmt: skip

    def _crm_alarm_get_schedule(self, leaves):
        self.ensure_one()
        own = leaves.filtered(
            lambda leave: leave.calendar_id == self
            or (
                not leave.calendar_id
                and self.company_id in (leave.company_id, self.env["res.company"])
            )
        )
        return Schedule(
            zone=self.tz or "UTC",
            attendances=tuple(
                (int(line.dayofweek), round(line.hour_from * 60),
                 round(line.hour_to * 60),
                 int(line.week_type) if self.two_weeks_calendar else None)
                for line in self.attendance_ids
                if not line.display_type and line.day_period != "lunch"
            ),
            leaves=tuple((epoch(row.date_from), epoch(row.date_to)) for row in own),
            days={
                day.date: SpecialDay(
                    int(day.weekday) if day.kind == "extra" and day.weekday else None,
                    round(day.hour_to * 60) or None,
                    day.kind == "extra",
                )
                for day in self.crm_alarm_day_ids
            },
        )  # fmt: skip

    @api.model
    @tools.ormcache("calendar_id")
    def _crm_alarm_get_known_schedule(self, calendar_id):
        """The schedule of a calendar for a screen that counts its queries."""
        # sudo: the engine's clocks are everybody's
        calendar_sudo = self.sudo().browse(calendar_id or ()).exists()
        if not calendar_sudo:
            return Schedule()
        return calendar_sudo._crm_alarm_get_schedule(calendar_sudo._crm_alarm_leaves())

    def _crm_alarm_changed(self):
        """Open alarms of these calendars are computed again by the next pass."""
        self.env.registry.clear_cache()  # _crm_alarm_get_known_schedule
        self.env["crm.alarm.dirty"]._touch(self._name, self.ids)

    def write(self, vals):
        result = super().write(vals)
        if {"tz", "attendance_ids", "two_weeks_calendar", "company_id"} & vals.keys():
            self._crm_alarm_changed()
        return result


class ResourceCalendarAttendance(models.Model):
    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.calendar_id._crm_alarm_changed()
        return lines

    def write(self, vals):
        result = super().write(vals)
        self.calendar_id._crm_alarm_changed()
        return result

    def unlink(self):
        calendars = self.calendar_id
        result = super().unlink()
        calendars._crm_alarm_changed()
        return result


class ResourceCalendarLeaves(models.Model):
    _inherit = "resource.calendar.leaves"

    def _crm_alarm_get_calendars(self):
        """Calendars these public days off belong to; 0: all."""
        public = self.filtered(lambda leave: not leave.resource_id)
        return {leave.calendar_id.id or 0 for leave in public}

    def _crm_alarm_changed(self, calendar_ids):
        if calendar_ids:
            self.env.registry.clear_cache()  # _crm_alarm_get_known_schedule
        self.env["crm.alarm.dirty"]._touch("resource.calendar", calendar_ids)

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        self._crm_alarm_changed(leaves._crm_alarm_get_calendars())
        return leaves

    def write(self, vals):
        before = self._crm_alarm_get_calendars()
        result = super().write(vals)
        self._crm_alarm_changed(before | self._crm_alarm_get_calendars())
        return result

    def unlink(self):
        calendar_ids = self._crm_alarm_get_calendars()
        result = super().unlink()
        self._crm_alarm_changed(calendar_ids)
        return result


class CrmTeam(models.Model):
    _inherit = "crm.team"

    crm_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        ondelete="set null",
        help="Alarms of this team's records count these hours; empty: those of the "
        "responsible person, else the company's.",
    )
