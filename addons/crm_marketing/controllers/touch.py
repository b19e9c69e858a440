from functools import lru_cache

from odoo import SUPERUSER_ID, fields, http
from odoo.http import request
from odoo.tools import file_open

from ..tools.touch import MAX_BODY, is_robot


@lru_cache(maxsize=1)
def _read_script():
    """The script without its indentation."""
    with file_open("crm_marketing/static/touch/touch.js") as script:
        return "\n".join(line.strip() for line in script)


class Touch(http.Controller):
    @http.route(
        "/crm/touch.js",
        type="http",
        auth="none",
        methods=["GET"],
        save_session=False,
        sitemap=False,
    )
    def script(self):
        """The script of any site: at most 2 KB."""
        return request.make_response(
            _read_script(),
            [
                ("Content-Type", "text/javascript; charset=utf-8"),
                ("Cache-Control", "public, max-age=3600"),
            ],
        )

    @http.route(
        "/crm/touch",
        type="http",
        auth="public",
        methods=["POST", "OPTIONS"],
        csrf=False,  # pages of other sites; nothing here acts for the visitor
        cors="*",
        save_session=False,
        max_content_length=MAX_BODY,
    )
    def touch(self, **_params):
        """Touches of one visitor, up to twenty at once. Robots are thanked."""
        http_request = request.httprequest
        intake = request.env(user=SUPERUSER_ID)["crm.touch.intake"]
        call = intake._parse(http_request.get_data())
        if call is None:
            return self._answer(400)
        key, visitor, touches = call
        site = intake._find_site(key)
        if not site or not site._is_origin_allowed(http_request.headers.get("Origin")):
            return self._answer(403)
        if not touches or is_robot(http_request.headers.get("User-Agent")):
            return self._answer(204)
        return self._answer(
            intake.with_env(site.env)._take(
                site, visitor, touches, http_request.remote_addr, fields.Datetime.now()
            )
        )

    def _answer(self, status):
        return request.make_response("", status=status)
