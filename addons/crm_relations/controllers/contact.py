import json

from werkzeug.exceptions import NotFound

from odoo import SUPERUSER_ID, fields, http
from odoo.http import request

from ..tools.web_form import storable

MAX_BODY = 25 * 1024 * 1024  # of any form; each form has its own smaller limit


class Contact(http.Controller):
    @http.route(
        "/crm/contact",
        type="http",
        auth="public",
        methods=["POST", "OPTIONS"],
        csrf=False,  # forms live on other sites; nothing here acts for the visitor
        cors="*",
        save_session=False,
        max_content_length=MAX_BODY,
    )
    def contact(self, **_params):
        """Take in a web form: form-encoded, multipart or JSON."""
        body = self._read_body()
        if body is None:
            return self._answer(400, {"ok": False, "errors": {"form": "JSON"}})
        data, files = body
        form = self._find_form(data.get("key"))
        if not form:
            return self._answer(
                400,
                {
                    "ok": False,
                    "errors": {"key": request.env._("There is no such form.")},
                },
            )
        if not form._is_origin_allowed(request.httprequest.headers.get("Origin")):
            error = request.env._("This site may not use the form.")
            return self._answer(403, {"ok": False, "error": error})
        intake = form.env["crm.web.form.intake"]
        if files is None:
            texts = intake._error_texts()
            return self._answer(
                400, {"ok": False, "errors": {"files": texts["invalid"]}}
            )
        status, payload = intake._take(
            form, data, files, request.httprequest.remote_addr, fields.Datetime.now()
        )
        return self._answer(status, payload)

    @http.route(
        "/crm/contact/try/<string:key>",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        sitemap=False,
    )
    def try_page(self, key):
        """Our own page with the form, for trying and as a landing page."""
        form = self._find_form(key)
        if not form:
            raise NotFound
        return request.render("crm_relations.crm_web_form_page", {"form": form})

    def _find_form(self, key):
        """The form as the superuser in its company: a visitor has no rights here."""
        # a key is made of ASCII letters: anything else is nobody's
        if not key or not isinstance(key, str) or not key.isascii() or "\0" in key:
            return None
        env = request.env(user=SUPERUSER_ID)
        form = env["crm.web.form"].search([("key", "=", key)], limit=1)
        lang = request.env.context.get("lang")
        return (
            form.with_company(form.company_id).with_context(lang=lang) if form else None
        )

    def _read_body(self):
        """``(data, files)``; None when it is not an object; files None when broken."""
        http_request = request.httprequest
        if http_request.mimetype == "application/json":
            try:
                data = json.loads(http_request.get_data() or b"{}")
            except ValueError:
                return None
            if not isinstance(data, dict):
                return None
            items = data.pop("files", [])
            return data, request.env["crm.web.form.intake"]._decode_files(items)
        uploads = http_request.files.getlist("files")
        files = [
            (storable(upload.filename), upload.read())
            for upload in uploads
            if upload.filename
        ]
        return dict(http_request.form), files

    def _answer(self, status, payload):
        """JSON for programs, a page for a browser that sent the form without script."""
        accept = request.httprequest.headers.get("Accept", "")
        if "text/html" not in accept:
            response = request.make_json_response(payload, status=status)
        elif payload.get("redirect"):
            return request.redirect(payload["redirect"], code=303, local=False)
        else:
            response = request.render(
                "crm_relations.crm_web_form_answer", {"payload": payload}
            )
            response.status_code = status
        if status == 429:
            response.headers["Retry-After"] = "60"
        return response
