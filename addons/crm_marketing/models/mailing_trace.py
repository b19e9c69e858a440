"""Letters to many are rows of the ledger too: sent, opened, clicked, once each."""

from odoo import api, fields, models

# {the host's moment: the ledger's column}; a reply and a click were read as well
MOMENTS = {
    "open_datetime": "opened_at",
    "reply_datetime": "opened_at",
    "links_click_datetime": "clicked_at",
}
NOTED = {"sent_datetime", "trace_status", *MOMENTS}
WAITING = "crm_marketing.mailing.trace"


class MailingTrace(models.Model):
    _inherit = "mailing.trace"

    def write(self, vals):
        result = super().write(vals)
        if NOTED & vals.keys() and not self.env.context.get("crm_is_robot"):
            self._crm_note(vals)
        return result

    def _crm_note(self, vals):
        """Remember what happened; one statement before the commit writes all of it."""
        moments = {
            column: vals[name] for name, column in MOMENTS.items() if vals.get(name)
        }
        if vals.get("trace_status") == "bounce":
            moments["outcome"] = "bounced"
        precommit = self.env.cr.precommit
        waiting = precommit.data.get(WAITING)  # {trace id: {column: value}}
        if waiting is None:
            waiting = precommit.data[WAITING] = {}
            # sudo: whoever clicks has no rights at all
            precommit.add(self.env["mailing.trace"].sudo()._crm_feed)
        for trace_id in self.ids:
            waiting.setdefault(trace_id, {}).update(moments)

    @api.model
    def _crm_feed(self):
        """Write what waits into the ledger; the first opening and click stay."""
        noted = self.env.cr.precommit.data.pop(WAITING, None) or {}
        traces = self.browse(noted).exists()
        traces = traces.filtered(
            lambda trace: trace.sent_datetime and not trace.is_test_trace
        )
        people = traces._crm_find_people()
        rows = [
            trace._crm_prepare_row(people[trace], noted[trace.id]) for trace in traces
        ]
        if rows:
            self.env["crm.interaction"]._feed(rows)

    def _crm_prepare_row(self, person, noted):
        mailing = self.mass_mailing_id
        company = mailing.user_id.company_id or self.env.company
        moments = dict(noted)
        if moments.get("clicked_at"):
            moments.setdefault("opened_at", moments["clicked_at"])
        if moments.get("opened_at"):
            moments.setdefault("outcome", "opened")
        return {
            "company_id": company.id,
            "channel": "mailing",
            "external_key": f"mailing:{self.id}",
            "direction": "out",
            "started_at": self.sent_datetime,
            "is_automatic": True,  # neither an answer nor progress
            "touch_kind": "mailing",
            "subject": mailing.subject,
            "source_id": self.source_id.id,
            "medium_id": self.medium_id.id,
            "campaign_id": self.campaign_id.id,
            "raw_address": self.email,
            "address_kind": "email",
            "outcome": "sent",
            **person,
            **{
                name: fields.Datetime.to_datetime(value)
                if name.endswith("_at")
                else value
                for name, value in moments.items()
            },
        }

    def _crm_find_people(self):
        """``{trace: {"partner_id": …, "lead_id": …, "company_id": …}}`` of its document.

        A letter to a list's contact finds its person by the address.
        """
        found = {}
        for model, traces in self.grouped("model").items():
            records = self.env[model].browse(traces.mapped("res_id")).exists()
            by_id = {record.id: record for record in records}
            for trace in traces:
                found[trace] = self._crm_describe(by_id.get(trace.res_id))
        return found

    @api.model
    def _crm_describe(self, record):
        if not record:
            return {}
        values = {}
        if record._name == "res.partner":
            values["partner_id"] = record.id
        elif "partner_id" in record._fields and record.partner_id:
            values["partner_id"] = record.partner_id.id
        if record._name == "crm.lead":
            values["lead_id"] = record.id
        if "company_id" in record._fields and record.company_id:
            values["company_id"] = record.company_id.id
        return values
