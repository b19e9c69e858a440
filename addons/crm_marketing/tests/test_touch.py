import doctest
import json
from datetime import timedelta
from itertools import count

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.crm_relations.tests.common import TIME_ZERO, RelationsCommon

from ..controllers.touch import _read_script
from ..tools import touch as touch_tools

MARKETER = "base.group_user,mass_mailing.group_mass_mailing_user"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
VISITOR = "0123456789abcdef" * 2
AD = "https://shop.example/tyres?gclid=Cj0K&utm_campaign=Spring+tyres&utm_term=r16"


class TouchCommon(RelationsCommon):
    numbers = count()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = cls._make_user("rel_marketer", MARKETER)
        cls.site = cls.env["crm.touch.site"].create(
            {"name": "Shop", "team_id": cls.north.id}
        )
        cls.product = cls.env["product.product"].create(
            {"name": "Tyre R16", "default_code": "R16"}
        )

    def _touch(
        self, *items, visitor=VISITOR, now=TIME_ZERO, site=None, address="1.1.1.1"
    ):
        """One call of the script; its rows."""
        site = site or self.site
        body = {
            "key": site.key,
            "v": visitor,
            "t": [{"id": f"touch-nr-{next(self.numbers)}", **item} for item in items],
        }
        intake = self.env["crm.touch.intake"]
        _key, visitor, touches = intake._parse(json.dumps(body).encode())
        before = self._rows()
        self.status = intake._take(site, visitor, touches, address, now)
        return self._rows() - before

    def _visit(self, url="https://shop.example/", referrer="", **kwargs):
        return self._touch({"k": "visit", "u": url, "r": referrer}, **kwargs)

    def _rows(self):
        return self.env["crm.interaction"].search([("touch_kind", "!=", False)])

    def _form(self, **values):
        team = self.north
        return self.env["crm.web.form"].create(
            {"name": "Contact", "team_id": team.id, "require_name": False, **values}
        )

    def _send_form(self, form=None, now=TIME_ZERO, **data):
        return self.env["crm.web.form.intake"]._take(
            form or self._form(), data, [], "1.1.1.1", now
        )


