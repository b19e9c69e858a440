from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import TIME_ZERO
from .test_crm_contact_point import PHONE, PHONE_2, PHONE_3
from .test_crm_partner_merge import MergeCommon

ONE_OF_EACH = ("crm.promise", "crm.customer.asset", "crm.consent", "crm.consent.link")


@tagged("post_install", "-at_install")
class TestMergeTheseTwo(MergeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stays = cls._make_customer("Olha", phone=PHONE, city="Lviv")
        cls.twin = cls._make_customer("Olga", phone=PHONE_2, email="olga@example.com")
        for partner in cls.stays | cls.twin:
            cls.points._learn(partner, "phone", PHONE_3, "ingest", TIME_ZERO)
        cls.env["crm.contact.point.seen"]._fold()

    def test_duplicates_are_shown_to_those_who_may_read_them(self):
        self.assertEqual(self.stays.with_user(self.olena).crm_duplicate_ids, self.twin)
        self.twin.company_id = self.env["res.company"].create({"name": "Other"})
        self.stays.invalidate_recordset()
        self.assertFalse(self.stays.with_user(self.olena).crm_duplicate_ids)

    def test_the_office_number_makes_no_duplicates(self):
        firm = self._make_customer("Firm", is_company=True, phone="044 123 45 67")
        people = self.env["res.partner"]
        for name in ("A", "B"):
            people |= self._make_customer(
                name, parent_id=firm.id, phone="044 123 45 67"
            )
        self.assertFalse((firm | people).crm_duplicate_ids)
        stranger = self._make_customer("Stranger", phone="044 123 45 67")
        self.assertEqual(stranger.crm_duplicate_ids, firm | people)

    def test_queries_of_duplicates_do_not_grow(self):
        for partners in (self.stays, self.stays | self.twin):
            self.env.invalidate_all()
            with self.assertQueryCount(4):
                partners.mapped("crm_duplicate_ids")

    def test_salesperson_merges_and_undoes(self):
        lead = self._make_lead(partner_id=self.twin.id)
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        self.twin.category_id = tag
        child = self._make_customer("Child", parent_id=self.twin.id)
        self.twin.message_post(body="Said hello")
        row = self._make_interaction("k", partner_id=self.twin.id)
        shared = self.points.search(
            [("partner_id", "=", self.twin.id), ("normalized", "=", PHONE_3)]
        )
        row.contact_point_id = shared
        messages = self.twin.message_ids.filtered(
            lambda message: "hello" in message.body
        )
        wizard = self._wizard(self.twin, self.stays)
        self.assertFalse(wizard.problem)
        self.assertIn("Interaction: 1", wizard.preview)
        wizard.action_merge()

        self.env.invalidate_all()
        self.assertEqual(self._numbers(self.stays), sorted(
            [PHONE, PHONE_2, PHONE_3, "olga@example.com"]))  # fmt: skip
        self.assertEqual(
            (self.stays.email, self.stays.phone, self.stays.city),
            ("olga@example.com", PHONE, "Lviv"),
            "empty fields are filled, full ones never",
        )
        self.assertEqual((lead.partner_id, child.parent_id), (self.stays, self.stays))
        self.assertEqual(child.commercial_partner_id, self.stays)
        self.assertIn("Olha", child.complete_name)
        self.assertEqual((row.partner_id, row.customer_id), (self.stays, self.stays))
        self.assertEqual(messages.res_id, self.stays.id)
        self.assertIn(tag, self.stays.category_id)
        self.assertFalse(self.twin.active)
        self.assertFalse(self._numbers(self.twin))

        log = self.env["crm.partner.merge.log"].search(
            [("source_id", "=", self.twin.id)]
        )
        self.assertEqual((log.user_id, log.reason), (self.olena, "One voice"))
        log.with_user(self.olena).action_undo()
        self.env.invalidate_all()
        self.assertTrue(self.twin.active)
        self.assertFalse(self.stays.email)
        self.assertNotIn(tag, self.stays.category_id)
        self.assertIn(tag, self.twin.category_id)
        self.assertEqual((lead.partner_id, child.parent_id), (self.twin, self.twin))
        self.assertIn("Olga", child.complete_name)
        self.assertEqual((row.partner_id, row.customer_id), (self.twin, self.twin))
        self.assertEqual(row.contact_point_id.partner_id, self.twin)
        self.assertEqual(messages.res_id, self.twin.id)
        self.assertEqual(self._numbers(self.stays), sorted([PHONE, PHONE_3]))
        self.assertEqual(
            self._numbers(self.twin), sorted([PHONE_2, PHONE_3, "olga@example.com"])
        )
        with self.assertRaises(UserError):
            log.with_user(self.olena).action_undo()

    def test_what_clashes_stays_with_the_twin(self):
        """The host's merge deletes every row of a table where one clashes."""
        lead = self._make_lead()
        other = self._make_lead()
        lead.message_subscribe((self.stays | self.twin).ids)
        other.message_subscribe(self.twin.ids)
        self._wizard(self.twin, self.stays).action_merge()
        self.env.invalidate_all()
        self.assertIn(self.stays, lead.message_partner_ids)
        self.assertIn(self.stays, other.message_partner_ids)
        followers = self.env["mail.followers"].search(
            [("partner_id", "=", self.twin.id)]
        )
        self.assertIn(
            lead.id,
            followers.filtered(lambda f: f.res_model == "crm.lead").mapped("res_id"),
        )

    def test_refusals(self):
        stranger = self._make_customer("Stranger", phone="093 000 00 01")
        user = self.petro.partner_id
        firm = self._make_customer("Firm", is_company=True, phone=PHONE_3)
        child = self._make_customer("Child", parent_id=firm.id, phone=PHONE_3)
        reader = self._make_user(
            "rel_reader", "base.group_user,sales_team.group_sale_salesman"
        )
        unverified = self._make_customer("Unverified", phone="093 000 00 01")
        for source, destination in (
            (stranger, self.stays),  # nothing in common
            (unverified, stranger),  # in common, but never reached through it
            (user, self.stays),
            (child, firm),
            (firm, child),
            (self.stays, self.stays),
        ):
            wizard = self._wizard(source, destination, reader)
            self.assertTrue(wizard.problem, source.name)
            with self.assertRaises(UserError):
                wizard.action_merge()
        with self.assertRaises(UserError):
            self._wizard(self.twin, self.stays, reason="  ").action_merge()
        with self.assertRaises(AccessError):
            self._wizard(self.twin, self.stays, self.accountant)

    def test_only_a_point_through_which_he_was_reached_counts(self):
        number = "+380930000001"
        one, two = (self._make_customer(name, phone=number) for name in ("One", "Two"))
        call = {
            "channel": "call", "direction": "out", "started_at": TIME_ZERO,
            "raw_address": number, "address_kind": "phone", "partner_id": one.id,
        }  # fmt: skip
        ledger, seen = self.env["crm.interaction"], self.env["crm.contact.point.seen"]
        ledger._feed([{**call, "external_key": "tried"}])
        seen._fold()
        self.assertTrue(self._wizard(two, one).problem, "nobody answered")
        ledger._feed([{**call, "external_key": "spoke", "answered_at": TIME_ZERO}])
        seen._fold()
        self.assertFalse(self._wizard(two, one).problem)
        two.crm_contact_point_ids.state = "unusable"
        self.assertTrue(self._wizard(two, one).problem)
        typed = self._make_customer("Typed")
        self.points.with_user(self.olena).create(
            {"partner_id": typed.id, "kind": "phone", "value": number}
        )
        self.assertTrue(self._wizard(typed, one).problem, "only typed by hand")

    def test_books_that_are_closed(self):
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.twin.id,
                "invoice_date": TIME_ZERO,
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": 10})],
            }
        )
        self.assertFalse(self._wizard(self.twin, self.stays).problem)
        firm = self._make_customer("Firm", is_company=True)
        self.stays.parent_id = firm
        self.assertTrue(self._wizard(self.twin, self.stays).problem)
        self.stays.parent_id = False
        move.action_post()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET inalterable_hash = 'x' WHERE id = %s", [move.id]
        )
        self.assertTrue(self._wizard(self.twin, self.stays).problem)

    def test_others_ask_the_administrator_once(self):
        stranger = self._make_customer("Stranger")
        wizard = self._wizard(stranger, self.stays)
        wizard.action_ask_administrator()
        wizard.action_ask_administrator()
        activity = self.stays.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertTrue(activity.user_id.has_group("base.group_system"))
        self.assertIn(str(stranger.id), activity.summary)

    def test_log_is_read_by_its_maker_and_the_manager(self):
        self._wizard(self.twin, self.stays).action_merge()
        log = self.env["crm.partner.merge.log"].search(
            [("source_id", "=", self.twin.id)]
        )
        for user, seen in (
            (self.olena, log),
            (self.petro, log.browse()),
            (self.manager, log),
        ):
            self.assertEqual(
                log.with_user(user)._filtered_access("read"), seen, user.login
            )
        for user in (self.olena, self.manager):
            with self.assertRaises(AccessError):
                log.with_user(user).write({"reason": "other"})
        with self.assertRaises(AccessError):
            log.with_user(self.petro).action_undo()
        log.with_user(self.manager).action_undo()
        self.assertEqual(log.undone_by_id, self.manager)

    def test_form_opens_with_the_first_duplicate(self):
        action = self.stays.with_user(self.olena).action_merge_these_two()
        with Form(
            self.env["crm.partner.merge"]
            .with_user(self.olena)
            .with_context(**action["context"])
        ) as form:
            self.assertEqual(form.source_id, self.twin)
            form.reason = "Same voice"
        form.save().action_swap()
        self.assertEqual(form.save().destination_id, self.twin)
