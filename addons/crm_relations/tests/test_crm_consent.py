import doctest
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from ..tools import contact_window, time_zones
from .common import TIME_ZERO, RelationsCommon

NOON = TIME_ZERO.replace(hour=10)  # 12:00 in Kyiv, a Monday


class ConsentCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"crm_contact_from": 9, "crm_contact_to": 20, "crm_contact_weekend": False}
        )
        cls.company.partner_id.tz = "Europe/Kyiv"
        cls.marketing = cls.env.ref("crm_relations.crm_contact_purpose_marketing")
        cls.marketing.limit_ids = [
            (5,), (0, 0, {"max_count": 1, "days": 1}), (0, 0, {"max_count": 2, "days": 7}),
        ]  # fmt: skip
        cls.person = cls._make_customer(
            "Oksana", email="oksana@example.com", phone="+380671234567"
        )

    @classmethod
    def _say(cls, state, partner=None, at=TIME_ZERO, **values):
        return cls.env["crm.consent"].create(
            {
                "partner_id": (partner or cls.person).id,
                "state": state,
                "at": at,
                **values,
            }
        )

    def _ask(self, kind="email", purpose="marketing", now=NOON, partner=None):
        gate = self.env["crm.consent"].with_user(self.olena)
        return gate._may_contact(partner or self.person, kind, purpose, now)

    def _contact(self, key, at, channel="mailing", purpose=None, partner=None):
        return self._make_interaction(
            key, channel, started_at=at, direction="out", partner_id=(partner or self.person).id,
            purpose_id=(purpose or self.marketing).id,
        )  # fmt: skip