@tagged("post_install", "-at_install")
class TestTouch(TouchCommon):
    def test_examples_in_the_text(self):
        result = doctest.testmod(touch_tools)
        self.assertGreater(result.attempted, 5)
        self.assertFalse(result.failed)

    def test_an_ad_click_is_a_row_of_the_ledger(self):
        row = self._visit(AD)
        self.assertEqual(row.channel_id.code, "ad")
        self.assertEqual(
            (row.source_id.name, row.medium_id.name, row.campaign_id.name),
            ("google", "cpc", "Spring tyres"),
        )
        self.assertEqual(
            (row.utm_term, row.click_kind, row.click_ref), ("r16", "gclid", "Cj0K")
        )
        self.assertEqual(row.page, "shop.example/tyres", "no query, no click id")
        self.assertTrue(row.is_automatic, "nobody waits for an answer")
        self.assertEqual((row.team_id, row.ended_at), (self.north, TIME_ZERO))

    def test_search_referral_direct(self):
        found = [
            self._visit(referrer=referrer)
            for referrer in ("https://www.google.com/", "https://blog.example/a", "")
        ]
        self.assertEqual(
            [(row.source_id.name, row.medium_id.name) for row in found],
            [("google", "organic"), ("blog.example", "referral"), (False, False)],
        )

    def test_a_visit_by_a_marked_link_has_its_origin(self):
        row = self._visit(
            "https://shop.example/?utm_source=Flyer&utm_medium=qr&utm_campaign=Autumn"
        )
        self.assertEqual((row.touch_kind, row.click_ref), ("visit", False))
        self.assertEqual(
            (row.source_id.name, row.medium_id.name, row.campaign_id.name),
            ("Flyer", "qr", "Autumn"),
        )

    def test_repeats_do_not_count(self):
        self.assertEqual(len(self._visit(AD)), 1)
        self.assertFalse(self._visit(AD, now=TIME_ZERO + timedelta(minutes=29)))
        later = TIME_ZERO + timedelta(days=1)
        self.assertFalse(self._visit(AD, now=later), "the same click is a reload")
        self.assertEqual(len(self._visit(now=later)), 1)
        self.assertFalse(self._visit(now=later + timedelta(minutes=5)))
        self.assertFalse(
            self._visit("https://shop.example/b", "https://shop.example/", now=later),
            "from page to page is no visit",
        )

    def test_consent_given_on_the_page_completes_its_visit(self):
        item = {"k": "visit", "id": "one-two-three", "u": "https://shop.example/"}
        row = self._touch(item, visitor=None)
        self.assertFalse(row.visitor_id)
        self.assertFalse(self._touch(item), "the same row")
        row.invalidate_recordset()
        self.assertEqual(row.visitor_id.key, VISITOR)

    def test_products_viewed_and_saved(self):
        rows = self._touch(
            {"k": "view", "p": "R16"},
            {"k": "save", "p": "R16"},
            {"k": "view", "p": "?"},
        )
        self.assertEqual(rows.product_id, self.product)
        self.assertEqual(set(rows.mapped("touch_kind")), {"view", "save"})
        self.assertFalse(self._touch({"k": "view", "p": "R16"}), "once a day")
        self.assertFalse(
            self._touch({"k": "view", "p": "R16"}, visitor=None), "nobody to tell apart"
        )

    def test_the_first_form_joins_what_was_before_and_after(self):
        self._visit(AD)
        self._touch({"k": "view", "p": "R16"})
        stranger = self._visit(visitor="f" * 32)
        customer = self._make_customer(
            "Petro", email="petro@shop.example", user_id=self.olena.id
        )
        status, _payload = self._send_form(
            email="petro@shop.example", message="Tyres?", crm_visitor=VISITOR
        )
        self.assertEqual(status, 200)
        rows = self._rows() - stranger
        self.assertEqual(rows.partner_id, customer)
        self.assertEqual(rows.customer_id, customer)
        self.assertEqual(rows.owner_id, self.olena)
        self.assertFalse(stranger.partner_id)
        after = self._visit(now=TIME_ZERO + timedelta(days=3))
        self.assertEqual(after.partner_id, customer)
        lead = self.env["crm.lead"].search([("partner_id", "=", customer.id)])
        self.assertNotIn(VISITOR, lead.description or "", "no word of the customer's")

    def test_a_form_of_somebody_new_joins_to_his_lead(self):
        self._visit(AD)
        self._send_form(email="new@shop.example", message="Hi", crm_visitor=VISITOR)
        row = self._rows()
        self.assertEqual(row.lead_id.email_from, "new@shop.example")
        later = self._visit(now=TIME_ZERO + timedelta(days=3))
        self.assertEqual(later.lead_id, row.lead_id)

    def test_a_shared_browser_keeps_what_was_joined(self):
        self._visit(AD)
        first, second = self._make_customer("First"), self._make_customer("Second")
        visitor = self.env["crm.touch.visitor"]._find(self.company, VISITOR)
        self.assertEqual(visitor._join(first), 1)
        self.assertEqual(visitor._join(second), 0)
        self.assertEqual(self._rows().partner_id, first)
        self.assertEqual(visitor.partner_id, second)

    def test_a_code_told_to_an_operator(self):
        self._visit(AD)
        visitors = self.env["crm.touch.visitor"]
        code = touch_tools.visitor_code(VISITOR)
        found = visitors._find_by_code(self.company, code, TIME_ZERO)
        self.assertEqual(found.key, VISITOR)
        late = TIME_ZERO + timedelta(days=31)
        self.assertFalse(visitors._find_by_code(self.company, code, late))
        self._visit(visitor=VISITOR[:12] + "0" * 20)
        self.assertFalse(
            visitors._find_by_code(self.company, code, TIME_ZERO), "two have it"
        )

    def test_limits(self):
        self.site.limit_minute = 2
        for _call in range(2):
            self._visit(visitor=None)
            self.assertEqual(self.status, 204)
        self.assertFalse(self._visit(visitor=None))
        self.assertEqual(self.status, 429)
        self._visit(visitor=None, address="2.2.2.2")
        self.assertEqual(self.status, 204)

    def test_strangers_do_not_fill_the_lists(self):
        utm = self.env["crm.utm"]
        self.env["utm.source"].create([{"name": f"made {n}"} for n in range(200)])
        found = utm._find_ids({"source": "another", "medium": "made up"})
        self.assertFalse(found["source_id"])
        self.assertTrue(found["medium_id"])

    def test_wildcards_of_strangers_are_letters(self):
        utm = self.env["crm.utm"]
        known = self.env["utm.source"].create({"name": "spring-sale"})
        found = utm._find_ids({"source": "spring_sale"})["source_id"]
        self.assertNotEqual(found, known.id)
        self.assertEqual(
            utm._find_ids({"source": "SPRING-sale"})["source_id"], known.id
        )

    def test_the_eraser_forgets_who_and_keeps_what_it_counted(self):
        customer = self._make_customer("Petro")
        row = self._visit(AD)
        row.visitor_id._join(customer)
        customer._erase_interactions()
        row.invalidate_recordset()
        self.assertFalse(row.partner_id | row.customer_id)
        self.assertFalse(row.visitor_id or row.click_ref or row.utm_term or row.page)
        self.assertEqual(row.campaign_id.name, "Spring tyres")
        self.assertEqual(row.external_key, f"erased:{row.id}")
        self.assertFalse(self.env["crm.touch.visitor"].search([("key", "=", VISITOR)]))

    def test_marketers_see_touches_and_nothing_that_was_said(self):
        call = self._make_interaction("call")
        row = self._visit(AD)
        rows = self.env["crm.interaction"].with_user(self.marketer)
        self.assertEqual(rows.search([("id", "in", (call | row).ids)]), row)
        self.assertEqual(row.with_user(self.marketer).page, "shop.example/tyres")
        with self.assertRaises(AccessError):
            call.with_user(self.marketer).read(["subject"])
        with self.assertRaises(AccessError):
            row.with_user(self.marketer).write({"subject": "x"})
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.site.copy({"company_id": other.id, "team_id": False})
        row = self._visit(site=foreign, visitor=None)
        with self.assertRaises(AccessError):
            row.with_user(self.marketer).read(["subject"])
        with self.assertRaises(AccessError):
            foreign.with_user(self.marketer).read(["name"])
        with self.assertRaises(AccessError):
            self.env["crm.touch.site"].with_user(self.olena).search([])

    def test_a_site_needs_real_addresses(self):
        with self.assertRaises(ValidationError):
            self.site.allowed_origins = "shop.example"
        self.site.allowed_origins = "https://shop.example/"
        self.assertTrue(self.site._is_origin_allowed("https://SHOP.example"))
        self.assertFalse(self.site._is_origin_allowed("https://evil.example"))
        self.assertFalse(self.site._is_origin_allowed(None))

    def test_the_number_of_queries_does_not_follow_the_touches(self):
        visit = {"k": "visit", "u": AD}
        self._touch(visit)
        views = [{"k": "view", "p": "R16"}] * 19
        now = TIME_ZERO + timedelta(days=1)
        body = {"key": self.site.key, "v": VISITOR,
                "t": [{"id": f"view-nr-{n}", **view} for n, view in enumerate(views)]}  # fmt: skip
        intake = self.env["crm.touch.intake"]
        _key, visitor, touches = intake._parse(json.dumps(body).encode())
        self.env.invalidate_all()
        with self.assertQueryCount(20):
            intake._take(self.site, visitor, touches, "1.1.1.1", now)

    def test_the_script_is_small(self):
        self.assertLessEqual(len(_read_script().encode()), 2048)


