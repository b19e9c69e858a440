from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from ..tools.ledger import mail_key
from .common import TIME_ZERO, RelationsCommon


@tagged("post_install", "-at_install")
class TestCrmTimeline(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer(is_company=True, user_id=cls.olena.id)
        cls.person = cls._make_customer("Oksana", parent_id=cls.customer.id)
        cls.timeline = cls.env["crm.timeline"]

    def _load(self, user=None, **options):
        timeline = self.timeline.with_user(user or self.olena)
        return timeline.load_card(self.customer.id, **options)

    def _own(self, key, minutes=0, **values):
        return self._make_interaction(
            key,
            partner_id=self.person.id,
            owner_id=self.olena.id,
            user_id=self.olena.id,
            team_id=self.north.id,
            started_at=TIME_ZERO + timedelta(minutes=minutes),
            **values,
        )

    def _items(self, result, *sources):
        return [item for item in result["items"] if item["source"] in sources]

    def test_newest_first_and_pages_meet_without_gap_or_double(self):
        rows = [self._own(f"k{n}", minutes=n // 3) for n in range(10)]
        seen, before = [], None
        while True:
            page = self._load(kinds=["call"], before=before, limit=3)
            seen += [item["id"] for item in page["items"]]
            before = page["cursor"]
            self.assertNotIn("head", page if before and len(seen) > 3 else {})
            if not before:
                break
        self.assertEqual(seen, [row.id for row in reversed(rows)])

    def test_sources_of_the_same_moment_are_paged_without_loss(self):
        self._own("k1")
        note = self.customer.message_post(body="Prefers mornings")
        lead = self._make_lead(partner_id=self.customer.id, type="opportunity")
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        self.env.flush_all()
        now = TIME_ZERO
        self.env.cr.execute(
            "UPDATE mail_message SET date = %s WHERE id = %s", [now, note.id]
        )
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = %s", [now, lead.id]
        )
        self.env.cr.execute(
            "UPDATE sale_order SET date_order = %s WHERE id = %s", [now, order.id]
        )
        self.env.invalidate_all()
        whole = [item["key"] for item in self._load(self.manager, limit=100)["items"]]
        paged, before = [], None
        while True:
            page = self._load(self.manager, limit=1, before=before)
            paged += [item["key"] for item in page["items"]]
            before = page["cursor"]
            if not before:
                break
        self.assertEqual(paged, whole)
        self.assertEqual(len(set(paged)), len(paged))
        self.assertGreaterEqual(
            {key.split("-")[0] for key in paged},
            {"interaction", "message", "lead", "order"},
        )

    def test_two_tiers_of_access(self):
        self._own("k1", subject="Wants a discount", preview="20 %", outcome="done")
        mine = self._items(self._load(self.olena), "interaction")[0]
        self.assertEqual((mine["title"], mine["preview"]), ("Wants a discount", "20 %"))
        for other in self.ivan | self.accountant:
            row = self._items(self._load(other), "interaction")[0]
            self.assertEqual(
                (row["channel"], row["who"]), ("Phone Call", self.olena.name)
            )
            self.assertFalse(row["is_open"])
            self.assertLessEqual(
                row.keys(),
                {"key", "source", "id", "at", "kind", "channel", "icon", "direction", "who",
                 "person", "is_automatic", "is_open"},
            )  # fmt: skip
            with self.assertRaises(AccessError):
                self.timeline.with_user(other).load_item("interaction", row["id"])

    def test_orders_of_others_show_that_they_are_and_nothing_else(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "user_id": self.olena.id}
        )
        mine = self._items(self._load(self.olena), "order")[0]
        self.assertEqual(
            (mine["title"], mine["document"]["id"]), (order.name, order.id)
        )
        row = self._items(self._load(self.ivan), "order")[0]
        self.assertFalse(row["is_open"])
        self.assertNotIn("title", row)

    def test_who_may_not_read_the_customer_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._make_customer("Stranger", company_id=other.id)
        with self.assertRaises(AccessError):
            self.timeline.with_user(self.manager).load_card(stranger.id)

    def test_portal_user_may_not_even_see_his_own_card(self):
        portal = new_test_user(self.env, login="rel_portal", groups="base.group_portal")
        with self.assertRaises(AccessError):
            self.timeline.with_user(portal).load_card(portal.partner_id.id)
        with self.assertRaises(AccessError):
            self.timeline.with_user(portal).load_item("interaction", self._own("k1").id)

    def test_rows_of_another_company_stay_there(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._own("k1", company_id=other.id)
        self.assertFalse(self._items(self._load(self.manager), "interaction"))

    def test_a_letter_in_the_ledger_is_not_shown_a_second_time(self):
        self._check_letter("<1@example.com>")

    def test_a_letter_with_a_very_long_message_id(self):
        self._check_letter(f"<{'x' * 300}@example.com>")

    def _check_letter(self, message_id):
        letter = self.customer.message_post(
            body="Hello", message_type="email", message_id=message_id
        )
        if not self._is_in_ledger(letter):
            self._own(
                mail_key(letter.message_id),
                channel="email",
                res_model="res.partner",
                res_id=self.customer.id,
            )
        self.customer.message_post(body="Called him back")
        result = self._load(self.manager)
        rows = self._items(result, "interaction")
        self.assertEqual(len(rows), 1)
        self.assertNotIn(
            letter.id, [item["id"] for item in self._items(result, "message")]
        )
        opened = self.timeline.with_user(self.manager).load_item(
            "interaction", rows[0]["id"]
        )
        self.assertEqual(opened["message_id"], letter.id)

    def _is_in_ledger(self, message):
        self.env.flush_all()
        key = mail_key(message.message_id)
        return self.env["crm.interaction"].search_count([("external_key", "=", key)])

    def test_note_of_a_contact_logged_by_hand_is_its_body(self):
        form = (
            self.env["crm.interaction.log"]
            .with_user(self.olena)
            .create({"partner_id": self.customer.id, "note": "Blue, matt"})
        )
        form.action_save()
        result = self._load()
        self.assertEqual(
            [item["preview"] for item in result["items"]].count("Blue, matt"), 1
        )
        (row,) = self._items(result, "interaction")
        opened = self.timeline.with_user(self.olena).load_item("interaction", row["id"])
        self.assertEqual(
            self.env["mail.message"].browse(opened["message_id"]).body,
            "<p>Blue, matt</p>",
        )

    def test_first_words_of_a_stranger_are_on_the_card_he_gets(self):
        lead = self._make_lead(contact_name="Oksana", email_from="oksana@new.example")
        row = self._make_interaction("k1", channel="form", lead_id=lead.id)
        lead._handle_partner_assignment(create_missing=True)  # as the host converts
        self.assertTrue(lead.partner_id)
        self.assertEqual((row.partner_id, row.customer_id), (lead.partner_id,) * 2)

    def test_filter_by_kind(self):
        self._own("k1")
        self._own("k2", channel="email")
        self.customer.message_post(body="Prefers mornings")
        self.env["sale.order"].create({"partner_id": self.person.id})
        for kind in ("call", "email", "note", "order"):
            kinds = {
                item["kind"] for item in self._load(self.manager, kinds=[kind])["items"]
            }
            self.assertEqual(kinds, {kind})
        self.assertFalse(self._load(self.manager, kinds=["meeting"])["items"])

    def test_person_sees_his_own_rows_only(self):
        self._own("k1")
        self._make_interaction("k2", partner_id=self.customer.id)
        result = self.timeline.with_user(self.manager).load_card(self.person.id)
        self.assertEqual(len(self._items(result, "interaction")), 1)
        result = self._load(self.manager)
        self.assertEqual(len(self._items(result, "interaction")), 2)

    def test_activities_planned_and_done(self):
        lead = self._make_lead(
            partner_id=self.customer.id, type="opportunity", user_id=self.olena.id
        )
        soon = fields.Date.today()
        first = lead.activity_schedule(
            "mail.mail_activity_data_call",
            soon,
            "Ask about tyres",
            user_id=self.olena.id,
        )
        self.customer.activity_schedule(
            "mail.mail_activity_data_todo",
            soon + timedelta(days=3),
            user_id=self.olena.id,
        )
        result = self._load()
        self.assertEqual([row["document"]["model"] for row in result["planned"]],
                         ["crm.lead", "res.partner"])  # fmt: skip
        self.assertEqual(result["head"]["next_step"]["summary"], "Ask about tyres")
        hidden = self._load(self.petro)["planned"][0]
        self.assertEqual((hidden["summary"], hidden["document"]), ("", False))
        first.with_user(self.olena).action_feedback("Tuesday")
        result = self._load(kinds=["activity"])
        self.assertEqual(len(result["planned"]), 1)
        done = result["items"][0]
        self.assertEqual(done["document"], {"model": "crm.lead", "id": lead.id})
        self.assertIn("Tuesday", done["preview"])

    def test_head_last_contact_is_a_human_one(self):
        self._own("k1", direction="out")
        self._own("k2", minutes=5, channel="email", is_automatic=True)
        contact = self._load(self.ivan)["head"]["last_contact"]
        self.assertEqual(
            (contact["at"], contact["channel"], contact["direction"], contact["who"]),
            ("2026-03-02 09:00:00", "Phone Call", "out", self.olena.name),
        )

    def test_head_counts_deals_one_may_read(self):
        for user, amount in ((self.olena, 84000), (self.petro, 5000)):
            self._make_lead(
                partner_id=self.person.id, type="opportunity", user_id=user.id,
                expected_revenue=amount,
            )  # fmt: skip
        self.assertEqual(self._load()["head"]["deals"], {"count": 1, "amount": 84000})
        self.assertEqual(self._load(self.manager)["head"]["deals"]["count"], 2)
        self.assertFalse(self._load(self.accountant)["head"]["deals"])

    def test_employee_without_sales_or_books_sees_no_money(self):
        clerk = mail_new_test_user(
            self.env, login="rel_clerk", groups="base.group_user"
        )
        self.assertFalse(self._load(clerk)["head"]["money"])
        self.assertEqual(
            self._load()["head"]["money"], {"owes": 0.0, "overdue": 0.0, "revenue": 0.0}
        )

    def test_head_and_first_page_in_few_queries(self):
        for number in range(40):
            self._own(f"k{number}", minutes=number, subject="Talk")
        for _number in range(3):
            lead = self._make_lead(partner_id=self.customer.id, type="opportunity")
            self.env["sale.order"].create({"partner_id": self.customer.id})
            lead.activity_schedule(
                "mail.mail_activity_data_call", user_id=self.olena.id
            )
            self.customer.message_post(body="Prefers mornings")
        self._load(self.olena)  # warms the caches of groups and rules
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(6):
            self._load(self.olena)
        before = self._load(self.olena)["cursor"]
        self.env.invalidate_all()
        with self.assertQueryCount(4):
            self._load(self.olena, before=before)

    def test_whole_form_costs_the_hosts_form_and_15_queries(self):
        self._own("k1")
        self._make_waiting_alarm()
        # as the browser asks: it sends language and time zone along
        partner = self.customer.with_user(self.olena).with_context(
            lang="en_US", tz="UTC"
        )
        form = self._count_form_queries(partner)
        card = self._count_card_queries(partner)
        ours = (
            self.env["ir.ui.view"]
            .search([("model", "=", "res.partner"), ("inherit_id", "!=", False)])
            .filtered(lambda view: view.xml_id.startswith("crm_relations."))
        )
        self.assertTrue(ours, "our views of the customer's form")
        ours.active = False
        self.env.registry.clear_cache("templates")
        host = self._count_form_queries(partner)
        self.assertLessEqual(
            form + card, host + 15, f"form {form}, card {card}, host {host}"
        )

    def _make_waiting_alarm(self):
        """An alarm of the customer that Olena was told of."""
        self.customer.user_id = self.olena
        lead = self._make_lead(
            "Waits", partner_id=self.customer.id, user_id=self.olena.id
        )
        rule = self.env["crm.alarm.rule"].create(
            {
                "name": "Lead waits",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "start_domain": f"[('id', '=', {lead.id})]",
                "valid_from": False,
                "step_ids": [
                    Command.create({"limit_minutes": limit, "target": target})
                    for limit, target in ((1, "responsible"), (999999, "leader"))
                ],
            }
        )
        self.env.flush_all()
        alarms = self.env["crm.alarm"]
        now = fields.Datetime.now()
        for moment in (now, now + timedelta(days=7)):
            while alarms._run(moment):
                pass
        found = alarms.search([("rule_id", "=", rule.id)])
        self.assertEqual((found.customer_id, found.level), (self.customer, 1))

    def _count_form_queries(self, partner):
        """Queries of reading the record as its form does, caches of the views warm."""
        view = self.env.ref("base.view_partner_form")
        views = partner.get_view(view.id, "form")
        specification = self._get_specification(
            partner, etree.fromstring(views["arch"])
        )
        partner.web_read(specification)
        self.env.invalidate_all()
        start = self.cr.sql_log_count
        partner.web_read(specification)
        return self.cr.sql_log_count - start

    def _count_card_queries(self, partner):
        timeline = partner.env["crm.timeline"]
        head = timeline.load_card(partner.id)["head"]
        self.assertEqual(len(head["alarms"]), 1)
        self.env.invalidate_all()
        start = self.cr.sql_log_count
        timeline.load_card(partner.id)
        return self.cr.sql_log_count - start

    def _get_specification(self, records, node):
        """The field tree of a form, x2many with the fields of their own view."""
        result = {}
        for field in node.xpath(".//field[not(ancestor::field)]"):
            name = field.get("name")
            spec = result.setdefault(name, {})
            description = records._fields[name]
            if description.relational and len(field):
                inner = records.env[description.comodel_name]
                wrapper = etree.Element("form")
                wrapper.extend(list(field))
                spec["fields"] = self._get_specification(inner, wrapper)
            elif description.type == "many2one":
                spec["fields"] = {"display_name": {}}
        return result
