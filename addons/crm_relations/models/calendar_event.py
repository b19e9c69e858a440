from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

LOOK_BACK = timedelta(days=30)  # a meeting entered afterwards still counts
BATCH = 500


class CalendarEvent(models.Model):
    """Meetings that were held become rows of the ledger."""

    _inherit = "calendar.event"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False:
            self._cancel_interactions()
        return result

    def unlink(self):
        self._cancel_interactions()
        return super().unlink()

    def _cancel_interactions(self):
        """Cancelled after it was taken for held: the outcome says so, the row stays."""
        keys = [f"meeting:{event_id}" for event_id in self.ids]
        if keys:
            self.env["crm.interaction"]._set_outcome("meeting", keys, "cancelled")

    @api.model
    def _cron_feed_held(self):
        """A batch of meetings that have ended; again at once while there are more."""
        done, remaining = self._feed_held(fields.Datetime.now())
        self.env["ir.cron"]._commit_progress(done, remaining=remaining)

    @api.model
    def _feed_held(self, now):
        """Write rows of meetings over by ``now``; ``(written, still waiting)``."""
        self.env["crm.interaction"].flush_model(["external_key"])
        self.flush_model(["active", "start", "stop"])
        self.env["calendar.attendee"].flush_model(["event_id", "partner_id", "state"])
        self.env["res.partner"].flush_model(["partner_share"])
        self.env.cr.execute(
            SQL(
                """
                SELECT event.id, count(*) OVER ()
                  FROM calendar_event event
                 WHERE event.active AND event.stop <= %(now)s
                   AND event.stop > %(since)s
                   AND EXISTS (
                       SELECT FROM calendar_attendee guest
                         JOIN res_partner person ON person.id = guest.partner_id
                        WHERE guest.event_id = event.id AND person.partner_share
                          AND guest.state IS DISTINCT FROM 'declined')
                   AND NOT EXISTS (
                       SELECT FROM crm_interaction
                        WHERE company_id IN (SELECT id FROM res_company)
                          AND channel_id = %(channel)s
                          AND external_key = 'meeting:' || event.id)
                 ORDER BY event.stop, event.id
                 LIMIT %(batch)s
                """,
                now=now,
                since=now - LOOK_BACK,
                channel=self.env["crm.channel"]._id_of_code("meeting"),
                batch=BATCH,
            )
        )
        found = self.env.cr.fetchall()
        if not found:
            return 0, 0
        # sudo: the pass reads everybody's calendar, private events too
        events_sudo = self.sudo().browse(event_id for event_id, _total in found)
        rows = [event._prepare_held_interaction() for event in events_sudo]
        self.env["crm.interaction"]._feed(rows)
        return len(found), found[0][1] - len(found)

    def _prepare_held_interaction(self):
        self.ensure_one()
        guests = self.attendee_ids.filtered(
            lambda guest: guest.partner_id.partner_share and guest.state != "declined"
        )
        person = guests.sorted("id")[:1].partner_id
        lead = self.opportunity_id
        document = lead or self
        return {
            "channel": "meeting",
            "external_key": f"meeting:{self.id}",
            "company_id": lead.company_id.id or self.user_id.company_id.id,
            "direction": "out",
            "started_at": self.start,
            "ended_at": self.stop,
            "partner_id": person.id,
            "user_id": self.user_id.id,
            "lead_id": lead.id,
            # what a private meeting was about stays in the calendar
            "subject": False if self.privacy == "private" else self.name,
            "res_model": document._name,
            "res_id": document.id,
        }
