"""A customer in the portal: his points, level, friends and letters; nobody else's."""

from datetime import date, timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from ..models.loyalty_card import Change
from .loyalty_common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLoyaltyPortal(LoyaltyCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.env["res.partner"])
        cls.program.write({"crm_referral_points": 100, "crm_referred_points": 30})
        cls.customer.email = "romashka@example.com"
        cls.portal = new_test_user(
            cls.env,
            "romashka",
            groups="base.group_portal",
            partner_id=cls.customer.id,
            password="romashka",
        )
        cls.card = cls.env["loyalty.card"].search(
            [("partner_id", "=", cls.customer.id)], limit=1
        )
        cls._give(cls.card, 100, expires=False)
        cls._give(cls.card, 50, expires=cls.today + timedelta(days=20))
        cls.env["crm.loyalty.level"].search([]).action_archive()
        cls.silver, cls.gold = cls.env["crm.loyalty.level"].create(
            [
                {"name": "Silver", "sequence": 10, "floor": 1000, "earning_factor": 2},
                {"name": "Gold", "sequence": 20, "floor": 5000},
            ]
        )
        cls.env["crm.customer.level"].sudo().create(
            {
                "customer_id": cls.customer.id,
                "company_id": cls.env.company.id,
                "level_id": cls.silver.id,
                "since": date(2026, 1, 1),
                "next_level_id": cls.gold.id,
                "missing": 4000,
            }
        )
        cls.friend = cls._make_customer("Friend Somebody", phone="+380671112233")

    @classmethod
    def _give(cls, card, points, expires):
        change = Change(
            "manual", points * 1000, "loyalty.card", card.id, expires=expires
        )
        card._crm_change_points({card.id: [change]}, "A gift")

    def _bring(self):
        referral = self.env["crm.referral"].create(
            {"referrer_id": self.customer.id, "friend_id": self.friend.id}
        )
        referral._give_points()
        return referral

    def test_points_level_friends_and_opt_out_in_a_browser(self):
        self._bring()
        before = self.env["crm.consent"].search_count(
            [("partner_id", "=", self.customer.id)]
        )
        self.start_tour("/my", "crm_loyalty_portal", login="romashka")
        self.env.invalidate_all()
        said = self.env["crm.consent"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(len(said), before + 1)
        self.assertEqual((said[0].state, said[0].source), ("withdrawn", "link"))

    def test_the_page_is_about_nobody_else(self):
        other = self._make_card(777, self.friend)
        self.authenticate("romashka", "romashka")
        page = self.url_open("/my/loyalty").text
        self.assertIn("150", page)
        self.assertNotIn("777", page)
        # the host's own page of movements sends him home
        found = self.url_open(f"/my/loyalty_card/{other.id}/history")
        self.assertTrue(found.url.endswith("/my"), found.url)

    def test_a_firm_s_people_see_its_cards_and_nobody_else_s(self):
        clerk, colleague = self.env["res.partner"].create(
            [{"name": name, "parent_id": self.customer.id} for name in ("C", "D")]
        )
        self._make_card(777, colleague)
        self._make_card(5, clerk)
        new_test_user(
            self.env,
            "loyal_clerk",
            groups="base.group_portal",
            partner_id=clerk.id,
            password="loyal_clerk",
        )
        self.authenticate("loyal_clerk", "loyal_clerk")
        page = self.url_open("/my/loyalty").text
        self.assertIn(f"Card of {self.customer.name}", page)
        own, firm = clerk._crm_get_card_parts()
        self.assertEqual((own["is_own"], own["card"].points), (True, 5))
        self.assertEqual((firm["is_own"], firm["card"]), (False, self.card))
        self.assertNotIn("777", page)
        # the firm's own login sees no card of a person, a stranger nothing of the firm
        self.assertEqual(self.customer._crm_get_own_cards_sudo(), self.card)
        self.assertFalse(self.friend._crm_get_own_cards_sudo())
        # movements stay the holder's
        found = self.url_open(f"/my/loyalty_card/{self.card.id}/history")
        self.assertTrue(found.url.endswith("/my"), found.url)
        self.assertNotIn(f"/my/loyalty_card/{self.card.id}/history", page)

    def test_a_stranger_to_loyalty_sees_an_empty_page(self):
        new_test_user(
            self.env, "stranger", groups="base.group_portal", password="stranger"
        )
        self.authenticate("stranger", "stranger")
        page = self.url_open("/my/loyalty").text
        self.assertIn("You have no points yet", page)
        self.assertIn("You have no level yet", page)

    def test_without_login_and_without_right(self):
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open("/my/loyalty").url)
        for model in ("crm.loyalty.entry", "crm.customer.level", "crm.referral",
                      "crm.referral.code", "crm.loyalty.balance"):  # fmt: skip
            rights = self.env[model].with_user(self.portal)
            self.assertFalse(rights.has_access("read"), model)

    def test_three_languages(self):
        for lang, text in (
            ("en_US", "more to Gold"),
            ("uk_UA", "до рівня Gold"),
            ("ru_RU", "до уровня Gold"),
        ):
            self.env["res.lang"]._activate_lang(lang)
            self.portal.lang = lang
            self.authenticate("romashka", "romashka")  # a session keeps its language
            answer = self.url_open("/my/loyalty")
            self.assertEqual(answer.status_code, 200)
            self.assertTrue(text in answer.text, f"{lang}: the way to the next level")

    # ---- the friend ---------------------------------------------------------------

    def test_a_friend_comes_by_the_link_and_both_are_rewarded(self):
        team = self.env["crm.team"].create({"name": "Friends"})
        form = self.env["crm.web.form"].create({"name": "Friends", "team_id": team.id})
        self.program.crm_friend_form_id = form
        code = self.env["crm.referral.code"]._get_code(self.customer)
        self.assertEqual(self.env["crm.referral.code"]._get_code(self.customer), code)
        page = self.url_open(f"/crm/friend/{code.lower()}").text
        self.assertIn('name="crm_friend"', page)
        self.assertNotIn(self.customer.name, page)
        self.url_open(
            "/crm/contact",
            data={"key": form.key, "name": "New Friend", "phone": "+380501234567",
                  "crm_friend": code},
        )  # fmt: skip
        lead = self.env["crm.lead"].search([("crm_referrer_id", "=", self.customer.id)])
        self.assertEqual(lead.contact_name, "New Friend")
        self.assertFalse(self.env["crm.referral"]._follow_leads(), "no customer yet")
        lead.partner_id = self._make_customer("New Friend")
        self.assertEqual(self.env["crm.referral"]._follow_leads(), 1)
        self.assertFalse(self.env["crm.referral"]._follow_leads())
        self.assertEqual(lead.crm_referral_ids.state, "waiting")

    def test_oneself_by_the_own_link_is_refused_and_written_down(self):
        lead = self.env["crm.lead"].create(
            {"name": "Me again", "partner_id": self.customer.id,
             "crm_referrer_id": self.customer.id}
        )  # fmt: skip
        self.env["crm.referral"]._follow_leads()
        self.assertEqual(
            (lead.crm_referral_ids.state, lead.crm_referral_ids.refusal),
            ("refused", "self"),
        )

    def test_an_unknown_code_leads_nowhere(self):
        self.assertEqual(self.url_open("/crm/friend/NOBODY22").status_code, 404)

    def test_a_merged_customer_keeps_the_codes_he_gave_away(self):
        code = self.env["crm.referral.code"]._get_code(self.friend)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.friend).ids, self.customer)
        found = self.env["crm.referral.code"]._find_partner(code)
        self.assertEqual(found, self.customer)

    def test_a_salesperson_types_the_code(self):
        code = self.env["crm.referral.code"]._get_code(self.customer)
        referral = self.env["crm.referral"].with_user(self.olena).new({"code": code})
        referral._onchange_code()
        self.assertEqual(
            referral.referrer_id._origin or referral.referrer_id, self.customer
        )
        referral.code = "WRONG234"
        self.assertIn("warning", referral._onchange_code())
