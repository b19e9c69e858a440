"""What a rule would do, in words, before it does it."""

from odoo import fields, models


class CrmAlarmRule(models.Model):
    _inherit = "crm.alarm.rule"

    def load_preview(self):
        """Dry run for the rule's form; nothing is written.

        :return: ``{"count", "late", "older", "running": int, "rows": [{"id", "name", "start",
            "calendar", "steps": [{"who", "due", "is_late"}]}]}``, times in words
        """
        self.ensure_one()
        self.check_access("write")
        now = fields.Datetime.now()
        # sudo: calendars of colleagues; records are those the caller may read
        found = self.sudo()._preview(now, reader=self.env[self.model])
        alarms = self.env["crm.alarm"]
        names = {step.number: step._get_target_name() for step in self.step_ids}

        def moment(value):
            return alarms._format_moment(value, now) if value else ""

        return {
            "count": found["count"],
            "late": found["late"],
            "older": found["older"],
            "running": self.alarm_count,
            "rows": [
                {
                    "id": row["id"],
                    "name": row["name"],
                    "start": moment(row["started_at"]),
                    "calendar": row["calendar"],
                    "steps": [
                        {
                            "who": names[step["number"]],
                            "due": moment(step["due_at"]),
                            "is_late": step["is_late"],
                        }
                        for step in row["steps"]
                    ],
                }
                for row in found["rows"]
            ],
        }
