from collections import defaultdict
from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 200


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _cron_return_nurtured(self):
        """Bring back what is due, in batches that commit on their own."""
        now = fields.Datetime.now()
        while True:
            done, remaining = self._return_nurtured(now)
            left = self.env["ir.cron"]._commit_progress(done, remaining=remaining)
            if not remaining or not done or not left:
                return

    @api.model
    def _return_nurtured(self, now, limit=BATCH):
        """Leads whose day has come are open again, with an activity.

        :return: (how many came back, how many are still due)
        """
        due = self._find_nurtured_due(now)
        leads = due[:limit].try_lock_for_update()
        # the decision ends with the return
        asides = {
            lead: (
                lead.reject_words,
                lead.nurture_until,
                lead.qualification_decision_ids[:1].decider_id,
            )
            for lead in leads
        }
        leads.write({"active": True})
        # the activity is the notice: no e-mail about it
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        activities.create(
            [lead._prepare_nurture_activity(*asides[lead], now) for lead in leads]
        )
        return len(leads), len(due) - len(leads)

    @api.model
    def _find_nurtured_due(self, now):
        """Due where the salesperson lives: his midnight, not the server's."""
        leads = self.with_context(active_test=False).search(
            Domain("qualification_state", "=", "nurture")
            & Domain("nurture_until", "<=", (now + timedelta(days=1)).date()),
            order="nurture_until, id",
        )
        today = defaultdict(lambda: None)  # {time zone: date}
        due = []
        for lead in leads:
            zone = lead._get_nurture_timezone()
            today[zone] = today[zone] or _local_date(now, zone)
            if lead.nurture_until <= today[zone]:
                due.append(lead.id)
        return self.browse(due)

    def _get_nurture_timezone(self):
        self.ensure_one()
        company = self.company_id or self.env.company
        return self.user_id.tz or company.resource_calendar_id.tz or "UTC"

    def _prepare_nurture_activity(self, words, until, decider, now):
        """The salesperson is told, else the head of the team, else who put it aside."""
        self.ensure_one()
        people = (self.user_id, self.team_id.user_id, decider)
        user = next((user for user in people if user.active), self.env.user)
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            "automated": True,
            "date_deadline": _local_date(now, self._get_nurture_timezone()),
            "summary": self.env._("Back from nurture"),
            "note": words or self.env._("Put aside until %(day)s.", day=until),
            "user_id": user.id,
        }


def _local_date(now, zone):
    return pytz.utc.localize(now).astimezone(pytz.timezone(zone)).date()
