from odoo import api, fields, models
from odoo.tools import email_normalize


class EventRegistration(models.Model):
    """Who came to our event met us: one row of the ledger. Who did not come did not."""

    _inherit = "event.registration"

    @api.model_create_multi
    def create(self, vals_list):
        registrations = super().create(vals_list)
        registrations._crm_feed_visits()
        return registrations

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "done":
            self._crm_feed_visits()
        return result

    def _crm_feed_visits(self):
        """Attended registrations, each once whoever marks them and how often."""
        # sudo: whoever stands at the door may not read the ledger
        came_sudo = self.sudo().filtered(lambda one: one.state == "done")
        if came_sudo:
            self.env["crm.interaction"].sudo()._feed(
                [one._crm_prepare_visit() for one in came_sudo]
            )

    def _crm_prepare_visit(self):
        """The visitor is who was registered, not who booked for him."""
        self.ensure_one()
        event = self.event_id
        now = self.date_closed or fields.Datetime.now()
        started_at = min(self.event_begin_date or now, now)
        booked = self.partner_id
        is_himself = not self.email or booked.email_normalized == email_normalize(
            self.email
        )
        return {
            "channel": "visit",
            "external_key": f"event:{self.id}",
            "company_id": self.company_id.id or self.env.company.id,
            "direction": "in",
            "started_at": started_at,
            "answered_at": started_at,
            "partner_id": booked.id if is_himself else False,
            "raw_address": self.email or self.phone,
            "address_kind": "email" if self.email else "phone",
            "subject": event.name,
            "outcome": "done",
            "user_id": event.user_id.id,
            "campaign_id": self.utm_campaign_id.id,
            "source_id": self.utm_source_id.id,
            "medium_id": self.utm_medium_id.id,
            "res_model": event._name,
            "res_id": event.id,
        }
