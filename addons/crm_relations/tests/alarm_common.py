"""A company of one time zone with a ladder of three, and a pass whose clock is ours."""

from datetime import datetime, timedelta

from odoo.fields import Command

from .common import TIME_ZERO, RelationsCommon

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MONDAY = TIME_ZERO  # 9:00 UTC


class AlarmCommon(RelationsCommon):
    """Olena is responsible, ``head`` leads the team, ``director`` is the owner.

    The calendar is GLPI's of #22678: Monday to Friday 8-18, no lunch, UTC.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.alarm.rule"].search([]).active = False
        cls.calendar = cls._make_calendar("Ten hours")
        cls.company.resource_calendar_id = cls.calendar
        cls.owner_role = cls.env["res.role"].create(
            {"name": "Test owner", "user_ids": [Command.link(cls.director.id)]}
        )
        cls.rule = cls._make_rule()
        cls.alarms = cls.env["crm.alarm"]
        cls.events = cls.env["crm.alarm.event"]

    @classmethod
    def _make_calendar(cls, name, hours=((8, 18),), tz="UTC", days=(0, 1, 2, 3, 4)):
        return cls.env["resource.calendar"].create(
            {
                "name": name,
                "tz": tz,
                "company_id": cls.company.id,
                "attendance_ids": [
                    Command.create(
                        {
                            "name": f"{day} {start}",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": end,
                            "day_period": "morning",
                        }
                    )
                    for day in days
                    for start, end in hours
                ],
            }
        )

    @classmethod
    def _make_rule(cls, steps=None, **values):
        field = cls.env["ir.model.fields"]._get("crm.lead", "date_last_stage_update")
        return cls.env["crm.alarm.rule"].create(
            {
                "name": "Deal waits",
                "model_id": cls.env["ir.model"]._get_id("crm.lead"),
                "start_domain": "[('type', '=', 'opportunity'), ('priority', '=', '1')]",
                "date_field_id": field.id,
                "follow_date": False,
                "valid_from": False,
                "step_ids": [Command.create(step) for step in steps or cls._ladder()],
                **values,
            }
        )

    @classmethod
    def _ladder(cls):
        """4 h responsible, 8 h leader, 16 h owner."""
        return [
            {"limit_minutes": 240, "target": "responsible", "channel": "activity"},
            {"limit_minutes": 480, "target": "leader", "channel": "inbox"},
            {
                "limit_minutes": 960, "target": "role", "channel": "mail",
                "role_id": cls.owner_role.id, "severity": "3",
            },
        ]  # fmt: skip

    @classmethod
    def _make_deal(cls, start=MONDAY, user=None, **values):
        deal = cls._make_lead(
            "Winter tyres",
            **{
                "type": "opportunity", "priority": "1",
                "user_id": (user or cls.olena).id, **values,
            },
        )  # fmt: skip
        deal.flush_recordset()
        cls.env.cr.execute(
            "UPDATE crm_lead SET date_last_stage_update = %s WHERE id = %s",
            [start, deal.id],
        )
        deal.invalidate_recordset()
        return deal

    def _run(self, now, tell=False):
        """One whole pass at ``now``."""
        self.env.flush_all()
        while self.alarms._run(now):
            pass
        if tell:
            self._tell(now)
        self.env.invalidate_all()

    def _tell(self, now):
        while self.events._tell(now):
            pass

    def _get_alarm(self, record, rule=None):
        return self.alarms.search(
            [
                ("rule_id", "=", (rule or self.rule).id),
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
            ],
            order="episode DESC",
            limit=1,
        )

    def _told(self, alarm):
        """[(step number, repeat, logins)] of notices, in order."""
        return [
            (event.step_id.number, event.repeat_no, event.recipient_ids.mapped("login"))
            for event in alarm.event_ids.sorted("id")
            if event.kind == "notice"
        ]

    def _skipped(self, alarm):
        return [
            (event.step_id.number, event.reason)
            for event in alarm.event_ids.sorted("id")
            if event.kind == "skipped"
        ]


def at(day, hour=0, minute=0, month=3, year=2026):
    return datetime(year, month, day, hour, minute)
