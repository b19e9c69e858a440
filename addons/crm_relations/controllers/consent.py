from odoo import fields, http
from odoo.http import request


class Consent(http.Controller):
    """A person's own page about being contacted: opened by a signed link, no login."""

    @http.route(
        "/crm/consent/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
    )
    def page(self, token, saved=None):
        """Looking changes nothing: mail scanners open links too."""
        link = self._find(token)
        if not link:
            return request.render("crm_relations.consent_page_unknown", {}, status=404)
        return self._render(link, token, bool(saved))

    @http.route(
        "/crm/consent/<string:token>/save",
        type="http",
        auth="public",
        methods=["POST"],
        sitemap=False,
    )
    def save(self, token, **_params):
        link = self._find(token)
        if not link:
            raise request.not_found()
        ticked = request.httprequest.form.getlist("purpose")
        allowed = {int(value) for value in ticked if value.isdecimal()}
        link._save_choices(allowed, fields.Datetime.now())
        return request.redirect(f"/crm/consent/{token}?saved=1")

    @http.route(
        [
            "/crm/consent/<string:token>/stop",
            "/crm/consent/<string:token>/stop/<string:purpose>",
        ],
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,  # mail programs press it for the reader (List-Unsubscribe-Post)
        sitemap=False,
    )
    def stop(self, token, purpose=None, **_params):
        """One click: stop one purpose, or everything."""
        link = self._find(token)
        if not link:
            raise request.not_found()
        record = link.env["crm.contact.purpose"]
        if purpose:
            record = record.search([("code", "=", purpose)], limit=1)
            if not record:
                raise request.not_found()
        link._withdraw(fields.Datetime.now(), record)
        return request.redirect(f"/crm/consent/{token}?saved=1")

    def _find(self, token):
        link = request.env["crm.consent.link"]._find_by_token(token)
        if link.partner_id.lang:
            request.update_context(lang=link.partner_id.lang)
        return link.with_context(lang=request.env.lang)

    def _render(self, link, token, saved):
        response = request.render(
            "crm_relations.consent_page",
            {
                "choices": link._get_choices(),
                "company": link.company_id,
                "token": token,
                "saved": saved,
                "address": self._mask(link.partner_id.email or link.partner_id.phone),
            },
        )
        # the address of this page is a key: it must not travel to other sites
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    @staticmethod
    def _mask(address):
        """Enough to know oneself, too little for a stranger."""
        if not address:
            return ""
        name, at, domain = address.partition("@")
        if at:
            return f"{name[:1]}…@{domain}"
        return f"…{address[-2:]}"
