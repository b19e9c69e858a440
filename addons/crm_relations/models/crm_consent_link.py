import secrets

from odoo import api, fields, models
from odoo.tools import consteq, hmac

SCOPE = "crm_relations_consent"
MARKETING = "marketing"  # what the host's own mailings are: they ask its blacklists


class CrmConsentLink(models.Model):
    """The key to a person's own page about being contacted: own token, no login.

    A row and not only a signature: it follows the person when cards are merged, and a
    link that got into wrong hands can be thrown away.
    """

    _name = "crm.consent.link"
    _description = "Consent Page"
    _log_access = False

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    nonce = fields.Char(required=True)

    # _get_links; not unique: merged people keep the links they were sent
    _partner_company_idx = models.Index("(partner_id, company_id)")

    @api.model
    def _get_links(self, partners, company):
        """{partner id: link} of each person, made where there is none yet."""
        # sudo: a link only lets the person himself in; who may write to him needs it
        links_sudo = self.sudo().search(
            [("partner_id", "in", partners.ids), ("company_id", "=", company.id)],
            order="id DESC",
        )
        found = {link.partner_id.id: link for link in links_sudo}
        links_sudo = self.sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "nonce": secrets.token_urlsafe(16),
                }
                for partner in partners
                if partner.id not in found
            ]
        )
        return found | {link.partner_id.id: link for link in links_sudo}

    def _get_token(self):
        self.ensure_one()
        return f"{self.id}-{self._sign()}"

    def _sign(self):
        return hmac(self.sudo().env, SCOPE, (self.id, self.nonce))

    @api.model
    def _find_by_token(self, token):
        """The link that a token opens; empty when it opens none."""
        link_id, __, signature = (token or "").partition("-")
        if not link_id.isdecimal() or len(link_id) > 9:
            return self.sudo().browse()
        # sudo: the visitor has no login, his token is checked below
        link_sudo = self.sudo().browse(int(link_id)).exists()
        if link_sudo and consteq(link_sudo._sign(), signature):
            return link_sudo
        return self.sudo().browse()

    def _get_choices(self):
        """[(purpose, allowed)] for the page: what may be refused, and how it stands."""
        self.ensure_one()
        partner, company = self.partner_id, self.company_id
        purposes = self.env["crm.contact.purpose"].search([("basis", "!=", "always")])
        choices = []
        for purpose in purposes:
            stops = [
                self.env["crm.consent"]._get_stops(partner, kind, purpose, company)
                for kind in self._get_kinds()
            ]
            # allowed by at least one means
            choices.append((purpose, not all(stops)))
        return choices

    def _get_kinds(self):
        """The means by which we reach this person; all when we know none."""
        kinds = []
        if self.partner_id.email_normalized:
            kinds.append("email")
        if self.partner_id.phone_sanitized:
            kinds += ["call", "sms", "messenger"]
        return kinds or ["email", "call", "sms", "messenger"]

    def _save_choices(self, allowed_ids, now):
        """Write down what changed; ``allowed_ids``: the purposes that were left ticked."""
        self.ensure_one()
        choices = self._get_choices()
        changed = [
            (purpose, "given" if purpose.id in allowed_ids else "withdrawn")
            for purpose, allowed in choices
            if allowed != (purpose.id in allowed_ids)
        ]
        if self._is_lifting(changed):
            return self._lift_blacklists(
                [purpose for purpose, __ in choices if purpose.id in allowed_ids], now
            )
        return self.env["crm.consent"].create(
            [self._prepare_consent(state, now, purpose) for purpose, state in changed]
        )

    def _is_lifting(self, changed):
        """Whether he wants the news again that the host's blacklists keep from him.

        For any other purpose they stay: our gate lets through what he agreed to since.
        """
        partner = self.partner_id
        return any(
            purpose.code == MARKETING and state == "given" for purpose, state in changed
        ) and (partner.is_blacklisted or partner.phone_sanitized_blacklisted)

    def _lift_blacklists(self, purposes, now):
        """Off the blacklists; what they stopped and he did not tick stays stopped by word.

        The lists stopped every purpose of all our companies, so first a word says that.
        """
        stopped = {**self._prepare_consent("withdrawn", now), "company_id": False}
        words = self.env["crm.consent"].create(
            [
                stopped,
                *(self._prepare_consent("given", now, purpose) for purpose in purposes),
            ]
        )
        partner = self.partner_id
        message = self.env._("Changed on the customer's own page")
        if partner.email_normalized:
            self.env["mail.blacklist"]._remove(partner.email_normalized, message)
        if partner.phone_sanitized:
            self.env["phone.blacklist"]._remove([partner.phone_sanitized], message)
        return words

    def _withdraw(self, now, purpose=None):
        """Stop one purpose, or everything."""
        self.ensure_one()
        return self.env["crm.consent"].create(
            [self._prepare_consent("withdrawn", now, purpose)]
        )

    def _prepare_consent(self, state, now, purpose=None):
        purpose = purpose or self.env["crm.contact.purpose"]
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "kind": "any",
            "purpose_id": purpose.id,
            "state": state,
            "at": now,
            "source": "link",
            "user_id": False,
        }
