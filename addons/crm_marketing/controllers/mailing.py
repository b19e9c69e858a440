from odoo import http
from odoo.http import request

from odoo.addons.mass_mailing.controllers.main import MassMailController

from ..tools.touch import is_robot


class Mailing(MassMailController):
    """The host counts every call; the ledger counts people."""

    def _crm_note_robot(self):
        """Whether a mail server's scanner or a link preview is calling."""
        http_request = request.httprequest
        robot = http_request.method == "HEAD" or is_robot(
            http_request.headers.get("User-Agent")
        )
        if robot:
            request.update_context(crm_is_robot=True)
        return robot

    @http.route()
    def track_mail_open(self, mail_id, token, **post):
        self._crm_note_robot()
        return super().track_mail_open(mail_id, token, **post)

    @http.route()
    def full_url_redirect(self, code, mailing_trace_id, **post):
        robot = self._crm_note_robot()
        response = super().full_url_redirect(code, mailing_trace_id, **post)
        if not robot and response.location:
            response.location = request.env["crm.touch.letter"]._sign_address(
                response.location, mailing_trace_id
            )
        return response
