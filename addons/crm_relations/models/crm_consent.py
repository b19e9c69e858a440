from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.contact_window import decide_consent

# Consent by means of contact; a ledger channel's kind -> one of these.
CHANNEL_KINDS = {
    "email": "email",
    "mailing": "email",
    "call": "call",
    "sms": "sms",
    "messenger": "messenger",
    "chat": "messenger",
}


class CrmConsent(models.Model):
    """What a person said about being contacted. Append-only: a new word is a new row.

    Everybody inside may read it: whoever writes or calls must know a refusal.
    """

    _name = "crm.consent"
    _description = "Consent"
    _order = "at DESC, id DESC"
    _rec_name = "state"

    partner_id = fields.Many2one(
        "res.partner", string="Person", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company",
        ondelete="cascade",
        help="Whom he said it to; empty: to all our companies.",
    )
    kind = fields.Selection(
        "_selection_kind", string="Means", required=True, default="any"
    )
    purpose_id = fields.Many2one(
        "crm.contact.purpose",
        ondelete="restrict",
        help="Empty: for every purpose that needs consent or may be refused.",
    )
    state = fields.Selection(
        [("given", "Agreed"), ("refused", "Refused"), ("withdrawn", "Withdrawn")],
        string="Answer",
        required=True,
        default="given",
    )
    at = fields.Datetime("When", required=True, default=fields.Datetime.now)
    source = fields.Selection(
        [
            ("hand", "Told us"),
            ("form", "Web form"),
            ("link", "His own page"),
            ("contract", "Contract"),
            ("import", "Import"),
            ("other", "Other"),
        ],
        required=True,
        default="hand",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Recorded by",
        readonly=True,
        default=lambda self: self.env.user,
    )
    note = fields.Char(help="In what words, on which paper: the proof.")

    # the gate and the history on the card: the latest words of a person
    _partner_at_idx = models.Index("(partner_id, at DESC, id DESC)")

    @api.model
    def _selection_kind(self):
        return [
            ("any", self.env._("Any means")),
            ("email", self.env._("E-mail")),
            ("call", self.env._("Call")),
            ("sms", self.env._("SMS")),
            ("messenger", self.env._("Messenger")),
        ]

    @api.model_create_multi
    def create(self, vals_list):
        consents = super().create(vals_list)
        consents._sync_blacklists()
        return consents

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(
            self.env._("Consent is a history: add a new row instead of changing one.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Consent is a history: nothing is deleted from it."))

    @api.depends("state", "kind", "purpose_id")
    def _compute_display_name(self):
        states = dict(self._fields["state"]._description_selection(self.env))
        for consent in self:
            parts = (states[consent.state], consent.purpose_id.name)
            consent.display_name = ": ".join(filter(None, parts))

    def _sync_blacklists(self):
        """Tell the host's own senders: they ask its blacklists and not our gate.

        Only a word about everything goes there, because a blacklist knows no purpose.
        """
        for consent in self.filtered(lambda consent: not consent.purpose_id):
            # sudo: a blacklist entry is the person's will, whoever wrote it down
            partner_sudo = consent.partner_id.sudo()
            is_allowed = consent.state == "given"
            message = self.env._("Said by %(name)s", name=partner_sudo.display_name)
            if consent.kind in ("any", "email") and partner_sudo.email_normalized:
                emails_sudo = self.env["mail.blacklist"].sudo()
                update = emails_sudo._remove if is_allowed else emails_sudo._add
                update(partner_sudo.email_normalized, message)
            if consent.kind in ("any", "call", "sms") and partner_sudo.phone_sanitized:
                phones_sudo = self.env["phone.blacklist"].sudo()
                update = phones_sudo._remove if is_allowed else phones_sudo._add
                update([partner_sudo.phone_sanitized], message)

    @api.model
    def _get_latest(self, partner_ids, kind, purpose, company):
        """{partner id: (state, at)}: the latest word of each that concerns the question."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (partner_id) partner_id, state, at
                  FROM crm_consent
                 WHERE partner_id = ANY(%(ids)s)
                   AND kind IN ('any', %(kind)s)
                   AND (purpose_id IS NULL OR purpose_id = %(purpose)s)
                   AND (company_id IS NULL OR company_id = %(company)s)
                 ORDER BY partner_id, at DESC, id DESC
                """,
                ids=list(partner_ids),
                kind=kind,
                purpose=purpose.id,
                company=company.id,
            )
        )
        return {partner_id: (state, at) for partner_id, state, at in rows}

    @api.model
    def _get_refusals(self, partners, kind, purpose, company):
        """{partner id: reason} of those who may not be contacted by what they said."""
        customers = {
            partner.id: partner.commercial_partner_id.id for partner in partners
        }
        latest = self._get_latest(
            {*customers, *customers.values()}, kind, purpose, company
        )
        refusals = {}
        for partner_id, customer_id in customers.items():
            company_word = (
                latest.get(customer_id) if customer_id != partner_id else None
            )
            reason = decide_consent(purpose.basis, latest.get(partner_id), company_word)
            if reason:
                refusals[partner_id] = reason
        return refusals
