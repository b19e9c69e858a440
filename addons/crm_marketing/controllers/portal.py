from odoo import SUPERUSER_ID, http
from odoo.http import request

from odoo.addons.crm_relations.controllers.portal import ContactPortal


class LoyaltyPortal(ContactPortal):
    @http.route("/my/loyalty", type="http", auth="user", methods=["GET"], website=True)
    def my_loyalty(self, saved=None, **_params):
        """Points and level of whoever is logged in, and nobody else's."""
        values = self._prepare_portal_layout_values()
        values |= self._prepare_consent_values("/my/loyalty")
        values |= request.env.user.partner_id._crm_get_loyalty_page()
        values |= {"page_name": "crm_loyalty", "saved": bool(saved)}
        return request.render("crm_marketing.portal_my_loyalty", values)

    @http.route(
        "/crm/friend/<string:code>",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        sitemap=False,
    )
    def friend(self, code):
        """What a friend sees who opens a customer's link: no word about the customer."""
        # sudo: a visitor has no rights; he learns what both get, and nothing else
        env = request.env(user=SUPERUSER_ID)
        partner = env["crm.referral.code"]._find_partner(code)
        if not partner:
            raise request.not_found()
        company = partner.company_id or request.env.company
        program = partner.with_company(company)._crm_get_friend_program_sudo()
        promise = program.crm_referred_points and request.env._(
            "With your first purchase at %(company)s you get %(points)s points.",
            company=company.name,
            points=f"{program.crm_referred_points:g}",
        )
        values = {
            "code": code,
            "promise": promise,
            "company": company,
            "program": program,
            "form": program.crm_friend_form_id.with_context(lang=request.env.lang),
        }
        return request.render("crm_marketing.friend_page", values)
