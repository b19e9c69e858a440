from odoo import api, fields, models

from ..tools.contact_window import Verdict, next_allowed
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
        text = self._get_reason_text(verdict)
        if verdict.reason == "quiet_hours" and partner:
            # sudo: the clock of somebody whose card one may not open
            clock = partner.sudo().crm_local_time
            text = self.env._("%(reason)s It is %(clock)s.", reason=text, clock=clock)
        return text

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
        zone, __ = choose_zone(
            None,
            lead_sudo.phone_sanitized,
            lead_sudo.country_id.code,
            lead_sudo.state_id.code,
            self.env.company.partner_id.tz,
            now,
        )
        until = next_allowed(now, zone, self.env.company._get_crm_contact_hours())
        return Verdict(True) if until == now else Verdict(False, "quiet_hours", until)
