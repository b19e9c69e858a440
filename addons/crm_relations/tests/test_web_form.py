import base64
import json
import re
import uuid
from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Datetime
from odoo.tests import HttpCase, tagged

from .common import ALL_LEADS, RelationsCommon

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class WebFormCommon(RelationsCommon):
    @classmethod
    def default_env_context(cls):
        return {}  # with mail: the notice is part of what is tested

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.group_user").implied_ids += cls.env.ref("crm.group_use_lead")
        cls.north.company_id = cls.company
        cls.tyre = cls.env["product.product"].create(
            {"name": "Tyre R16", "default_code": "R16", "list_price": 100}
        )
        cls.form = cls.env["crm.web.form"].create(
            {
                "name": "Contact page",
                "team_id": cls.north.id,
                "product_ids": cls.tyre.ids,
                "limit_minute": 50,
            }
        )

    def _rows(self, form=None):
        form = form or self.form
        return self.env["crm.interaction"].search(
            [("external_key", "=like", f"form:{form.id}:%")]
        )


@tagged("post_install", "-at_install")
class TestWebForm(WebFormCommon, HttpCase):
    def _post(self, json_body=False, headers=None, files=None, **values):
        data = {"key": self.form.key, **values}
        if json_body:
            headers = {"Content-Type": "application/json", **(headers or {})}
            return self.url_open("/crm/contact", data=json.dumps(data), headers=headers)
        return self.url_open("/crm/contact", data=data, headers=headers, files=files)

    def test_form_encoded_becomes_an_assigned_lead_and_a_row(self):
        key = str(uuid.uuid4())
        answer = self._post(
            name="Oksana Bondar", email="oksana@new.example", phone="067 123 45 67",
            message="Do you have\nwinter tyres?", uuid=key, colour="black",
            utm_source="Newsletter X", utm_medium="Email", utm_campaign="Winter X",
            page="https://kolo.example/tyres?r=16",
        )  # fmt: skip
        self.assertEqual((answer.status_code, answer.json()["ok"]), (200, True))
        row = self._rows()
        self.assertEqual(row.page, "https://kolo.example/tyres?r=16")
        self.assertIn("kolo.example/tyres", row.lead_id.pages_seen)
        self.assertEqual(row.external_key, f"form:{self.form.id}:{key}")
        lead = row.lead_id
        self.assertEqual((lead.type, lead.team_id), ("lead", self.north))
        self.assertIn(lead.user_id, self.olena | self.ivan)
        self.assertEqual(
            (lead.contact_name, lead.email_from),
            ("Oksana Bondar", "oksana@new.example"),
        )
        self.assertEqual(lead.source_id.name, "Newsletter X")
        self.assertEqual(lead.campaign_id.name, "Winter X")
        self.assertIn("winter tyres", lead.description)
        self.assertIn("colour: black", lead.description)
        self.assertEqual(
            (
                row.direction,
                row.owner_id,
                row.team_id,
                row.source_id,
                row.channel_id.code,
            ),
            ("in", lead.user_id, self.north, lead.source_id, "form"),
        )
        self.assertEqual(
            (row.medium_id.name, row.campaign_id.name), ("Email", "Winter X")
        )
        self.assertEqual(row.preview, "Do you have winter tyres?")
        self.assertEqual(lead.activity_ids.user_id, lead.user_id)
        notices = self.env["mail.notification"].search(
            [
                ("mail_message_id.model", "=", "crm.lead"),
                ("mail_message_id.res_id", "=", lead.id),
                ("res_partner_id", "=", lead.user_id.partner_id.id),
            ]
        )
        self.assertEqual(len(notices), 1)

    def test_json_with_a_product_becomes_an_opportunity(self):
        answer = self._post(
            json_body=True, name="Ann", email="ann@new.example", product="R16"
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        lead = self._rows().lead_id
        self.assertEqual((lead.type, lead.name), ("opportunity", "[R16] Tyre R16"))
        self.assertEqual(lead.crm_product_ids, self.tyre)
        context = lead._prepare_opportunity_quotation_context()
        self.assertEqual(
            context["default_order_line"], [(0, 0, {"product_id": self.tyre.id})]
        )

    def test_wrong_input_names_the_fields(self):
        cases = [
            ({"email": "nobody"}, {"name", "email"}),
            ({"name": "Ann"}, {"email", "phone"}),
            ({"name": "Ann", "phone": "call me"}, {"phone"}),
            ({"name": "Ann", "email": "a@b.example", "product": "R99"}, {"product"}),
            ({"name": "x" * 500, "email": "a@b.example"}, {"name"}),
            ({"name": "Ann", "email": "a@b.example", "uuid": "'; drop"}, {"uuid"}),
        ]
        for json_body in (False, True):
            for values, fields in cases:
                with self.subTest(values=values, json=json_body):
                    answer = self._post(json_body=json_body, **values)
                    self.assertEqual(answer.status_code, 400)
                    self.assertEqual(set(answer.json()["errors"]), fields)
        self.assertFalse(self._rows())

    def test_broken_bodies(self):
        json_type = {"Content-Type": "application/json"}
        for body in ("{", "[1]", "null", '"x"'):
            with self.subTest(body):
                answer = self.url_open("/crm/contact", data=body, headers=json_type)
                self.assertEqual(answer.status_code, 400)
        answer = self._post(json_body=True, name={"a": 1}, email="a@b.example")
        self.assertEqual(set(answer.json()["errors"]), {"name"})
        answer = self.url_open("/crm/contact", data={"key": "wrong", "name": "x"})
        self.assertEqual(
            (answer.status_code, set(answer.json()["errors"])), (400, {"key"})
        )

    def test_text_that_cannot_be_stored_is_no_server_error(self):
        answer = self._post(
            json_body=True,
            name="Ann \ud83d",
            email="ann@new.example",
            **{"a\0b": "x\0y"},
        )
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(len(self._rows()), 1)
        for key in ("\ud83d", "a\0b", "ключ"):
            with self.subTest(key=key):
                answer = self._post(json_body=True, key=key, name="Ann")
                self.assertEqual(answer.status_code, 400)

    def test_robot_is_thanked_and_forgotten(self):
        answer = self._post(
            name="Robot", email="r@spam.example", website="http://spam.example"
        )
        self.assertEqual((answer.status_code, answer.json()["ok"]), (200, True))
        self.assertFalse(self._rows())

    def test_second_click_makes_one_lead(self):
        values = {"name": "Ann", "email": "ann@new.example", "message": "Hello"}
        for _click in range(2):
            self.assertEqual(self._post(**values).status_code, 200)
        self.assertEqual(len(self._rows()), 1)
        self._post(
            **{**values, "email": "ANN@new.example ", "page": "https://x.example/?b=2"}
        )
        self.assertEqual(
            len(self._rows()), 1, "spaces, case and page are not another message"
        )
        self._post(**{**values, "message": "Hello again"})
        self.assertEqual(len(self._rows()), 2)

    def test_same_uuid_is_one_whenever_it_comes(self):
        values = {"name": "Ann", "email": "ann@new.example", "uuid": str(uuid.uuid4())}
        self._post(**values)
        self._rows().started_at -= timedelta(hours=5)
        self.env.flush_all()
        self._post(**values, message="other words")
        self.assertEqual(len(self._rows()), 1)

    def test_same_words_count_a_minute_from_the_first(self):
        values = {"name": "Ann", "email": "ann@new.example", "message": "Hello"}
        self._post(**values)
        self._rows().started_at -= timedelta(seconds=61)
        self.env.flush_all()
        self._post(**values)
        self.assertEqual(len(self._rows()), 2)

    def test_limits_of_address_and_form(self):
        self.form.limit_minute = 2
        for number in range(2):
            self._post(name="Ann", email=f"a{number}@new.example")
        answer = self._post(name="Ann", email="more@new.example")
        self.assertEqual(
            (answer.status_code, answer.headers["Retry-After"]), (429, "60")
        )
        self.assertEqual(len(self._rows()), 2)
        hits = self.env["crm.web.form.hit"].search([("form_id", "=", self.form.id)])
        self.assertEqual(len(hits), 2, "a refused one is not even written down")
        hits.created_at = Datetime.now() - timedelta(minutes=2)
        self.form.limit_hour = 2
        self.env.flush_all()
        self.assertEqual(self._post(name="Ann", email="x@new.example").status_code, 429)
        hits.created_at = Datetime.now() - timedelta(hours=2)
        self.env.flush_all()
        self.assertEqual(self._post(name="Ann", email="x@new.example").status_code, 200)

    def test_files_form_and_json(self):
        files = [("files", ("plan.png", PNG, "image/png"))]
        answer = self._post(name="Ann", email="ann@new.example", files=files)
        self.assertEqual(answer.status_code, 200, answer.text)
        body = {
            "key": self.form.key, "name": "Eva", "email": "eva@new.example",
            "files": [{"name": "a.png", "content": base64.b64encode(PNG).decode()}],
        }  # fmt: skip
        json_type = {"Content-Type": "application/json"}
        self.url_open("/crm/contact", data=json.dumps(body), headers=json_type)
        leads = self._rows().lead_id
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.lead"), ("res_id", "in", leads.ids)]
        )
        self.assertEqual(sorted(attachments.mapped("name")), ["a.png", "plan.png"])
        self.assertEqual(attachments.mapped("raw"), [PNG, PNG])
        body["files"] = [{"name": "a", "content": "%%%"}]
        answer = self.url_open("/crm/contact", data=json.dumps(body), headers=json_type)
        self.assertEqual(
            (answer.status_code, set(answer.json()["errors"])), (400, {"files"})
        )

    def test_files_too_many_too_big_or_a_page(self):
        self.form.write({"max_files": 1, "max_file_kilobytes": 1})
        two = [("files", (f"{n}.png", PNG, "image/png")) for n in range(2)]
        big = [("files", ("big.txt", b"x" * 2000, "text/plain"))]
        page = [
            (
                "files",
                ("a.html", b"<html><script>alert(1)</script></html>", "text/html"),
            )
        ]
        for files in (two, big, page):
            answer = self._post(name="Ann", email="ann@new.example", files=files)
            self.assertEqual(
                (answer.status_code, set(answer.json()["errors"])), (400, {"files"})
            )
        self.assertFalse(self._rows())

    def test_only_allowed_sites_and_cors(self):
        self.form.allowed_origins = "https://shop.example/\nhttps://www.shop.example"
        values = {"name": "Ann", "email": "ann@new.example"}
        evil = self._post(**values, headers={"Origin": "https://evil.example"})
        self.assertEqual(evil.status_code, 403)
        good = self._post(**values, headers={"Origin": "https://shop.example"})
        self.assertEqual(good.status_code, 200)
        self.assertEqual(good.headers["Access-Control-Allow-Origin"], "*")
        preflight = self.opener.options(
            f"{self.base_url()}/crm/contact",
            headers={
                "Origin": "https://shop.example",
                "Access-Control-Request-Method": "POST",
            },
        )
        self.assertEqual(preflight.status_code, 204)
        self.assertIn("Content-Type", preflight.headers["Access-Control-Allow-Headers"])
        with self.assertRaises(ValidationError):
            self.form.allowed_origins = "shop.example"

    def test_browser_without_script(self):
        html = {"Accept": "text/html,application/xhtml+xml"}
        answer = self._post(name="Ann", email="ann@new.example", headers=html)
        self.assertEqual(answer.status_code, 200)
        self.assertIn("Thank you", answer.text)
        wrong = self._post(name="Ann", email="ann", headers=html)
        self.assertEqual(wrong.status_code, 400)
        self.assertIn("email", wrong.text)
        self.form.thank_you_url = "https://shop.example/thanks"
        url = f"{self.base_url()}/crm/contact"
        data = {"key": self.form.key, "name": "Bob", "email": "bob@new.example"}
        gone = self.opener.post(url, data=data, headers=html, allow_redirects=False)
        self.assertEqual(
            (gone.status_code, gone.headers["Location"]), (303, self.form.thank_you_url)
        )

    def test_customers_card_stays_and_the_new_number_is_told(self):
        card = self._make_customer(email="ann@known.example", phone="+380671112233")
        self._post(name="Evil", email="ann@known.example", phone="+380509998877")
        lead = self._rows().lead_id
        self.assertEqual((lead.partner_id, card.phone), (card, "+380671112233"))
        self.assertEqual(self._rows().customer_id, card)
        self.assertIn("+380509998877", lead.description)

    def test_what_a_stranger_writes_is_text(self):
        self._post(name="<b>Ann</b>", email="a@b.example", message="<script>alert(1)</script>",
                   extra_field="<img src=x onerror=alert(1)>")  # fmt: skip
        lead = self._rows().lead_id
        self.assertNotIn("<script", lead.description)
        self.assertNotIn("<img", lead.description)
        self.assertEqual(lead.contact_name, "<b>Ann</b>")

    def test_browser_with_script_stays_on_the_page(self):
        code = """
            const form = document.querySelector("form.crm-contact");
            const answer = form.querySelector(".crm-contact-answer");
            const wait = (test) => new Promise((resolve) => {
                const timer = setInterval(() => {
                    if (test()) { clearInterval(timer); resolve(); }
                }, 50);
            });
            form.elements.name.value = "Oksana";
            form.querySelector("button").click();
            wait(() => form.elements.phone.hasAttribute("aria-invalid")).then(() => {
                form.elements.phone.value = "+380671234567";
                form.querySelector("button").click();
                return wait(() => answer.textContent.startsWith("Thank you"));
            }).then(() => console.log("test successful"));
        """
        url = f"/crm/contact/try/{self.form.key}?utm_source=Flyer"
        self.browser_js(
            url, code, "document.querySelector('form.crm-contact') !== null"
        )
        row = self._rows()
        self.assertEqual((len(row), row.source_id.name), (1, "Flyer"))
        self.assertRegex(
            row.external_key, rf"^form:{self.form.id}:[a-z0-9]+-[a-z0-9-]+$"
        )
        self.assertIn("/crm/contact/try/", row.lead_id.description)

    def test_our_own_page_is_the_html_to_copy(self):
        page = self.url_open(f"/crm/contact/try/{self.form.key}")
        self.assertEqual(page.status_code, 200)
        self.assertIn('action="/crm/contact"', page.text)
        self.assertIn(
            f'action="{self.form.get_base_url()}/crm/contact"', self.form.snippet
        )
        script = re.search(r"<script>(.*)</script>", self.form.snippet, re.S)[1]
        self.assertNotIn("&", script)
        self.assertEqual(self.url_open("/crm/contact/try/nothing").status_code, 404)
        self.form.active = False
        self.assertEqual(
            self.url_open(f"/crm/contact/try/{self.form.key}").status_code, 404
        )
        self.assertEqual(self._post(name="Ann", email="a@b.example").status_code, 400)