@tagged("post_install", "-at_install")
class TestConsentGate(ConsentCommon):
    def test_doctests(self):
        for module in (contact_window, time_zones):
            self.assertEqual(doctest.testmod(module).failed, 0, module.__name__)

    def test_basis_decides_when_nothing_was_said(self):
        verdict = self._ask(purpose="marketing")
        self.assertFalse(verdict)
        self.assertEqual((verdict.reason, verdict.until), ("no_consent", None))
        self.assertTrue(self._ask(purpose="service"))
        self.assertTrue(self._ask(purpose="contract"))

    def test_page_opens_only_for_colleagues_who_read_the_card(self):
        action = self.person.with_user(self.olena).action_open_consent_page()
        self.assertIn("/crm/consent/", action["url"])
        portal = self._make_user("rel_portal", "base.group_portal")
        for partner in (self.person, portal.partner_id):
            with self.assertRaises(AccessError):
                partner.with_user(portal).action_open_consent_page()
        self.person.company_id = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self.person.with_user(self.olena).action_open_consent_page()

    def test_latest_word_that_concerns_it_counts(self):
        self._say("given", purpose_id=self.marketing.id)
        self.assertTrue(self._ask())
        self._say("withdrawn", purpose_id=self.marketing.id, kind="sms",
                  at=TIME_ZERO + timedelta(minutes=1))  # fmt: skip
        self.assertTrue(self._ask("email"), "only SMS was withdrawn")
        self.assertEqual(self._ask("sms").reason, "withdrawn")
        self._say("given", purpose_id=self.marketing.id, kind="sms",
                  at=TIME_ZERO + timedelta(minutes=2))  # fmt: skip
        self.assertTrue(self._ask("sms"))
        # written down later, said earlier
        self._say(
            "refused", purpose_id=self.marketing.id, at=TIME_ZERO - timedelta(days=1)
        )
        self.assertTrue(self._ask("sms"))

    def test_refusal_of_everything_leaves_contracts(self):
        self._say("refused")
        self.assertEqual(self._ask(purpose="service").reason, "refused")
        self.assertTrue(self._ask(purpose="contract"))

    def test_company_speaks_for_its_people(self):
        firm = self._make_customer("Firm", is_company=True)
        person = self._make_customer("Ivan", parent_id=firm.id)
        self._say("refused", firm, purpose_id=self.marketing.id)
        self.assertEqual(self._ask(partner=person).reason, "refused")
        self._say("given", person, at=TIME_ZERO + timedelta(hours=1))
        self.assertTrue(self._ask(partner=person, now=NOON + timedelta(hours=2)))

    def test_other_company_of_ours_is_another_one(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._say("given", company_id=other.id)
        self.assertEqual(self._ask().reason, "no_consent")

    def test_hosts_blacklists(self):
        self._say("given", purpose_id=self.marketing.id)
        self.env["mail.blacklist"]._add("Oksana@Example.com")
        self.assertEqual(self._ask("email").reason, "blacklist")
        self.assertTrue(self._ask("call"))
        self.env["phone.blacklist"]._add(["+380671234567"])
        self.assertEqual(self._ask("call").reason, "blacklist")
        self.assertTrue(self._ask("email", "contract"))

    def test_agreed_after_the_blacklist_to_one_thing(self):
        """Who was put on a list and later agreed to one purpose is reached for that only."""
        self.env["mail.blacklist"]._add("Oksana@Example.com")
        after = fields.Datetime.now() + timedelta(minutes=1)
        self._say("given", at=after, purpose_id=self.marketing.id, kind="email")
        self.assertTrue(self._ask("email", now=after))
        self.assertEqual(self._ask("email", "service", after).reason, "blacklist")
        self.env["phone.blacklist"]._add(["+380671234567"])
        self.assertEqual(self._ask("sms", "service", after).reason, "blacklist")

    def test_word_about_everything_reaches_the_hosts_blacklists(self):
        self._say("withdrawn", kind="email")
        mail = self.env["mail.blacklist"].search([("email", "=", "oksana@example.com")])
        self.assertTrue(mail)
        self.assertFalse(
            self.env["phone.blacklist"].search([("number", "=", "+380671234567")])
        )
        self._say("given", kind="email", at=NOON)
        self.assertFalse(mail.active)
        self.assertTrue(self._ask("email", now=NOON + timedelta(minutes=1)))

    def test_quiet_hours_by_his_own_clock(self):
        self._say("given")
        night = NOON.replace(hour=19)  # 21:00 in Kyiv
        verdict = self._ask("call", now=night)
        self.assertEqual(
            (verdict.reason, verdict.until),
            ("quiet_hours", night.replace(hour=7) + timedelta(days=1)),
        )
        self.assertTrue(self._ask("email", now=night), "an e-mail wakes nobody")
        self.person.phone = "+12125551234"
        self.assertTrue(self._ask("call", now=night), "14:00 in New York")
        self.person.crm_tz = "Asia/Tokyo"
        self.assertFalse(self._ask("call", now=night))
        saturday = NOON + timedelta(days=5)
        self.person.write({"crm_tz": False, "phone": "+380671234567"})
        self.assertEqual(
            self._ask("call", now=saturday).until,
            NOON.replace(hour=7) + timedelta(days=7),
        )
        self.company.crm_contact_weekend = True
        self.assertTrue(self._ask("call", now=saturday))

    def test_time_zone_own_phone_address_company(self):
        def zone():
            return self.person._get_crm_time_zones(NOON)[self.person.id]

        self.person.write({"tz": "Asia/Kolkata", "country_id": self.env.ref("base.us").id,
                           "state_id": self.env.ref("base.state_us_5").id})  # fmt: skip
        self.assertEqual(zone(), ("Europe/Kyiv", "phone"))
        self.person.phone = False
        self.assertEqual(zone(), ("America/Los_Angeles", "address"))
        self.person.write({"state_id": False, "country_id": False})
        self.assertEqual(
            zone(), ("Europe/Kyiv", "company"), "not the typist's own zone"
        )
        self.person.crm_tz = "Asia/Tokyo"
        self.assertEqual(zone(), ("Asia/Tokyo", "own"))

    def test_frequency_counts_the_ledger(self):
        self._say("given", at=TIME_ZERO - timedelta(days=30))
        self._contact("m1", NOON - timedelta(hours=1))
        verdict = self._ask()
        self.assertEqual(
            (verdict.reason, verdict.until), ("frequency", NOON + timedelta(hours=23))
        )
        self._contact("m2", NOON - timedelta(days=3))
        self.assertEqual(self._ask().until, NOON + timedelta(days=4))
        self.assertTrue(self._ask(purpose="service"), "counted by purpose")
        # an SMS has to wait for the day as well
        late = NOON.replace(hour=19)
        self._make_customer()
        self.marketing.limit_ids = [
            (5,),
            (0, 0, {"max_count": 1, "days": 1, "kind": "sms"}),
        ]
        self._contact("s1", late, channel="sms")
        verdict = self._ask("sms", now=late + timedelta(hours=1))
        self.assertEqual(
            (verdict.reason, verdict.until),
            ("frequency", late.replace(hour=7) + timedelta(days=2)),
        )
        self.assertTrue(self._ask("email", now=late), "the limit is on SMS")

    def test_wrong_words_are_errors(self):
        with self.assertRaises(UserError):
            self._ask(purpose="nonsense")
        with self.assertRaises(UserError):
            self._ask(kind="any")

    def test_three_hundred_cost_as_much_as_one(self):
        people = self.env["res.partner"].create(
            [
                {"name": f"P{index}", "email": f"p{index}@example.com"}
                for index in range(300)
            ]
        )
        for person in people[:5]:
            self._say("given", person)
        self.env.flush_all()
        gate = self.env["crm.consent"].with_user(self.olena)
        gate._may_contact(self.person, "email", "marketing", NOON)
        self.env.invalidate_all()
        with self.assertQueryCount(15):
            verdicts = gate._may_contact_many(people, "email", "marketing", NOON)
        self.assertEqual(sum(map(bool, verdicts.values())), 5)
        self.assertEqual(len(verdicts), 300)


@tagged("post_install", "-at_install")
class TestConsentHistory(ConsentCommon):
    def test_append_only(self):
        consent = self._say("given")
        for user in (self.olena, self.manager):
            with self.assertRaises(UserError):
                consent.with_user(user).write({"state": "refused"})
            with self.assertRaises(AccessError):
                consent.with_user(user).unlink()
        with self.assertRaises(UserError):
            consent.write({"state": "refused"})
        with self.assertRaises(UserError):
            consent.unlink()

    def test_who_may(self):
        consent = self._say("refused")
        self.assertEqual(consent.with_user(self.accountant).state, "refused")
        with self.assertRaises(AccessError):
            consent.with_user(self.accountant).create(
                {"partner_id": self.person.id, "state": "given"}
            )
        made = consent.with_user(self.ivan).create(
            {"partner_id": self.person.id, "state": "given", "note": "on the phone"}
        )
        self.assertEqual((made.user_id, made.source), (self.ivan, "hand"))
        with self.assertRaises(AccessError):
            self.marketing.with_user(self.ivan).write({"basis": "always"})
        self.marketing.with_user(self.manager).write({"description": "News"})
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self._say("given", company_id=other.id)
        self.assertFalse(foreign.with_user(self.manager)._filtered_access("read"))
        with self.assertRaises(AccessError):
            self.env["crm.consent.link"].with_user(self.manager).search([])


@tagged("post_install", "-at_install")
class TestConsentPage(ConsentCommon, HttpCase):
    def setUp(self):
        super().setUp()
        url = self.person.with_user(self.olena)._get_crm_consent_url()
        self.path = url[url.index("/crm/consent/") :]

    def _words(self):
        rows = self.env["crm.consent"].search(
            [("partner_id", "=", self.person.id)], order="id"
        )
        return [(row.state, row.purpose_id.code, row.source) for row in rows]

    def _csrf(self, page):
        return page.text.split('name="csrf_token" value="')[1].split('"')[0]

    def test_same_link_every_time(self):
        self.assertTrue(self.person._get_crm_consent_url().endswith(self.path))

    def test_looking_changes_nothing_and_tells_nothing(self):
        page = self.url_open(self.path)
        self.assertEqual(page.status_code, 200)
        self.assertIn("News and offers", page.text)
        self.assertIn("o…@example.com", page.text)
        self.assertNotIn("oksana@", page.text)
        self.assertNotIn("Oksana", page.text)
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(self._words(), [])

    def test_ticks_are_saved_as_new_rows(self):
        page = self.url_open(self.path)
        service = self.env.ref("crm_relations.crm_contact_purpose_service")
        kept = (
            self.env["crm.contact.purpose"].search([("basis", "=", "unless")]) - service
        )
        answer = self.url_open(
            f"{self.path}/save",
            data=[("csrf_token", self._csrf(page)), ("purpose", self.marketing.id),
                  *(("purpose", purpose.id) for purpose in kept)],
        )  # fmt: skip
        self.assertIn("Your choice is saved", answer.text)
        self.assertEqual(
            sorted(self._words()),
            [("given", "marketing", "link"), ("withdrawn", "service", "link")],
        )
        later = NOON.replace(year=2100)
        self.assertTrue(self._ask(now=later))
        self.assertEqual(self._ask(purpose="service", now=later).reason, "withdrawn")

    def test_save_without_its_form_is_refused(self):
        answer = self.url_open(f"{self.path}/save", data={"purpose": self.marketing.id})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(self._words(), [])

    def test_one_click_stops_everything_or_one_purpose(self):
        self.url_open(
            f"{self.path}/stop/marketing", data={"List-Unsubscribe": "One-Click"}
        )
        self.assertEqual(self._words(), [("withdrawn", "marketing", "link")])
        self.assertFalse(self.person.is_blacklisted)
        self.url_open(f"{self.path}/stop", data={"x": 1})
        self.assertEqual(self._words()[1:], [("withdrawn", False, "link")])
        self.person.invalidate_recordset()
        self.assertTrue(
            self.person.is_blacklisted and self.person.phone_sanitized_blacklisted
        )
        # and back again by his own hand
        page = self.url_open(self.path)
        self.url_open(
            f"{self.path}/save",
            data=[("csrf_token", self._csrf(page)), ("purpose", self.marketing.id)],
        )
        later = NOON.replace(year=2100)
        self.assertTrue(self._ask(now=later))
        self.person.invalidate_recordset()
        self.assertFalse(self.person.is_blacklisted)
        self._assert_stopped("service", "deal", "survey")

    def _assert_stopped(self, *purposes):
        """For these he is reached by no means, by no company of ours."""
        later = NOON.replace(year=2100)
        other = self.env["res.company"].create({"name": "Other of ours"})
        gate = self.env["crm.consent"]
        for company in (self.company, other):
            for purpose in purposes:
                for kind in ("email", "call"):
                    verdict = gate.with_company(company)._may_contact(
                        self.person, kind, purpose, later
                    )
                    self.assertFalse(verdict, (company.name, purpose, kind))

    def _save(self, *codes):
        purposes = self.env["crm.contact.purpose"].search([("code", "in", codes)])
        page = self.url_open(self.path)
        return self.url_open(
            f"{self.path}/save",
            data=[("csrf_token", self._csrf(page)),
                  *(("purpose", purpose.id) for purpose in purposes)],
        )  # fmt: skip

    def test_a_tick_lifts_nothing_else(self):
        """Who stopped everything and ticks service gets service, and no news."""
        self.url_open(f"{self.path}/stop", data={"x": 1})
        self._save("service")
        self.person.invalidate_recordset()
        self.assertTrue(self.person.is_blacklisted)  # the host's mailings ask it
        self.assertTrue(self._ask(purpose="service", now=NOON.replace(year=2100)))
        self._assert_stopped("marketing", "deal", "survey")

    def test_news_again_for_one_the_host_blacklisted(self):
        """The host's own unsubscribing left no word of ours: nothing else comes back."""
        self.env["mail.blacklist"]._add("oksana@example.com")
        self.env["phone.blacklist"]._add(["+380671234567"])
        page = self.url_open(self.path)
        self.assertNotIn("checked", page.text)
        self._save("marketing")
        self.person.invalidate_recordset()
        self.assertFalse(self.person.is_blacklisted)
        self.assertTrue(self._ask(now=NOON.replace(year=2100)))
        self._assert_stopped("service", "deal", "survey")

    def test_forged_links_open_nothing(self):
        token = self.path.rsplit("/", 1)[1]
        link_id, __, signature = token.partition("-")
        other = self._make_customer("Other", email="other@example.com")
        other_url = other._get_crm_consent_url()
        other_id = other_url.rsplit("/", 1)[1].partition("-")[0]
        for forged in (
            f"{other_id}-{signature}",
            f"{link_id}-",
            "x",
            f"{'9' * 30}-{signature}",
        ):
            self.assertEqual(
                self.url_open(f"/crm/consent/{forged}").status_code, 404, forged
            )
            answer = self.url_open(f"/crm/consent/{forged}/stop", data={"x": 1})
            self.assertEqual(answer.status_code, 404)
        self.assertEqual(self._words(), [])
