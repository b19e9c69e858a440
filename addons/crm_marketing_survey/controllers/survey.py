from odoo import http
from odoo.http import request

from odoo.addons.survey.controllers.main import Survey

COOKIE_AGE = 7 * 24 * 3600  # seconds


class CrmSurvey(Survey):
    """Who may go on with answers, and links of our own people, which work once."""

    def _check_validity(
        self,
        survey_sudo,
        answer_sudo,
        answer_token,
        ensure_token=True,
        check_partner=True,
    ):
        if answer_sudo and check_partner:
            check_partner = not answer_sudo._crm_may_continue(request.env.user)
        return super()._check_validity(
            survey_sudo,
            answer_sudo,
            answer_token,
            ensure_token=ensure_token,
            check_partner=check_partner,
        )

    @http.route(
        "/crm/survey/<string:survey_token>/<string:ticket>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
    )
    def crm_ticket(self, survey_token, ticket):
        """Looking changes nothing: mail scanners open links too."""
        survey_sudo, answer_sudo = self._fetch_from_access_token(
            survey_token, request.cookies.get(f"survey_{survey_token}")
        )
        # sudo: the link is the right to answer
        invitations_sudo = request.env["crm.survey.invitation"].sudo()
        if invitations_sudo._has_ticket(survey_sudo, ticket):
            values = {"survey": survey_sudo, "ticket": ticket}
            return request.render("crm_marketing_survey.ticket_page", values)
        if answer_sudo:  # this browser has begun already
            return request.redirect(answer_sudo.get_start_url())
        return request.render("crm_marketing_survey.ticket_page_used", {}, status=404)

    @http.route(
        "/crm/survey/<string:survey_token>/<string:ticket>/begin",
        type="http",
        auth="public",
        methods=["POST"],
        sitemap=False,
    )
    def crm_begin(self, survey_token, ticket, **_params):
        survey_sudo, _none = self._fetch_from_access_token(survey_token, False)
        # sudo: the link is the right to answer
        invitations_sudo = request.env["crm.survey.invitation"].sudo()
        answer_sudo = invitations_sudo._use_ticket(survey_sudo, ticket)
        if not answer_sudo:
            return request.redirect(f"/crm/survey/{survey_token}/{ticket}")
        response = request.redirect(answer_sudo.get_start_url())
        # the host's own cookie: the link leads there no more, this browser does
        name = f"survey_{survey_token}"
        response.set_cookie(name, answer_sudo.access_token, max_age=COOKIE_AGE)
        return response
