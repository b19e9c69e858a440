import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools.contact_window import local_time
from ..tools.time_zones import choose_zone


def _tz_get(_self):
    return [(zone, zone) for zone in sorted(pytz.common_timezones)]


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_tz = fields.Selection(
        _tz_get,
        string="Own Time Zone",
        help="What the customer told us himself. The host's time zone field holds the "
        "zone of the colleague who typed the card.",
    )
    crm_consent_ids = fields.One2many("crm.consent", "partner_id", string="Consent")
    crm_local_time = fields.Char(
        string="Customer's Clock",
        compute="_compute_crm_local_time",
        help="What time it is there now, and how we know.",
    )

    def _get_crm_time_zones(self, now):
        """{partner id: (zone, why)}: own choice, phone, address, else our company's."""
        company_zone = self.env.company.partner_id.tz
        return {
            partner.id: choose_zone(
                partner.crm_tz,
                partner.phone_sanitized,
                partner.country_id.code,
                partner.state_id.code,
                company_zone,
                now,
            )
            for partner in self
        }

    @api.depends("crm_tz", "phone_sanitized", "country_id", "state_id")
    def _compute_crm_local_time(self):
        now = fields.Datetime.now()
        sources = {
            "own": self.env._("told by the customer"),
            "phone": self.env._("by the phone number"),
            "address": self.env._("by the address"),
            "company": self.env._("our own, nothing better is known"),
        }
        zones = self._get_crm_time_zones(now)
        for partner in self:
            zone, why = zones[partner.id]
            partner.crm_local_time = self.env._(
                "%(time)s, %(zone)s (%(why)s)",
                time=local_time(now, zone).strftime("%H:%M"),
                zone=zone,
                why=sources[why],
            )

    def action_record_consent(self):
        """Write down what the customer said."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What did the customer say?"),
            "res_model": "crm.consent",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_partner_id": self.id},
        }

    def action_open_consent_page(self):
        """The customer's own page: to read it to him, or to copy its link."""
        self.ensure_one()
        if not self.env.user._is_internal():  # a portal reads his colleagues' cards
            raise AccessError(self.env._("Only colleagues open a customer's page."))
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": self._get_crm_consent_url(),
            "target": "new",
        }

    def _get_crm_consent_url(self):
        """Where this person changes his mind without a login; for letters and messages."""
        self.ensure_one()
        link = self.env["crm.consent.link"]._get_links(self, self.env.company)[self.id]
        return f"{self.env.company.get_base_url()}/crm/consent/{link._get_token()}"
