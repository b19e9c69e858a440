from odoo import api, fields, models

from ..tools.contact_window import WEEKDAYS, Verdict, local_time, next_allowed
from ..tools.time_zones import choose_zone
from .crm_consent_gate import QUIET_KINDS

# a person answers one customer about what he asked: what the card's buttons are for
BY_HAND = "deal"


class CrmConsent(models.Model):
    """The gate for who writes or calls by hand: he is told and decides himself."""

    _inherit = "crm.consent"

    @api.model
    def get_contact_warning(self, model, res_id, kind):
        """What speaks against writing to or calling this customer now.

        :param str model: ``res.partner`` or ``crm.lead``
        :param str kind: ``email`` or ``call``
        :return: a sentence for the person; empty when nothing speaks against it
        """
        if model not in ("res.partner", "crm.lead"):
            return ""
        record = self.env[model].browse(res_id)
        record.check_access("read")
        now = fields.Datetime.now()
        partner = record if model == "res.partner" else record.partner_id
        if partner:
            verdict = self._may_contact(partner, kind, BY_HAND, now)
        else:
            verdict = self._may_contact_lead(record, kind, now)
        if verdict:
            return ""
        if verdict.reason == "quiet_hours":
            return self._get_quiet_text(record, now)
        return self._get_reason_text(verdict)

    @api.model
    def _get_quiet_text(self, record, now):
        """His weekend or his night, and what his clock shows."""
        zone = self._get_zone(record, now)
        clock = local_time(now, zone)
        if clock.weekday() in WEEKDAYS or self.env.company.crm_contact_weekend:
            text = self.env._("It is too early or too late where the customer is.")
        else:
            text = self.env._("It is the weekend where the customer is.")
        return self.env._(
            "%(reason)s His clock shows %(time)s (%(zone)s).",
            reason=text,
            time=clock.strftime("%H:%M"),
            zone=zone,
        )

    @api.model
    def _get_zone(self, record, now):
        # sudo: where somebody lives whose card one may not open
        record_sudo = record.sudo()
        if record._name == "res.partner":
            return record_sudo._get_crm_time_zones(now)[record.id][0]
        if record.partner_id:
            return self._get_zone(record.partner_id, now)
        return choose_zone(
            None,
            record_sudo.phone_sanitized,
            record_sudo.country_id.code,
            record_sudo.state_id.code,
            self.env.company.partner_id.tz,
            now,
        )[0]

    @api.model
    def _may_contact_lead(self, lead, kind, now):
        """A lead that is nobody's yet: blacklists and quiet hours, there are no words."""
        # sudo: see _may_contact_many
        lead_sudo = lead.sudo()
        purpose_sudo = self._get_purpose(kind, BY_HAND)
        if self._get_blacklisted(lead_sudo, kind):
            return Verdict(False, "blacklist")
        if not purpose_sudo.has_quiet_hours or kind not in QUIET_KINDS:
            return Verdict(True)
        zone = self._get_zone(lead, now)
        until = next_allowed(now, zone, self.env.company._get_crm_contact_hours())
        return Verdict(True) if until == now else Verdict(False, "quiet_hours", until)
