"""A complaint becomes the product owner's task, and the customer is told."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .scenario_common import ScenarioCommon


@tagged("post_install", "-at_install")
class TestCrmVoice(ScenarioCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = cls._make_user("rel_keeper", "base.group_user")
        cls.tyres = cls.env["product.template"].create(
            {"name": "Winter tyres", "crm_owner_id": cls.keeper.id}
        )
        cls.voices = cls.env["crm.voice"]

    def _hear(self, user=None, **values):
        return self.voices.with_user(user or self.olena).create(
            {
                "words": "Winter tyres are sold out",
                "kind": "complaint",
                "partner_id": self.vera.id,
                "product_tmpl_id": self.tyres.id,
                **values,
            }
        )

    def test_the_owner_does_it_and_the_customer_is_told_once(self):
        voice = self._hear()
        task = voice.activity_ids
        self.assertEqual((task.user_id, voice.owner_id), (self.keeper, self.keeper))
        self.assertIn("sold out", task.note)
        mine = voice.with_user(self.keeper)
        with self.assertRaises(UserError):
            mine.action_done()
        mine.answer = "Four sets are in stock now"
        mine.action_done()
        self.assertEqual(voice.state, "done")
        self.assertFalse(voice.activity_ids)
        self.assertTrue(voice.told_at)
        letter = self._letters(self.vera)
        self.assertIn("Four sets", letter.body)
        mine.action_reopen()
        mine.action_done()
        self.assertEqual(len(self._letters(self.vera)), 1)
        contact = self.env["crm.interaction"].search(
            [("partner_id", "=", self.vera.id)]
        )
        self.assertEqual((len(contact), contact.user_id), (1, self.keeper))

    def test_whoever_may_not_be_written_to_is_called(self):
        self.env["crm.consent"].create(
            {"partner_id": self.vera.id, "state": "refused", "kind": "email"}
        )
        voice = self._hear(answer="Four sets are in stock now")
        voice.with_user(self.keeper).action_done()
        self.assertFalse(self._letters(self.vera))
        self.assertFalse(voice.told_at)
        call = self.vera.activity_ids
        self.assertEqual(call.user_id, self.olena)
        self.assertIn(f"res_id={voice.id}", call.note)
        for words in ("sold out", "Four sets"):
            self.assertNotIn(words, call.note, "words stay where they are forgotten")
        voice.with_user(self.keeper).action_reopen()
        voice.with_user(self.keeper).action_done()
        self.assertEqual(self.vera.activity_ids, call, "one call")
        call.with_user(self.olena).action_feedback(feedback="He is glad")
        self.assertTrue(voice.told_at)
        voice.with_user(self.keeper).action_reopen()
        voice.with_user(self.keeper).action_done()
        self.assertFalse(self.vera.activity_ids, "who was told stays told")

    def test_not_everybody_writes_letters_to_customers(self):
        """Who writes it down himself and speaks with no customers: a call instead."""
        made_up = self._hear(self.keeper, answer="Send us your money")
        made_up.with_user(self.keeper).action_done()
        self.assertFalse(self._letters(self.vera))
        self.assertEqual(self.vera.activity_ids.user_id, self.olena)
        with self.assertRaises(AccessError):
            made_up.with_user(self.keeper).read(["customer_class"])
        asked = self._hear()
        asked.with_user(self.keeper).kind = "wish"
        with self.assertRaises(AccessError):
            asked.with_user(self.keeper).partner_id = self.petya
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._make_customer("Stranger", company_id=other.id)
        with self.assertRaises(UserError):
            self._hear(self.keeper, partner_id=stranger.id)

    def test_weighed_by_who_says_it(self):
        self.env["crm.customer.metric"].search(
            [("customer_id", "=", self.vera.id)]
        ).unlink()
        self.env["crm.customer.metric"].create(
            {"customer_id": self.vera.id, "company_id": self.company.id,
             "crm_class": "A", "profit_year": 700}
        )  # fmt: skip
        loud, quiet = self._hear(), self._hear(partner_id=self.petya.id)
        self.assertEqual((loud.weight, quiet.weight), (5, 1))
        self.assertEqual(loud.sudo().profit, 700)
        with self.assertRaises(AccessError):
            loud.with_user(self.olena).read(["profit"])

    def test_what_was_measured_is_nobodys_to_write(self):
        voice = self._hear(told_at="2026-03-02", weight=9, customer_class="A")
        self.assertFalse(voice.told_at)
        self.assertEqual((voice.weight, voice.customer_class), (1, "N"))
        for name, value in (
            ("weight", 9), ("customer_class", "A"), ("told_at", "2026-03-02"),
        ):  # fmt: skip
            for user in (self.keeper, self.head):
                with self.assertRaises(AccessError):
                    voice.with_user(user).write({name: value})

    def test_tagged_later_and_by_category(self):
        voice = self._hear(product_tmpl_id=False)
        self.assertFalse(voice.activity_ids)
        category = self.env["product.category"].create(
            {"name": "Oils", "crm_owner_id": self.ivan.id}
        )
        below = self.env["product.category"].create(
            {"name": "Synthetic", "parent_id": category.id}
        )
        oil = self.env["product.template"].create({"name": "Oil", "categ_id": below.id})
        voice.product_tmpl_id = oil
        self.assertEqual(voice.activity_ids.user_id, self.ivan)
        voice.product_tmpl_id = self.tyres
        self.assertEqual(voice.activity_ids.user_id, self.keeper, "one task")

    def test_the_same_words_once(self):
        self._hear(source_key="x")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._hear(source_key="x")

    def test_whose_it_is(self):
        voice = self._hear()
        for user in (self.olena, self.keeper, self.head, self.marketer):
            self.assertTrue(self.voices.with_user(user).search([("id", "=", voice.id)]))
        for user in (self.petro, self.accountant):
            self.assertFalse(
                self.voices.with_user(user).search([("id", "=", voice.id)])
            )
            with self.assertRaises(AccessError):
                voice.with_user(user).write({"kind": "wish"})

    def test_who_is_forgotten_leaves_no_words(self):
        voice = self._hear(answer="We know, Vera")
        self.vera._erase_interactions()
        self.assertEqual((voice.words, voice.answer), ("…", False))
        self.assertFalse(voice.partner_id | voice.customer_id)
        self.assertNotIn("sold out", str(voice.activity_ids.note))
