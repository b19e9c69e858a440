import random

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import TIME_ZERO
from .test_crm_contact_point import PHONE, PHONE_2, PHONE_3, PointCommon

ONE_OF_EACH = ("crm.promise", "crm.customer.asset", "crm.consent", "crm.consent.link")


class MergeCommon(PointCommon):
    def _numbers(self, partner):
        return sorted(
            self.points.search([("partner_id", "=", partner.id)]).mapped("normalized")
        )

    def _host_merge(self, destination, *sources):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        ids = [destination.id, *(source.id for source in sources)]
        wizard._merge(ids, destination, extra_checks=False)

    def _wizard(self, source, destination, user=None, reason="One voice"):
        return (
            self.env["crm.partner.merge"]
            .with_user(user or self.olena)
            .create(
                {
                    "source_id": source.id,
                    "destination_id": destination.id,
                    "reason": reason,
                }
            )
        )


@tagged("post_install", "-at_install")
class TestMergeContract(MergeCommon):
    def test_shared_and_private_points_stay(self):
        """Two partners who share a phone and own one each keep three points."""
        one = self._make_customer("One", phone=f"{PHONE}, {PHONE_2}")
        two = self._make_customer("Two", phone=f"{PHONE}, {PHONE_3}")
        self._host_merge(one, two)
        self.assertEqual(self._numbers(one), sorted([PHONE, PHONE_2, PHONE_3]))
        self.assertEqual(
            set(self._states(one).values()),
            {("ok", True), ("ok", False)},
            "none is former",
        )
        self.assertFalse(two.exists())

    def test_rows_of_the_ledger_keep_their_point_and_customer(self):
        firm = self._make_customer("Firm", is_company=True)
        person = self._make_customer("Person", parent_id=firm.id, phone=PHONE)
        lone = self._make_customer("Lone", phone=PHONE)
        row = self._make_interaction(
            "k", partner_id=lone.id, contact_point_id=lone.crm_contact_point_ids.id,
            res_model="res.partner", res_id=lone.id,
        )  # fmt: skip
        self._host_merge(person, lone)
        self.assertEqual((row.partner_id, row.customer_id), (person, firm))
        self.assertEqual(row.contact_point_id, person.crm_contact_point_ids)
        self.assertEqual(row.res_id, person.id)

    def test_leads_that_merge_keep_their_rows(self):
        head = self._make_lead("Head", type="opportunity", user_id=self.olena.id)
        tail = self._make_lead("Tail")
        row = self._make_interaction(
            "k", lead_id=tail.id, res_model="crm.lead", res_id=tail.id
        )
        merged = (head | tail).merge_opportunity()
        self.assertEqual((row.lead_id, row.res_id), (merged, merged.id))

    def test_property_nothing_is_lost(self):
        """Random partners, random belongings, both ways of merging."""
        pool = [f"+38050{number:07}" for number in range(6)]
        for seed in range(24):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self._check_merge(random.Random(seed), pool, seed)
                savepoint.rollback()
                self.env.invalidate_all()

    def _check_merge(self, rng, pool, seed):
        count = rng.choice((2, 2, 3))
        firms = [self._make_customer(f"F{n}", is_company=True) for n in range(2)]
        partners = [
            self._make_customer(
                f"P{seed}.{n}",
                phone=", ".join(rng.sample(pool, rng.randint(0, 3))),
                email=rng.choice((False, "same@example.com", f"p{n}@example.com")),
                parent_id=rng.choice((False, firms[0].id)),
            )
            for n in range(count)
        ]
        for partner in partners:
            for value in rng.sample(pool, rng.randint(0, 2)):
                self.points._learn(partner, "viber", value, "ingest", TIME_ZERO)
        for number in range(rng.randint(3, 9)):
            owner = rng.choice(partners)
            self._make_interaction(
                f"{seed}.{number}", partner_id=owner.id,
                contact_point_id=rng.choice(owner.crm_contact_point_ids.ids or [False]),
            )  # fmt: skip
            self._make_lead(partner_id=rng.choice(partners).id)
        self._give_one_of_each(rng, partners)
        destination, *sources = partners
        before = self._belongings(partners)
        for model in ONE_OF_EACH:
            self.assertEqual(before[f"{model}.partner_id"], 1, model)
        points = {
            (point.kind, point.normalized)
            for partner in partners
            for point in partner.crm_contact_point_ids
        }
        if seed % 2:
            self._host_merge(destination, *sources)
        else:
            for source in sources:
                log = self.env["crm.partner.merge.log"]._merge(
                    source, destination, "same"
                )
                self.assertFalse(log.source_id.active)
        self.env.invalidate_all()
        after = self._belongings([destination])
        self.assertEqual(after, before)
        self.assertEqual(
            sorted((p.kind, p.normalized) for p in destination.crm_contact_point_ids),
            sorted(points),
            "each point of any of them exactly once",
        )
        rows = self.env["crm.interaction"].search([("partner_id", "=", destination.id)])
        self.assertEqual(
            rows.customer_id,
            destination.commercial_partner_id if rows else rows.customer_id,
        )
        self.assertTrue(rows.contact_point_id <= destination.crm_contact_point_ids)
        self.assertNotIn(destination.id, self.points._get_stale_partner_ids())

    def _give_one_of_each(self, rng, partners):
        kind = self.env["crm.customer.asset.type"].create({"name": "Car"})
        values = {
            "crm.promise": {"name": "Pays the rest"},
            "crm.customer.asset": {"name": "Golf", "type_id": kind.id},
            "crm.consent": {"state": "given", "at": TIME_ZERO},
            "crm.consent.link": {"company_id": self.company.id, "nonce": "n"},
        }
        for model in ONE_OF_EACH:
            owner = rng.choice(partners)
            self.env[model].create({"partner_id": owner.id, **values[model]})

    def _belongings(self, partners):
        """{our table.column: how many rows name one of the partners}

        Every model of this module that points at a partner, whoever adds it; points are
        compared as a set by the test itself.
        """
        self.env.flush_all()
        counts = {}
        ids = [partner.id for partner in partners]
        for model in self.env.registry.values():
            ours = (
                model._original_module.startswith("crm_relations")
                or model._name == "crm.lead"
            )
            if not ours or model._abstract or model._transient or not model._auto:
                continue
            if model._name in ("crm.contact.point", "crm.partner.merge.log"):
                continue
            for field in model._fields.values():
                if (
                    field.type == "many2one"
                    and field.store
                    and field.comodel_name == "res.partner"
                ):
                    records = (
                        self.env[model._name].sudo().with_context(active_test=False)
                    )
                    domain = [(field.name, "in", ids)]
                    if field.name in ("customer_id", "commercial_partner_id"):
                        continue  # follows the person, compared by the test itself
                    counts[f"{model._name}.{field.name}"] = records.search_count(domain)
        self.assertGreaterEqual(len(counts), 2)
        rows = self.env["crm.interaction"].search([("partner_id", "in", ids)])
        counts["rows with a point"] = len(rows.filtered("contact_point_id"))
        return counts


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