@tagged("post_install", "-at_install")
class TestTouchHttp(HttpCase):
    def setUp(self):
        super().setUp()
        self.site = self.env["crm.touch.site"].create(
            {"name": "Shop", "allowed_origins": "https://shop.example"}
        )
        self.count = self._count()

    def _count(self):
        return self.env["crm.interaction"].search_count([("touch_kind", "!=", False)])

    def _post(self, data, agent=BROWSER, origin="https://shop.example"):
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        answer = self.url_open(
            "/crm/touch",
            data=body,
            headers={
                "Content-Type": "text/plain",
                "User-Agent": agent,
                "Origin": origin,
            },
        )
        return answer.status_code, self._count() - self.count

    def test_calls(self):
        visit = {"k": "visit", "id": "one-two-three", "u": AD, "r": ""}
        call = {"key": self.site.key, "v": VISITOR, "t": [visit]}
        self.assertEqual(self._post(b"{"), (400, 0))
        self.assertEqual(self._post({**call, "t": [visit] * 21}), (400, 0))
        self.assertEqual(self._post({**call, "key": "nobody-knows"}), (403, 0))
        self.assertEqual(self._post(call, origin="https://evil.example"), (403, 0))
        self.assertEqual(self._post(call, agent="Googlebot/2.1"), (204, 0))
        self.assertEqual(self._post(b" " * 20_000 + b"{}")[1], 0)
        self.assertEqual(self._post(call), (204, 1))
        self.assertEqual(self._post(call), (204, 1), "the same touch")

    def test_script(self):
        answer = self.url_open("/crm/touch.js")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("javascript", answer.headers["Content-Type"])
        self.assertIn("/crm/touch.js", self.site.snippet)
