"""The ledger follows its people: new company, merge, erasure."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestInteractionPeople(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls._make_customer("Firm", is_company=True)
        cls.other = cls._make_customer("Other", is_company=True)
        cls.person = cls._make_customer("Oksana", parent_id=cls.firm.id)
        cls.row = cls._make_interaction("k1", partner_id=cls.person.id)

    def test_a_person_changes_company(self):
        self.assertEqual(self.row.customer_id, self.firm)
        self.person.parent_id = self.other
        self.assertEqual(self.row.customer_id, self.other)
        self.person.parent_id = False
        self.assertEqual(self.row.customer_id, self.person)

    def test_a_whole_branch_moves_by_one_statement(self):
        office = self._make_customer("Office", parent_id=self.firm.id)
        people = self.env["res.partner"].create(
            [{"name": f"P{i}", "parent_id": office.id} for i in range(20)]
        )
        rows = self.env["crm.interaction"]
        for number, person in enumerate(people):
            rows |= self._make_interaction(f"r{number}", partner_id=person.id)
        office.parent_id = self.other
        self.assertEqual(rows.customer_id, self.other)
        office.is_company = True
        self.assertEqual(rows.customer_id, office)

    def test_merge_moves_rows_and_customers(self):
        twin = self._make_customer("Oksana K.", email="o@example.org")
        child = self._make_customer("Assistant", parent_id=twin.id)
        rows = self._make_interaction(
            "k2", partner_id=twin.id
        ) | self._make_interaction("k3", partner_id=child.id)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([self.person.id, twin.id], self.person, extra_checks=False)
        self.assertFalse(twin.exists())
        self.assertEqual(rows.mapped("partner_id"), self.person | child)
        self.assertEqual(rows.customer_id, self.firm)
        self.assertEqual(child.commercial_partner_id, self.firm)

    def test_erasure_empties_the_words_and_keeps_the_sums(self):
        lead = self._make_lead()
        row = self._make_interaction(
            "k2", partner_id=self.person.id, lead_id=lead.id, raw_address="+380501112233",
            subject="s", preview="p", ended_at="2026-03-02 09:10:00",
            page="https://kolo.example/?name=Anna",
            res_model="crm.lead", res_id=lead.id,
        )  # fmt: skip
        own = self._make_interaction("k3", partner_id=self.other.id)
        admin = self._make_user("rel_admin", "base.group_user,base.group_system")
        form = self.env["crm.interaction.erase"]
        with self.assertRaises(AccessError):
            form.with_user(self.manager).create({"partner_ids": self.person.ids})
        wizard = form.with_user(admin).with_context(
            active_model="res.partner", active_ids=(self.person | self.other).ids
        ).create({})  # fmt: skip
        self.assertEqual(wizard.row_count, 3)
        # the ledger by one statement; which rules watch people, months to count anew,
        # acquaintances; eight more of marketing's own (repeat sales, voices, letters of
        # scenarios that wait) where it is installed
        with self.assertQueryCount(12):
            count = (self.person | self.other)._erase_interactions()
        self.assertEqual(count, 3)
        empty = row.read(
            [
                "raw_address",
                "subject",
                "preview",
                "page",
                "partner_id",
                "lead_id",
                "res_id",
                "res_model",
            ]
        )[0]
        empty.pop("id")
        self.assertFalse(any(empty.values()))
        self.assertEqual(row.external_key, f"erased:{row.id}")
        self.assertEqual((row.handling_seconds, row.customer_id), (600, self.firm))
        self.assertFalse(own.customer_id)
        self.assertEqual(wizard.action_erase()["tag"], "display_notification")

    def test_letters_that_failed_are_forgotten_too(self):
        def letter(*partners, **values):
            return self.env["mail.mail"].create(
                {"subject": "Dear Anna", "body_html": "<p>Anna</p>", "body": "Anna",
                 "state": "exception", "email_to": "anna@example.com",
                 "message_type": "email_outgoing",
                 "recipient_ids": [(6, 0, [one.id for one in partners])], **values}
            )  # fmt: skip

        failed, waiting = letter(self.person), letter(self.person, state="outgoing")
        to_both = letter(self.person, self.other)
        talk = self.person.message_post(body="Anna asked", message_type="comment")
        notice = letter(self.person, is_notification=True, mail_message_id=talk.id)
        self.person._erase_interactions()
        for mail in (failed, waiting):
            self.assertEqual(mail.state, "cancel", "nor is it sent any more")
            self.assertFalse(
                mail.body_html or mail.email_to or mail.subject or mail.body
            )
        self.assertIn("Anna", to_both.body_html)
        self.assertIn("Anna", notice.body)
        self.assertEqual(notice.state, "exception")
