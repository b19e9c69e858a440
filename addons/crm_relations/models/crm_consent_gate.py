from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.contact_window import (
    WEEKDAYS,
    Hours,
    Verdict,
    is_agreed_since,
    next_allowed,
    next_by_frequency,
)
from .crm_consent import CHANNEL_KINDS

# Means of contact that ring or buzz: they wait for the person's day.
QUIET_KINDS = ("call", "sms", "messenger")
ALL_DAYS = (0, 1, 2, 3, 4, 5, 6)


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_contact_from = fields.Float(
        string="Contact from",
        default=9.0,
        help="Earlier than this, by the customer's own clock, nobody is called.",
    )
    crm_contact_to = fields.Float(
        string="Contact until", default=20.0, help="By the customer's own clock."
    )
    crm_contact_weekend = fields.Boolean(
        string="Also on Saturday and Sunday",
        help="Otherwise calls, messages and SMS wait for Monday.",
    )

    _crm_contact_hours_check = models.Constraint(
        "CHECK(crm_contact_from >= 0 AND crm_contact_from < crm_contact_to "
        "AND crm_contact_to <= 24)",
        "Hours of contact must begin before they end, within one day.",
    )

    def _get_crm_contact_hours(self):
        return Hours(
            self.crm_contact_from,
            self.crm_contact_to,
            ALL_DAYS if self.crm_contact_weekend else WEEKDAYS,
        )


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    purpose_id = fields.Many2one(
        "crm.contact.purpose",
        ondelete="set null",
        help="Why we contacted him: frequency limits count these rows.",
    )

    # the gate: how often one was contacted for a purpose
    _purpose_started_idx = models.Index(
        "(partner_id, purpose_id, started_at) WHERE purpose_id IS NOT NULL"
    )


