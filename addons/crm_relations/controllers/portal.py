from odoo import fields, http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

# Pages of the portal that show the form, and where it returns to.
PAGES = ("/my/contact", "/my/loyalty")


class ContactPortal(CustomerPortal):
    """What a customer may be contacted about, for whoever is logged in: only his own."""

    @http.route("/my/contact", type="http", auth="user", methods=["GET"], website=True)
    def my_contact(self, saved=None, **_params):
        values = self._prepare_portal_layout_values()
        values |= self._prepare_consent_values("/my/contact")
        values |= {"page_name": "crm_contact", "saved": bool(saved)}
        return request.render("crm_relations.portal_my_contact", values)

    @http.route(
        "/my/contact/save", type="http", auth="user", methods=["POST"], website=True
    )
    def save_my_contact(self, back=None, stop=None, **_params):
        link = self._get_consent_link()
        now = fields.Datetime.now()
        if stop:
            link._withdraw(now)
        else:
            ticked = request.httprequest.form.getlist("purpose")
            allowed = {int(value) for value in ticked if value.isdecimal()}
            link._save_choices(allowed, now)
        page = back if back in PAGES else PAGES[0]
        return request.redirect(f"{page}?saved=1")

    def _get_consent_link(self):
        """The key to the page of whoever is logged in: no other partner is asked for."""
        partner = request.env.user.partner_id
        links = request.env["crm.consent.link"]._get_links(partner, request.env.company)
        return links[partner.id].with_context(lang=request.env.lang)

    def _prepare_consent_values(self, back):
        choices = self._get_consent_link()._get_choices()
        return {"choices": choices, "consent_back": back}
