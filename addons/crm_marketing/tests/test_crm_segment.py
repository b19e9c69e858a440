import base64
import doctest
from datetime import date

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command, Domain
from odoo.tests import Form, tagged

from odoo.addons.crm_relations.tests.common import TIME_ZERO

from ..tools import people_file, segment_order
from .segment_common import NOW, SegmentCommon


@tagged("post_install", "-at_install")
class TestSegment(SegmentCommon):
    def test_examples_in_the_text(self):
        for module in (segment_order, people_file):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)

    def test_customers_are_companies_and_private_people(self):
        self._assert_members(self._make_segment(), self.vera | self.petya | self.firm)
        self._assert_members(self._make_segment(scope="person"), self.everybody)

    def test_neither_colleagues_nor_our_own_company(self):
        both = self.olena.partner_id | self.company.partner_id | self.vera
        segment = self._make_segment(domain=repr([("id", "in", both.ids)]))
        self._assert_members(segment, self.vera)

    def test_bought(self):
        other = self.env["product.product"].create(
            {"name": "Tyre", "type": "service", "list_price": 10}
        )
        self._make_invoice("2026-03-10", 100, partner=self.vera)
        self._make_invoice("2026-03-11", 50, partner=self.vera)
        tyre = {"product_id": other.id, "price_unit": 900}
        self._make_invoice("2026-03-10", tyre, partner=self.clerk)
        self._make_invoice("2025-03-10", 500, partner=self.petya)
        cases = [
            ({}, self.vera | self.firm | self.petya),
            ({"days": 60}, self.vera | self.firm),
            ({"product_ids": [Command.set(self.product.ids)]}, self.vera | self.petya),
            ({"categ_ids": [Command.set(other.categ_id.ids)]},
             self.vera | self.petya | self.firm),
            ({"times": 2}, self.vera),
            ({"amount_min": 150}, self.vera | self.petya | self.firm),
            ({"amount_min": 151, "amount_max": 600}, self.petya),
            ({"date_from": "2026-03-01", "date_to": "2026-03-10"},
             self.vera | self.firm),
            ({"is_not": "not"}, self.env["res.partner"]),
            ({"days": 60, "is_not": "not"}, self.petya),
        ]  # fmt: skip
        for values, expected in cases:
            with self.subTest(values=values):
                segment = self._make_segment({"kind": "bought", **values})
                self._assert_members(segment, expected)
        person = self._make_segment(
            {"kind": "bought", "amount_min": 800}, scope="person"
        )
        self._assert_members(person, self.firm | self.clerk)

    def test_given_back_whole_is_not_bought(self):
        invoice = self._make_invoice("2026-03-10", 100, partner=self.vera)
        invoice._reverse_moves([{"date": date(2026, 3, 11)}])._post()
        block = {"kind": "bought", "product_ids": [Command.set(self.product.ids)]}
        self._assert_members(self._make_segment(block), self.env["res.partner"])

    def test_a_draft_and_another_company_do_not_count(self):
        self._make_invoice("2026-03-10", 100, partner=self.vera, post=False)
        self._assert_members(
            self._make_segment({"kind": "bought"}), self.env["res.partner"]
        )

    def _rhythm(self, partner, *days):
        for day in days:
            self._make_invoice(day, 10, partner=partner)
        self.months._pass(date(2026, 3, 20))

    def test_stays_away_longer_than_usual(self):
        self._rhythm(self.vera, "2026-01-01", "2026-01-11", "2026-01-21")
        self._rhythm(self.petya, "2025-06-01", "2025-12-01")
        block = {"kind": "silent", "intervals": 1.5}
        self._assert_members(self._make_segment(block), self.vera)
        on_the_day = self._make_segment(block, now=TIME_ZERO.replace(day=1, month=2))
        self._assert_members(on_the_day, self.env["res.partner"])
        self._assert_members(
            self._make_segment({**block, "is_not": "not"}), self.petya | self.firm
        )

    def test_contacts(self):
        self._make_interaction("1", partner_id=self.clerk.id, answered_at=TIME_ZERO)
        self._make_interaction("2", "email", partner_id=self.vera.id, direction="out")
        self._make_interaction("3", partner_id=self.petya.id, is_automatic=True)
        block = {"kind": "contacted"}
        call = [Command.set(self._channel("call").ids)]
        cases = [
            ({}, self.firm | self.vera),
            ({"direction": "in"}, self.firm),
            ({"channel_ids": call}, self.firm),
            ({"is_answered": True}, self.firm),
            ({"days": 5}, self.env["res.partner"]),
            ({"times": 2}, self.env["res.partner"]),
        ]
        for values, expected in cases:
            with self.subTest(values=values):
                self._assert_members(self._make_segment({**block, **values}), expected)
        self._assert_members(
            self._make_segment(block, scope="person"), self.clerk | self.vera
        )

    def test_mailings(self):
        mailing = self.env["mailing.mailing"].create(
            {"subject": "Tyres", "mailing_model_id": self.env["ir.model"]._get_id("res.partner")}
        )  # fmt: skip
        contact = self.env["mailing.contact"].create({"email": "vera@example.com"})
        traces = self.env["mailing.trace"]
        base = {"mass_mailing_id": mailing.id, "trace_status": "open"}
        traces.create(
            [
                {**base, "model": "res.partner", "res_id": self.clerk.id,
                 "sent_datetime": TIME_ZERO, "open_datetime": TIME_ZERO},
                {**base, "model": "mailing.contact", "res_id": contact.id,
                 "email": "vera@example.com", "sent_datetime": TIME_ZERO},
                {**base, "model": "res.partner", "res_id": self.petya.id,
                 "open_datetime": TIME_ZERO, "is_test_trace": True},
            ]
        )  # fmt: skip
        block = {"kind": "mailing", "mailing_ids": [Command.set(mailing.ids)]}
        for event, expected in {
            "open": self.firm, "sent": self.firm | self.vera,
            "click": self.env["res.partner"],
        }.items():  # fmt: skip
            with self.subTest(event=event):
                segment = self._make_segment({**block, "mailing_event": event})
                self._assert_members(segment, expected)
        self.assertFalse(segment.is_followed)

    def test_class_region_measure(self):
        self.env["crm.customer.class.log"].create(
            {"customer_id": self.firm.id, "company_id": self.company.id,
             "date": "2026-03-25", "old_class": "A", "new_class": "B"}
        )  # fmt: skip
        changed = {"kind": "class", "class_from": "A", "days": 30}
        self._assert_members(self._make_segment(changed), self.firm)
        self._assert_members(
            self._make_segment({**changed, "class_to": "C"}), self.env["res.partner"]
        )
        self._assert_members(
            self._make_segment({"kind": "region", "places": "lviv, 79"}),
            self.petya | self.firm,
        )
        self._rhythm(self.vera, "2026-01-01", "2026-01-11")
        figure = {"kind": "measure", "measure": "order_count", "measure_min": 2}
        self._assert_members(self._make_segment(figure), self.vera)

    def test_a_percent_sign_in_a_place_is_a_letter(self):
        self._assert_members(
            self._make_segment({"kind": "region", "places": "%"}),
            self.env["res.partner"],
        )

    def test_red_volkswagen(self):
        self._make_car(self.clerk)
        self._make_car(self.vera, colour="blue")
        self._make_car(self.petya, "Ford Focus")
        block = {"kind": "asset", "asset_words": "red volkswagen"}
        self._assert_members(self._make_segment(block), self.firm)
        self._assert_members(self._make_segment(block, scope="person"), self.clerk)
        by_field = {"kind": "asset", "asset_domain": "[('name', '=', 'Ford Focus')]"}
        self._assert_members(self._make_segment(by_field), self.petya)
        with self.assertRaises(ValidationError):
            self._make_segment(
                {"kind": "asset", "asset_domain": "[('nothing', '=', 1)]"}
            )

    def test_all_any_and_not(self):
        self._make_car(self.vera)
        asset = {"kind": "asset", "asset_words": "red volkswagen"}
        lviv = {"kind": "region", "places": "Lviv"}
        self._assert_members(self._make_segment(asset, lviv), self.env["res.partner"])
        self._assert_members(
            self._make_segment(asset, lviv, match="any"),
            self.vera | self.petya | self.firm,
        )
        self._assert_members(
            self._make_segment({**asset, "is_not": "not"}, lviv),
            self.petya | self.firm,
        )

    # ------------------------------------------------------------ of segments

    def test_segments_of_segments_in_their_order(self):
        lviv = self._make_segment({"kind": "region", "places": "Lviv"}, name="Z Lviv")
        others = [Command.set(lviv.ids)]
        rest = self._make_segment(
            {"kind": "segment", "other_ids": others, "is_not": "not"}, name="A rest"
        )
        people = self._make_segment(
            {"kind": "segment", "other_ids": others}, scope="person"
        )
        self._assert_members(rest, self.vera)
        self._assert_members(people, self.petya | self.firm | self.clerk)
        self.petya.city = "Odesa"
        self.env["crm.segment"]._refresh_all(NOW)
        self._assert_members(rest, self.vera | self.petya)
        self._assert_members(people, self.firm | self.clerk)

    def test_a_cycle_is_refused(self):
        one = self._make_segment(name="One")
        block = {"kind": "segment", "other_ids": [Command.set(one.ids)]}
        two = self._make_segment(block, name="Two")
        with self.assertRaisesRegex(ValidationError, "made of itself"):
            one.block_ids = [
                Command.create({"kind": "segment", "other_ids": [Command.set(two.ids)]})
            ]
            self.env.flush_all()
        with self.assertRaises(ValidationError):
            one.domain = repr([("crm_segment_ids", "in", one.ids)])

    # ------------------------------------------------------------ on customers

    def test_filters_and_groups_of_customers(self):
        lviv = self._make_segment({"kind": "region", "places": "Lviv"}, name="In Lviv")
        partners = self.env["res.partner"]
        inside = Domain("id", "in", self.everybody.ids)
        for domain, expected in (
            (("crm_segment_ids", "in", lviv.ids), self.petya | self.firm),
            (("crm_segment_ids", "=", lviv.id), self.petya | self.firm),
            (("crm_segment_ids", "not in", lviv.ids), self.vera | self.clerk),
            (("crm_segment_ids", "ilike", "in lv"), self.petya | self.firm),
            (("crm_segment_ids.name", "=", "In Lviv"), self.petya | self.firm),
            (("crm_segment_ids", "=", False), self.vera | self.clerk),
            (("crm_segment_ids", "!=", False), self.petya | self.firm),
        ):
            with self.subTest(domain=domain):
                found = partners.search(inside & Domain(*domain))
                self.assertEqual(
                    set(found.mapped("name")), set(expected.mapped("name"))
                )
        groups = dict(partners._read_group(inside, ["crm_segment_ids"], ["__count"]))
        self.assertEqual(groups[lviv], 2)
        self.assertTrue(
            partners.fields_get(["crm_segment_ids"])["crm_segment_ids"]["groupable"]
        )
        self.assertEqual(self.firm.crm_segment_ids, lviv)
        lead = self._make_lead(partner_id=self.firm.id)
        leads = self.env["crm.lead"].search(
            [("partner_id.crm_segment_ids", "in", lviv.ids)]
        )
        self.assertEqual(leads, lead)

    def test_queries_of_a_list(self):
        self._make_segment({"kind": "region", "places": "Lviv"})
        people = self.env["res.partner"].create([{"name": str(n)} for n in range(50)])
        self.env.flush_all()
        self.env.invalidate_all()
        self.env["crm.segment"].search([]).mapped("name")
        with self.assertQueryCount(2):
            (people | self.firm).mapped("crm_segment_ids.id")

    # ------------------------------------------------------------ editing

    def test_count_and_samples_while_editing(self):
        form = Form(self.env["crm.segment"].with_user(self.marketer))
        form.name = "New"
        form.domain = repr(self.mine)
        self.assertEqual(form.preview_count, 3)
        with form.block_ids.new() as block:
            block.kind = "region"
            block.places = "Lviv"
        self.assertEqual(form.preview_count, 2)
        self.assertEqual(
            [partner.name for partner in form.sample_ids], ["Firm", "Petya"]
        )
        form.domain = "[('nothing', '=', 1)]"
        self.assertTrue(form.preview_note)

    def test_the_preview_has_the_readers_rights(self):
        segment = self._make_segment()
        self.env["ir.rule"].create(
            {"name": "Not Vera", "model_id": self.env["ir.model"]._get_id("res.partner"),
             "domain_force": f"[('id', '!=', {self.vera.id})]"}
        )  # fmt: skip
        seen = segment.with_user(self.marketer)
        seen.invalidate_recordset()
        self.assertEqual(seen.preview_count, 2)
        self.assertNotIn(self.vera, seen.sample_ids)
        self.assertEqual(segment.size, 3)

    def test_a_field_one_may_not_read_cannot_be_guessed(self):
        with self.assertRaises(AccessError):
            self.env["crm.segment"].with_user(self.marketer).create(
                {"name": "Guess", "domain": "[('signup_type', '=', 'reset')]"}
            )

    # ------------------------------------------------------------ files

    def _import(self, content, name="people.csv", **values):
        segment = self._make_segment({"kind": "file"}, refresh=False)
        wizard = self.env["crm.segment.import"].with_user(self.marketer).create(
            {"block_id": segment.block_ids.id, "file_name": name,
             "content": base64.b64encode(content), **values}
        )  # fmt: skip
        wizard.action_import()
        return segment, wizard

    def test_a_file_of_phones_and_addresses(self):
        lines = [
            "phone;mail", "0501234567;", ";nobody@example.com", "", "Olena;",
            f"id:{self.firm.id};", "id:99999999;",
        ]  # fmt: skip
        self.company.country_id = self.env.ref("base.ua")
        segment, wizard = self._import("\n".join(lines).encode())
        self._assert_members(segment, self.vera | self.firm)
        self.assertIn("3 lines found nobody: 3, 5, 7", wizard.report)
        self.assertEqual(segment.block_ids.file_name, "people.csv")

    def test_a_file_of_another_kind_is_refused(self):
        with self.assertRaisesRegex(Exception, "neither"):
            self._import(b"\x00\x01\x02", "x.bin")

    def test_a_list_is_not_for_salespeople(self):
        segment = self._make_segment({"kind": "file"}, refresh=False)
        with self.assertRaises(AccessError):
            self.env["crm.segment.import"].with_user(self.olena).create(
                {"block_id": segment.block_ids.id, "content": b"eA=="}
            )

    # ------------------------------------------------------------ people, companies

    def test_who_may_what(self):
        segment = self._make_segment()
        own = self.env["crm.segment"].with_user(self.marketer).create({"name": "Own"})
        own.action_refresh()
        self.assertTrue(segment.with_user(self.olena).name)
        for user in (self.olena, self.accountant):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                segment.with_user(user).action_refresh()
        with self.assertRaises(AccessError):
            self.env["crm.segment.member"].with_user(self.marketer).create({})

    def test_another_companys_segment(self):
        company = self.env["res.company"].create({"name": "Other"})
        segment = self._make_segment(company_id=company.id)
        with self.assertRaises(AccessError):
            segment.with_user(self.marketer).read(["name"])
        self.firm.invalidate_recordset()
        self.assertFalse(self.firm.with_user(self.marketer).crm_segment_ids)
        self.vera.company_id = self.company
        segment._refresh(NOW)
        self._assert_members(segment, self.petya | self.firm)