class CrmConsent(models.Model):
    """The gate: every sender and dialler asks here, at the moment of sending."""

    _inherit = "crm.consent"

    @api.model
    def _may_contact(self, partner, kind, purpose, now):
        """May this person be contacted? A verdict that is false when he may not.

        :param partner: one res.partner, the person himself
        :param str kind: ``email``, ``call``, ``sms``, ``messenger``
        :param str purpose: code of a crm.contact.purpose, such as ``marketing``
        :param now: naive UTC
        """
        partner.ensure_one()
        return self._may_contact_many(partner, kind, purpose, now)[partner.id]

    @api.model
    def _may_contact_many(self, partners, kind, purpose, now):
        """{partner id: Verdict} in a fixed number of queries, however many they are."""
        purpose_sudo = self._get_purpose(kind, purpose)
        company = self.env.company
        # sudo: a refusal counts, whether or not the one who asks may read the card
        partners_sudo = partners.sudo()
        verdicts = {}
        if purpose_sudo.basis != "always":
            reasons = self._get_stops(partners_sudo, kind, purpose_sudo, company)
            verdicts = {pid: Verdict(False, reason) for pid, reason in reasons.items()}
        asked_sudo = partners_sudo.filtered(lambda partner: partner.id not in verdicts)
        free = self._get_free_times(asked_sudo, kind, purpose_sudo, now)
        verdicts |= self._get_time_verdicts(asked_sudo, kind, purpose_sudo, now, free)
        return verdicts

    @api.model
    def _get_purpose(self, kind, code):
        if kind not in dict(self._selection_kind()) or kind == "any":
            raise UserError(self.env._("Unknown means of contact: %(kind)s", kind=kind))
        # sudo: purposes are configuration that every sender reads
        purpose_sudo = (
            self.env["crm.contact.purpose"]
            .sudo()
            .search([("code", "=", code)], limit=1)
        )
        if not purpose_sudo:
            raise UserError(
                self.env._("Unknown purpose of contact: %(code)s", code=code)
            )
        return purpose_sudo

    @api.model
    def _get_stops(self, partners_sudo, kind, purpose, company):
        """{partner id: reason}: by what they said and by the host's blacklists.

        A blacklist knows no purpose: who was put on it and later agreed to one thing may
        be contacted for that, and for nothing else.
        """
        listed = self._get_blacklisted(partners_sudo, kind)
        words = self._get_latest(listed, kind, purpose, company) if listed else {}
        stops = {
            partner_id: "blacklist"
            for partner_id, since in listed.items()
            if not is_agreed_since(words.get(partner_id), since)
        }
        # what he said himself explains more than the list it put him on
        return stops | self._get_refusals(partners_sudo, kind, purpose, company)

    @api.model
    def _get_blacklisted(self, records_sudo, kind):
        """{id: since when} of those whose address is on the host's list for this means.

        :param records_sudo: partners or leads, both have the host's addresses
        """
        if kind == "email":
            field, model, column = "email_normalized", "mail.blacklist", "email"
        else:
            field, model, column = "phone_sanitized", "phone.blacklist", "number"
        addresses = [value for value in records_sudo.mapped(field) if value]
        if not addresses:
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT %s, write_date FROM %s WHERE active AND %s = ANY(%s)",
                SQL.identifier(column),
                SQL.identifier(self.env[model]._table),
                SQL.identifier(column),
                addresses,
                to_flush=self.env[model]._fields["active"],
            )
        )
        listed = dict(rows)
        return {
            record.id: listed[record[field]]
            for record in records_sudo
            if record[field] in listed
        }

    @api.model
    def _get_free_times(self, partners_sudo, kind, purpose_sudo, now):
        """{partner id: when frequency allows the next contact, None for never}"""
        limits_sudo = purpose_sudo.limit_ids.filtered(
            lambda limit: limit.kind in (False, kind)
        )
        if not limits_sudo:
            return dict.fromkeys(partners_sudo.ids, now)
        earlier = self._get_earlier(
            partners_sudo,
            purpose_sudo,
            now - timedelta(days=max(limits_sudo.mapped("days"))),
        )
        free = {}
        for partner_id in partners_sudo.ids:
            rows = earlier.get(partner_id, ())
            times = [
                next_by_frequency(
                    [at for at, used in rows if limit.kind in (False, used)],
                    now,
                    [(limit.max_count, limit.days)],
                )
                for limit in limits_sudo
            ]
            free[partner_id] = None if None in times else max(times)
        return free

    @api.model
    def _get_earlier(self, partners_sudo, purpose_sudo, since):
        """{partner id: [(at, kind)]}: our contacts for this purpose since then."""
        self.env["crm.interaction"].flush_model()
        rows = self.env.execute_query(
            self._earlier_sql(partners_sudo, purpose_sudo, since)
        )
        earlier = {}
        for partner_id, at, channel_kind in rows:
            kind = CHANNEL_KINDS.get(channel_kind)
            earlier.setdefault(partner_id, []).append((at, kind))
        return earlier

    @api.model
    def _earlier_sql(self, partners_sudo, purpose_sudo, since):
        """SELECT of (partner id, at, kind of channel); modules add contacts of theirs."""
        return SQL(
            """
            SELECT row.partner_id, row.started_at, channel.kind
              FROM crm_interaction row
              JOIN crm_channel channel ON channel.id = row.channel_id
             WHERE row.partner_id = ANY(%s) AND row.purpose_id = %s
               AND row.direction = 'out' AND row.started_at > %s
            """,
            partners_sudo.ids,
            purpose_sudo.id,
            since,
        )

    @api.model
    def _get_time_verdicts(self, partners_sudo, kind, purpose_sudo, now, free):
        """Verdicts by frequency and quiet hours; ``until`` satisfies both."""
        is_quiet = purpose_sudo.has_quiet_hours and kind in QUIET_KINDS
        zones = partners_sudo._get_crm_time_zones(now) if is_quiet else {}
        hours = self.env.company._get_crm_contact_hours()
        verdicts = {}
        for partner_id in partners_sudo.ids:
            until = free[partner_id]
            reason = "" if until == now else "frequency"
            if is_quiet and until:
                allowed = next_allowed(until, zones[partner_id][0], hours)
                reason = reason or ("" if allowed == now else "quiet_hours")
                until = allowed
            verdicts[partner_id] = Verdict(
                not reason, reason, until if reason else None
            )
        return verdicts

    @api.model
    def _get_reason_text(self, verdict):
        """One sentence for the person who wanted to write or call."""
        texts = {
            "blacklist": self.env._("The address is on the blacklist."),
            "refused": self.env._(
                "The customer does not want to be contacted for this."
            ),
            "withdrawn": self.env._("The customer withdrew the consent."),
            "no_consent": self.env._("The customer has not agreed to this yet."),
            "frequency": self.env._("The customer was contacted for this recently."),
            "quiet_hours": self.env._(
                "It is too early or too late where the customer is."
            ),
        }
        return texts.get(verdict.reason, "")
