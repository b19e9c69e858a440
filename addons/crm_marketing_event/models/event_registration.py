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
            seats = came_sudo._crm_count_seats()
            self.env["crm.interaction"].sudo()._feed(
                [
                    one._crm_prepare_visit(seats.get((one.event_id, one.partner_id), 1))
                    for one in came_sudo
                ]
            )

    def _crm_count_seats(self):
        """{(event, who booked): seats that were not cancelled}"""
        rows = self._read_group(
            [
                ("event_id", "in", self.event_id.ids),
                ("partner_id", "in", [*self.partner_id.ids, False]),
                ("state", "!=", "cancel"),
            ],
            ["event_id", "partner_id"],
            ["__count"],
        )
        return {(event, partner): count for event, partner, count in rows}

    def _crm_is_himself(self, seats):
        """Whether the visitor is who booked; of several seats by the name too.

        The host writes the booker's address to guests of whom none was given.
        """
        booked = self.partner_id
        if self.email and booked.email_normalized != email_normalize(self.email):
            return False
        named = (self.name or "").lower().split()
        return seats <= 1 or not named or named == (booked.name or "").lower().split()

    def _crm_get_address(self, is_himself):
        """By what the ledger may find the visitor; a booker's address finds no guest."""
        booked = self.partner_id
        is_bookers = booked.email_normalized == email_normalize(self.email or "")
        if self.email and (is_himself or not is_bookers):
            return {"raw_address": self.email, "address_kind": "email"}
        phone = self.phone if is_himself or self.phone != booked.phone else False
        return {"raw_address": phone, "address_kind": "phone"}

    def _crm_prepare_visit(self, seats):
        """The visitor is who was registered, not who booked for him.

        :param int seats: how many who booked has at the event
        """
        self.ensure_one()
        event = self.event_id
        now = self.date_closed or fields.Datetime.now()
        started_at = min(self.event_begin_date or now, now)
        booked = self.partner_id
        is_himself = self._crm_is_himself(seats)
        return {
            "channel": "visit",
            "external_key": f"event:{self.id}",
            "company_id": self.company_id.id or self.env.company.id,
            "direction": "in",
            "started_at": started_at,
            "answered_at": started_at,
            "partner_id": booked.id if is_himself else False,
            **self._crm_get_address(is_himself),
            "subject": event.name,
            "outcome": "done",
            "user_id": event.user_id.id,
            "campaign_id": self.utm_campaign_id.id,
            "source_id": self.utm_source_id.id,
            "medium_id": self.utm_medium_id.id,
            "res_model": event._name,
            "res_id": event.id,
        }
