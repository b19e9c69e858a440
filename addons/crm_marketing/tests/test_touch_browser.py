from unittest.mock import patch

from odoo.tests import HttpCase, tagged

# One page, as a visitor meets it: without consent nothing is kept, with it the visit
# becomes his, and the form joins him to his lead.
VISITOR = """
(async () => {
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const fail = (text) => {
        throw new Error(text);
    };
    const cookie = () => /crm_v=[0-9a-f]{32}/.test(document.cookie);
    const main = document.body;
    main.innerHTML = `
        <span data-crm-code=""></span>
        <iframe name="answer"></iframe>
        <form action="/crm/contact" method="post" target="answer">
            <input name="key" value="%(form)s"/>
            <input name="name" value="Ann Visitor"/>
            <input name="email" value="ann@visitor.example"/>
            <input name="message" value="Tyres?"/>
            <button>Send</button>
        </form>`;
    Object.defineProperty(navigator, "webdriver", {get: () => false});
    const script = document.createElement("script");
    script.dataset.key = "%(site)s";
    const loaded = new Promise((resolve) => (script.onload = resolve));
    script.src = "/crm/touch.js";
    main.append(script);
    await loaded;
    await wait(1600);
    if (cookie()) fail("a cookie without consent");
    window.crmTouch.view("BROWSER-1");
    await wait(1600);
    window.crmTouch.consent(true);
    if (!cookie()) fail("no cookie with consent");
    const code = document.querySelector("[data-crm-code]").textContent;
    if (!/^[0-9]{6}$/.test(code)) fail("no code: " + code);
    window.crmTouch.view("BROWSER-1");
    await wait(1600);
    const frame = document.querySelector("iframe");
    const answered = new Promise((resolve) => (frame.onload = resolve));
    document.querySelector("form").requestSubmit();
    await answered;
    if (!document.querySelector("input[name=crm_visitor]")) fail("nobody in the form");
    window.crmTouch.consent(false);
    if (cookie()) fail("not forgotten");
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestTouchBrowser(HttpCase):
    def test_consent_off_consent_on_and_a_form(self):
        site = self.env["crm.touch.site"].create({"name": "Shop"})
        form = self.env["crm.web.form"].create(
            {
                "name": "Contact",
                "team_id": self.env["crm.team"].create({"name": "North"}).id,
                "require_name": False,
            }
        )
        product = self.env["product.product"].create(
            {"name": "Tyre", "default_code": "BROWSER-1"}
        )
        before = self.env["crm.interaction"].search([])
        with patch(
            "odoo.addons.crm_marketing.controllers.touch.is_robot", return_value=False
        ):
            self.browser_js(
                "/web/login?utm_source=browser-ad&utm_medium=cpc&utm_content=red",
                VISITOR % {"form": form.key, "site": site.key},
                ready="document.readyState === 'complete'",
                login=None,
            )
        rows = self.env["crm.interaction"].search([]) - before
        visit = rows.filtered(lambda row: row.touch_kind == "visit")
        self.assertEqual(len(visit), 1, "the same visit, completed by consent")
        self.assertEqual(
            (visit.source_id.name, visit.utm_content), ("browser-ad", "red")
        )
        view = rows.filtered(lambda row: row.touch_kind == "view")
        self.assertEqual(len(view), 1, "what was looked at before consent is nobody's")
        self.assertEqual(view.product_id, product)
        lead = self.env["crm.lead"].search([("email_from", "=", "ann@visitor.example")])
        self.assertEqual(len(lead), 1)
        self.assertEqual((visit | view).lead_id, lead)
        self.assertEqual(visit.visitor_id, view.visitor_id)