@tagged("post_install", "-at_install")
class TestWebFormRights(WebFormCommon):
    def test_who_may_configure(self):
        all_leads = self._make_user("rel_all", ALL_LEADS)
        form = self.form.with_user(self.manager)
        old = form.key
        form.action_new_key()
        self.assertNotEqual(form.key, old)
        self.assertIn(form.key, form.snippet)
        self.form.with_user(self.olena).read(["name", "key"])
        for user in (self.olena, self.head, all_leads, self.director):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.form.with_user(user).name = "Mine"
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.form.with_user(user).action_new_key()
        with self.assertRaises(AccessError):
            self.form.with_user(self.accountant).read(["name"])

    def test_form_of_another_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        team = self.env["crm.team"].create({"name": "T", "company_id": other.id})
        form = self.form.create(
            {"name": "x", "team_id": team.id, "company_id": other.id}
        )
        self.assertFalse(form.with_user(self.manager)._filtered_access("read"))

    def test_hidden_field_needs_its_own_name(self):
        for name in ("email", "not a name"):
            with self.assertRaises(ValidationError):
                self.form.honeypot_name = name

    def test_old_hits_are_thrown_away(self):
        hits = self.env["crm.web.form.hit"]
        values = {"form_id": self.form.id, "state": "accepted"}
        old, new = hits.create(
            [
                {**values, "created_at": Datetime.now() - timedelta(days=2)},
                {**values, "created_at": Datetime.now()},
            ]
        )
        hits._gc_old_hits()
        self.assertEqual((old | new).exists(), new)
