from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from odoo import api, models
from odoo.tools.misc import hash_sign, verify_hash_signed

SCOPE = "crm_marketing.letter"
PARAMETER = "crm_t"
HOURS = 1  # an address that is passed on later names nobody


class CrmTouchLetter(models.AbstractModel):
    """From a letter's link to the visitor of the site: a signed word in the address."""

    _name = "crm.touch.letter"
    _description = "Visitors Who Come from Letters"

    @api.model
    def _sign_address(self, url, trace_id):
        """The address with the letter's word, when it leads to a watched site."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        # sudo: a reader of a letter has no rights
        sites_sudo = self.env["crm.touch.site"].sudo().search([], limit=200)
        if not any(site._is_origin_allowed(origin) for site in sites_sudo):
            return url
        # sudo: the database's secret
        word = hash_sign(self.sudo().env, SCOPE, [trace_id], expiration_hours=HOURS)
        query = [*parse_qsl(parts.query, keep_blank_values=True), (PARAMETER, word)]
        return urlunsplit(parts._replace(query=urlencode(query)))

    @api.model
    def _read(self, word):
        """The letter's row of the ledger that a landing page's address names, or none."""
        rows = self.env["crm.interaction"]
        try:
            # sudo: the database's secret
            values = verify_hash_signed(self.sudo().env, SCOPE, word)
        except ValueError:  # a stranger's own word is no base64 or no JSON
            return rows
        if not values:
            return rows
        return rows.search(
            [
                ("channel_id.code", "=", "mailing"),
                ("external_key", "=", f"mailing:{values[0]}"),
            ],
            limit=1,
        )

    @api.model
    def _join(self, visitor, touches):
        """A visitor who came by a letter is its reader.

        Without consent there is no visitor, and the letter's word means nothing. With it
        the landing is the letter's own touch and no second one.
        """
        for touch in touches:
            letter = touch.get("token") and visitor and self._read(touch["token"])
            if letter:
                visitor._join(letter.partner_id, letter.lead_id)
                key = letter.external_key.partition(":")[2]
                touch.update(click_kind="mailing", click_ref=key)
