from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from .loyalty_common import LoyaltyCommon

TODAY = date(2026, 3, 20)


@tagged("post_install", "-at_install")
class TestLoyaltyGift(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.write(
            {
                "crm_birthday_points": 50,
                "crm_referral_points": 100,
                "crm_referred_points": 30,
            }
        )
        cls.referrals = cls.env["crm.referral"]
        cls.friend = cls._make_customer("Friend", phone="+380671112233")

    # ---- birthdays ------------------------------------------------------------

    def test_a_birthday_once_a_year(self):
        self.customer.crm_birthday = "20.03.1988"
        cards = self.env["loyalty.card"]
        self.assertEqual(cards._crm_give_birthdays(TODAY), 1)
        self.assertFalse(cards._crm_give_birthdays(TODAY))
        self.assertFalse(cards._crm_give_birthdays(date(2026, 3, 21)), "the same year")
        self.assertEqual(cards._crm_give_birthdays(date(2027, 3, 20)), 1)
        self.assertEqual(self._ledger(), [("birthday", 50), ("birthday", 50)])
        self.assert_agrees()

    def test_nobody_without_a_card_and_no_birthday_long_past(self):
        self.friend.crm_birthday = "20.03"
        self.customer.crm_birthday = "10.03.1988"
        self.assertFalse(self.env["loyalty.card"]._crm_give_birthdays(TODAY))

    # ---- friends ----------------------------------------------------------------

    def _bring(self, referrer=None, friend=None, **values):
        return self.referrals.create(
            {
                "referrer_id": (referrer or self.customer).id,
                "friend_id": (friend or self.friend).id,
                "date": TODAY,
                **values,
            }
        )

    def _buys(self, customer, day=TODAY):
        self._make_invoice(day, 100, partner=customer)
        self._work_out(TODAY)

    def test_both_are_rewarded_once_with_the_first_invoice(self):
        referral = self._bring()
        self.assertFalse(self.referrals._reward(), "nothing bought yet")
        self._buys(self.friend)
        self.assertEqual(self.referrals._reward(), 1)
        self.assertFalse(self.referrals._reward())
        self.assertEqual(referral.state, "rewarded")
        self.assertEqual(self._ledger(), [("referral", 100)])
        friends = self.env["loyalty.card"].search([("partner_id", "=", self.friend.id)])
        self.assertEqual(self._ledger(friends), [("referred", 30)])
        self.assert_agrees()

    def test_oneself_and_colleagues_are_no_friends(self):
        colleague = self._make_customer("Clerk", parent_id=self.customer.id)
        for friend in (self.customer, colleague):
            with self.assertRaisesRegex(UserError, "same customer"):
                self._bring(friend=friend)

    def test_who_shares_a_phone_is_refused(self):
        twin = self._make_customer("Twin", phone="+38 067 111 22 33")
        with self.assertRaisesRegex(UserError, "share a phone"):
            self._bring(referrer=self.friend, friend=twin)

    def test_rings_are_refused_however_long(self):
        third = self._make_customer("Third")
        self._bring()
        self._bring(referrer=self.friend, friend=third)
        with self.assertRaisesRegex(UserError, "each other"):
            self._bring(referrer=third, friend=self.customer)

    def test_a_customer_already_and_a_second_hand(self):
        self._buys(self.friend, date(2026, 2, 1))
        with self.assertRaisesRegex(UserError, "already"):
            self._bring()
        other = self._make_customer("Other")
        self._bring(friend=other)
        with self.assertRaisesRegex(UserError, "Somebody else"):
            self._bring(referrer=self.friend, friend=other)

    def test_what_becomes_known_before_the_reward_counts(self):
        referral = self._bring()
        self.customer.phone = self.friend.phone
        self._buys(self.friend)
        self.assertFalse(self.referrals._reward())
        self.assertEqual((referral.state, referral.refusal), ("refused", "contact"))
        self.assertFalse(self._ledger())

    def test_salespeople_write_them_down_and_change_nothing(self):
        referral = self.referrals.with_user(self.olena).create(
            {"referrer_id": self.customer.id, "friend_id": self.friend.id}
        )
        with self.assertRaises(UserError):
            referral.write({"state": "rewarded"})
        self.assertFalse(self.referrals.with_user(self.petro).search([]))
        self.assertEqual(self.referrals.with_user(self.marketer).search([]), referral)

    # ---- what other modules give for --------------------------------------------

    def test_the_hook_gives_once_for_a_source(self):
        cards = self.env["loyalty.card"]
        answer = self._make_customer("Answer")  # any stored record may be the source
        clerk = self._make_customer("Clerk", parent_id=self.customer.id)
        self.assertEqual(cards._crm_grant(clerk, "survey", answer, 15), 15)
        self.assertEqual(cards._crm_grant(self.customer, "survey", answer, 15), 0)
        self.assertEqual(cards._crm_grant(clerk, "survey", answer, 15, key="two"), 15)
        self.assertEqual(self._ledger(), [("survey", 15), ("survey", 15)])
        self.assert_agrees()

    def test_the_hook_asks_the_program_how_many(self):
        cards = self.env["loyalty.card"]
        answer = self._make_customer("Answer")
        self.assertEqual(cards._crm_grant(self.customer, "survey", answer), 0)
        self.program.crm_survey_points = 40
        self.assertEqual(cards._crm_grant(self.customer, "survey", answer), 40)
        self.assertEqual(self._ledger(), [("survey", 40)])
        self.program.action_archive()
        self.assertEqual(cards._crm_grant(self.customer, "review", answer, 5), 0)

    def test_the_hook_works_for_whoever_answers_and_makes_a_card(self):
        cards = self.env["loyalty.card"].with_user(self.env.ref("base.public_user"))
        friend = self.friend.with_env(cards.env).sudo()
        self.assertEqual(cards._crm_grant(friend, "survey", friend, 15), 15)
        self.assertEqual(cards._crm_grant(friend, "survey", friend, 0, key="b"), 0)
        self.friend.active = False
        self.assertEqual(cards._crm_grant(friend, "survey", friend, 15, key="c"), 0)
        card = self.env["loyalty.card"].search([("partner_id", "=", self.friend.id)])
        self.assertEqual(self._ledger(card), [("survey", 15)])
