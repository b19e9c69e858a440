"""A scenario in a few words, and the pass without its commits; no demo data."""

from datetime import datetime, timedelta

from odoo.fields import Command

from .segment_common import SegmentCommon

# Monday, 12:00 in Kyiv
START = datetime(2026, 3, 2, 10)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LETTER = {
    "kind": "mail",
    "subject": "{name}, it is time",
    "body": "<p>Dear {name}, your {thing}.</p>",
    "text": "{name}: {thing} {date}",
}


class ScenarioCommon(SegmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.scenario"].search([]).write({"active": False})
        cls.runs = cls.env["crm.scenario.run"]
        cls.events = cls.env["crm.scenario.event"]
        cls.service = cls.env.ref("crm_relations.crm_contact_purpose_service")
        cls.marketing = cls.env.ref("crm_relations.crm_contact_purpose_marketing")
        cls.company.email = "us@example.com"
        cls.vera.user_id = cls.olena

    @classmethod
    def _make_scenario(cls, *steps, start=START, **values):
        scenario = cls.env["crm.scenario"].create(
            {
                "name": "Scenario",
                "trigger": "asset_service",
                "purpose_id": cls.service.id,
                "goal": "none",
                "user_id": cls.marketer.id,
                "step_ids": [
                    Command.create({"sequence": number, **step})
                    for number, step in enumerate(steps or [LETTER], 1)
                ],
                **values,
            }
        )
        if start:
            scenario._start_from(start)
        return scenario

    def _scenario_with_question(self, **values):
        return self._make_scenario(
            LETTER,
            {"kind": "check", "question": "opened", "wait_days": 2, "yes_to": "end"},
            {"kind": "call", "text": "Ask {name} about the {thing}", "wait_hours": 1},
            **values,
        )

    def _due(self, partner, day, name="Golf"):
        """A thing of his that is due for service on that day."""
        car = self._make_car(partner, name)
        car.next_service_date = day
        return car

    def _due_many(self, partners, day):
        car = self._due(partners[0], day)
        values = {"name": car.name, "type_id": car.type_id.id, "next_service_date": day}
        car.create([{**values, "partner_id": partner.id} for partner in partners[1:]])

    def _pass(self, now):
        """What the cron does, in the test's transaction."""
        self.env.flush_all()
        self.env["crm.scenario"]._look_around(now)
        busy = True
        while busy:
            busy = self.runs._plan(now)
            busy += self.runs._go_on_due(now)
            busy += self.events._tell(now)

    def _runs_of(self, scenario, partner=None):
        domain = [("scenario_id", "=", scenario.id)]
        if partner:
            domain.append(("partner_id", "=", partner.id))
        return self.runs.search(domain, order="id")

    def _events_of(self, scenario):
        return self.events.search([("scenario_id", "=", scenario.id)], order="id")

    def _told(self, scenario):
        """[(person, kind, state, reason)] in order."""
        return [
            (event.partner_id.name, event.kind, event.state, event.reason or "")
            for event in self._events_of(scenario)
        ]

    def _letters(self, partner):
        # sudo: the queue is administrators'
        mails_sudo = self.env["mail.mail"].sudo()
        return mails_sudo.search([("recipient_ids", "in", partner.ids)], order="id")
