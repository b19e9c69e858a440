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

    def test_two_who_turn_out_to_be_one_have_one_birthday(self):
        twin = self._make_customer("Twin", crm_birthday="20.03.1988")
        self._make_card(customer=twin)
        spare = self._make_card(customer=self._make_customer("Spare"))
        cards = self.env["loyalty.card"]
        self.assertEqual(cards._crm_give_birthdays(TODAY), 1)
        self.customer.crm_birthday = "20.03.1988"
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | twin).ids, self.customer)
        spare.partner_id = self.customer  # a second card of the same person
        self.assertFalse(cards._crm_give_birthdays(TODAY))
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
        invoice = self._make_invoice(day, 100, partner=customer)
        self._work_out(TODAY)
        return invoice

    def _pay(self, invoice):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"payment_date": TODAY})._create_payments()

    def test_both_are_rewarded_once_with_the_first_paid_invoice(self):
        referral = self._bring()
        self.assertFalse(self.referrals._reward(), "nothing bought yet")
        invoice = self._buys(self.friend)
        self.assertFalse(self.referrals._reward(), "nothing paid yet")
        self._pay(invoice)
        self.assertEqual(self.referrals._reward(), 1)
        self.assertFalse(self.referrals._reward())
        self.assertEqual(referral.state, "rewarded")
        self.assertEqual(self._ledger(), [("referral", 100)])
        friends = self.env["loyalty.card"].search([("partner_id", "=", self.friend.id)])
        self.assertEqual(self._ledger(friends), [("referred", 30)])
        self.assert_agrees()

    def test_what_is_credited_takes_both_rewards_back(self):
        referral = self._bring()
        invoice = self._buys(self.friend)
        self._pay(invoice)
        self.referrals._reward()
        for price, state in ((40, "rewarded"), (60, "waiting")):
            note = invoice._reverse_moves([{"invoice_date": TODAY, "date": TODAY}])
            note.invoice_line_ids.price_unit = price
            note.action_post()
            self.assertFalse(self.referrals._reward())
            self.assertEqual(referral.state, state)
        self.assertFalse(self.referrals._reward(), "taken once")
        friends = self.env["loyalty.card"].search([("partner_id", "=", self.friend.id)])
        self.assertEqual(self._ledger(), [("referral", 100), ("refund", -100)])
        self.assertEqual(self._ledger(friends), [("referred", 30), ("refund", -30)])
        entry = self.entries.search(
            [("card_ref", "=", self.card.id), ("reason", "=", "refund")]
        )
        self.assertEqual(entry.reversal_of_id.reason, "referral")
        self._pay(self._buys(self.friend))
        self.assertEqual(self.referrals._reward(), 1)
        self.assertEqual((self.card.points, friends.points), (100, 30))
        self.assert_agrees()

    def test_only_what_is_left_is_taken_where_nobody_may_owe(self):
        self.program.crm_may_owe = False
        self._bring()
        invoice = self._buys(self.friend)
        self._pay(invoice)
        self.referrals._reward()
        self.card.points = 30
        invoice.button_draft()
        invoice.button_cancel()
        self._work_out(TODAY)
        self.referrals._reward()
        self.assertEqual(self.card.points, 0)
        self.assert_agrees()

    def test_those_who_wait_are_asked_for_at_once(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertFalse(self.referrals._reward())
            return self.env.cr.sql_log_count - before

        self._bring()
        one = count()
        for number in range(5):
            self._bring(friend=self._make_customer(f"Friend {number}"))
        self.assertEqual(count(), one)

    def test_the_past_is_not_rewarded(self):
        """Who brought an old customer is written down long after he bought."""
        self._buys(self.friend, date(2026, 2, 1))
        lead = self._make_lead(partner_id=self.friend.id, user_id=self.olena.id)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = '2026-01-05' WHERE id = %s", [lead.id]
        )
        lead.invalidate_recordset()
        lead.with_user(self.olena).write(
            {"crm_referrer_id": self.customer.id, "crm_referrer_since": "2026-01-05"}
        )
        self.referrals._follow_leads()
        self.assertEqual(
            (lead.crm_referral_ids.state, lead.crm_referral_ids.refusal),
            ("refused", "known"),
        )

    def test_only_heads_say_that_it_was_earlier(self):
        values = {"referrer_id": self.customer.id, "date": TODAY}
        referrals = self.referrals.with_user(self.olena)
        mine = referrals.create({**values, "friend_id": self.friend.id})
        self.assertGreater(mine.date, TODAY)
        manager = self._make_user("ref_head", "sales_team.group_sale_manager")
        other = self._make_customer("Other")
        theirs = self.referrals.with_user(manager).create(
            {**values, "friend_id": other.id}
        )
        self.assertEqual(theirs.date, TODAY)

    def test_oneself_and_colleagues_are_no_friends(self):
        colleague = self._make_customer("Clerk", parent_id=self.customer.id)
        for friend in (self.customer, colleague):
            with self.assertRaisesRegex(UserError, "same customer"):
                self._bring(friend=friend)

    def test_who_shares_a_phone_is_refused(self):
        twin = self._make_customer("Twin", phone="+38 067 111 22 33")
        with self.assertRaisesRegex(UserError, "share a phone"):
            self._bring(referrer=self.friend, friend=twin)

    def test_who_works_for_us_brings_nobody(self):
        referrals = self.referrals.with_user(self.olena)
        values = {"referrer_id": self.olena.partner_id.id, "friend_id": self.friend.id}
        with self.assertRaisesRegex(UserError, "works for us"):
            referrals.create(values)
        with self.assertRaisesRegex(UserError, "works for us"):
            self._bring(friend=self.olena.partner_id)

    def test_what_the_night_decides_is_nobody_s_to_say(self):
        referral = self.referrals.with_user(self.olena).create(
            {"referrer_id": self.customer.id, "friend_id": self.friend.id,
             "state": "rewarded", "refusal": "known", "user_id": self.petro.id}
        )  # fmt: skip
        self.assertEqual(
            (referral.state, referral.refusal, referral.user_id),
            ("waiting", False, self.olena),
        )

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
        self._pay(self._buys(self.friend))
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
