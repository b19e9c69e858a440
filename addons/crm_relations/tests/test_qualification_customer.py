from datetime import timedelta

from markupsafe import Markup

from odoo import fields
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tests import tagged

from .test_qualification import NOW, QualificationCommon


@tagged("post_install", "-at_install")
class TestQualify(QualificationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.ua")

    def _fitting_lead(self, **values):
        lead = self._make_lead(**values)
        if lead.qualification_profile_id:
            self._answer(lead, self.region, "yes")
            self._answer(lead, self.need, self.need.option_ids[0].id)
            self._answer(lead, self.budget, 2000)
        return lead

    def _wizard(self, lead, **values):
        return self.env["crm.lead.qualify"].create({"lead_id": lead.id, **values})

    def test_a_new_caller_gets_one_card(self):
        lead = self._fitting_lead(
            contact_name="Taras Melnyk",
            phone="067 555 01 10",
            email_from="taras@example.com",
        )
        lead.action_qualify()
        self.assertEqual(
            (lead.type, lead.qualification_state, lead.partner_id.name),
            ("opportunity", "qualified", "Taras Melnyk"),
        )
        self.assertTrue(lead.date_conversion)
        again = self._fitting_lead(contact_name="T. Melnyk", phone="+380675550110")
        again.action_qualify()
        self.assertEqual(
            again.partner_id, lead.partner_id, "the phone is his, not a new card"
        )
        third = self._fitting_lead(contact_name="Taras", email_from="TARAS@example.com")
        third.action_qualify()
        self.assertEqual(third.partner_id, lead.partner_id)

    def test_a_known_company_is_not_made_twice(self):
        company = self._make_customer("Romashka LLC", is_company=True)
        lead = self._fitting_lead(
            partner_name="Romashka LLC", contact_name="Oksana", phone="067 555 01 20"
        )
        lead.action_qualify()
        self.assertEqual(lead.partner_id.parent_id, company)
        self.assertEqual(
            self.env["res.partner"].search_count([("name", "=", "Romashka LLC")]), 1
        )

    def test_two_customers_with_one_phone_are_asked_about(self):
        first = self._make_customer("Petro", phone="+380675550130")
        second = self._make_customer("Petro and Sons", phone="+380675550130")
        count = self.env["res.partner"].search_count([])
        lead = self._fitting_lead(contact_name="Petro", phone="067 555 01 30")
        action = lead.action_qualify()
        self.assertEqual(action["res_model"], "crm.lead.qualify")
        self.assertEqual(lead.qualification_state, "open", "asked, not decided")
        wizard = self._wizard(lead)
        self.assertEqual(wizard.candidate_ids, first | second)
        wizard.partner_id = second
        wizard.action_apply()
        self.assertEqual(lead.partner_id, second)
        self.assertEqual(self.env["res.partner"].search_count([]), count)

    def test_person_and_his_company_with_one_phone_are_one_customer(self):
        company = self._make_customer("Lilia", is_company=True, phone="+380675550140")
        person = self._make_customer(
            "Ihor", parent_id=company.id, phone="+380675550140"
        )
        lead = self._fitting_lead(phone="067 555 01 40")
        lead.action_qualify()
        self.assertEqual(lead.partner_id, person)

    def test_answers_that_do_not_fit_need_a_word(self):
        lead = self._make_lead(contact_name="Roman", phone="067 555 01 50")
        self._answer(lead, self.region, "no")
        action = lead.action_qualify()
        self.assertEqual(action["res_model"], "crm.lead.qualify")
        with self.assertRaisesRegex(UserError, "why this lead is ours"):
            self._wizard(lead).action_apply()
        self._wizard(lead, words="His father is our customer").action_apply()
        self.assertEqual(lead.qualification_state, "qualified")
        self.assertIn(
            "His father is our customer",
            lead.message_ids[:3].mapped("body")[-1]
            + "".join(lead.message_ids.mapped("body")),
        )
        decision = lead.qualification_decision_ids
        self.assertEqual((decision.state, decision.verdict), ("qualified", "unfit"))

    def test_the_deal_keeps_the_whole_history(self):
        lead = self._fitting_lead(contact_name="Taras", phone="067 555 01 60")
        came = self._make_interaction(
            "first", channel="form", lead_id=lead.id, preview="Brakes?"
        )
        called = self._make_interaction(
            "second", lead_id=lead.id, started_at=NOW + timedelta(hours=1)
        )
        note = lead.message_post(body="He sounds in a hurry")
        activity = lead.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.olena.id
        )
        self.assertEqual(lead.first_interaction_id, came)
        self.assertEqual(lead.first_words, "Brakes?")
        answers = lead.qualification_answer_ids
        lead.action_qualify()
        self.assertEqual((came | called).partner_id, lead.partner_id)
        self.assertEqual(
            (came | called).customer_id, lead.partner_id.commercial_partner_id
        )
        self.assertEqual((came | called).lead_id, lead)
        self.assertIn(note, lead.message_ids)
        self.assertEqual(lead.activity_ids, activity)
        self.assertEqual(lead.qualification_answer_ids, answers)

    def test_the_lead_shows_what_came_in_full(self):
        lead = self._make_lead(
            description="<p>Brakes <b>squeak</b></p>", user_id=self.olena.id
        )
        other = self._make_lead(user_id=self.olena.id)
        for key, page, hour in (
            ("a", "https://kolo.example/brakes", 0),
            ("b", "https://kolo.example/<i>", 1),
            ("c", "https://kolo.example/brakes", 2),
            ("d", "javascript:alert(1)", 3),
        ):
            self._make_interaction(
                key,
                channel="form",
                lead_id=lead.id,
                page=page,
                preview="Brakes",
                started_at=NOW + timedelta(hours=hour),
            )
        pages = (lead | other).with_user(self.olena).mapped("pages_seen")
        self.assertFalse(pages[1])
        self.assertLess(pages[0].index("javascript"), pages[0].index("brakes"))
        self.assertLess(pages[0].index("brakes"), pages[0].index("&lt;i&gt;"))
        self.assertEqual(pages[0].count("<a "), 2, "links only to the web, once each")
        self.assertIn("squeak", lead.first_message)
        lead.with_context(mail_create_nolog=True).message_post(
            body=Markup("<p>The whole letter</p>"), message_type="email"
        )
        self.env.invalidate_all()
        self.assertIn("The whole letter", lead.with_user(self.olena).first_message)
        self._make_interaction("e", lead_id=other.id, preview="Calls <again>")
        self.env.invalidate_all()
        self.assertEqual(other.first_message, "<p>Calls &lt;again&gt;</p>")

    def test_nurtured_may_be_qualified_at_once(self):
        lead = self._fitting_lead(contact_name="Iryna", phone="067 555 01 70")
        self._nurture(lead, fields.Date.today() + timedelta(days=9))
        lead.action_qualify()
        self.assertEqual((lead.active, lead.qualification_state), (True, "qualified"))

    def test_the_hosts_conversion_counts_as_qualified(self):
        lead = self._make_lead(contact_name="Host")
        self.env["crm.lead2opportunity.partner"].with_context(
            active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
        ).create({"name": "convert", "action": "create"}).action_apply()
        self.assertEqual(lead.qualification_state, "qualified")
        self.assertEqual(lead.qualification_decision_ids.state, "qualified")

    def test_a_salesperson_qualifies_his_own_lead(self):
        lead = self._fitting_lead(
            contact_name="Own", phone="067 555 01 80", user_id=self.olena.id
        ).with_user(self.olena)
        lead.action_qualify()
        self.assertEqual(lead.qualification_state, "qualified")
        self.assertEqual(lead.sudo().qualification_decision_ids.decider_id, self.olena)

    def test_the_same_caller_is_not_made_a_customer_twice_at_once(self):
        lead = self._fitting_lead(contact_name="Twice", phone="067 555 01 90")
        [(kind, value)] = lead._get_identity_pairs()
        with self.env.registry.cursor() as other:
            self.env["crm.lead"].with_env(self.env(cr=other))._lock_identity(
                kind, value
            )
            with self.assertRaises(ConcurrencyError):
                lead.action_qualify()
        lead.action_qualify()
        self.assertEqual(lead.qualification_state, "qualified")


@tagged("post_install", "-at_install")
class TestQualificationCounts(QualificationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fair = cls.env["utm.source"].create({"name": "Fair"})
        cls.radio = cls.env["utm.medium"].create({"name": "Radio"})
        cls.spring = cls.env["utm.campaign"].create({"name": "Spring"})
        cls.tyre = cls.env["product.product"].create({"name": "Tyre 16"})

    def _count(self, domain, *groupby):
        rows = self.env["crm.qualification.decision"]._read_group(
            [("team_id", "in", (self.north | self.south).ids), *domain],
            groupby,
            ["__count"],
        )
        return {tuple(getattr(v, "name", v) for v in row[:-1]): row[-1] for row in rows}

    def test_counted_by_where_they_came_from_team_reason_and_product(self):
        marked = {
            "source_id": self.fair.id,
            "medium_id": self.radio.id,
            "campaign_id": self.spring.id,
        }
        leads = self.env["crm.lead"].concat(
            *(self._make_lead(**marked) for _i in range(3))
        )
        plain = self._make_lead(team_id=self.south.id)
        self._reject(leads[:2], words="Too far", product_id=self.tyre.id)
        self._nurture(leads[2], fields.Date.today() + timedelta(days=9))
        self._reject(plain)
        self.assertEqual(
            self._count(
                [("state", "=", "rejected")], "source_id", "medium_id", "campaign_id"
            ),
            {("Fair", "Radio", "Spring"): 2, (False, False, False): 1},
        )
        self.assertEqual(
            self._count([], "state", "team_id"),
            {
                ("rejected", "North"): 2,
                ("nurture", "North"): 1,
                ("rejected", "South"): 1,
            },
        )
        self.assertEqual(
            self._count([("state", "=", "rejected")], "reason_id", "product_id"),
            {("Wrong region", "Tyre 16"): 2, ("Wrong region", False): 1},
        )
        rejected = leads[:2].qualification_decision_ids
        self.assertEqual(rejected.mapped("words"), ["Too far", "Too far"])

    def test_a_corrected_source_and_a_restored_lead_are_counted_right(self):
        lead = self._make_lead()
        self._reject(lead)
        lead.source_id = self.fair
        standing = [("is_standing", "=", True)]
        self.assertEqual(self._count(standing, "source_id"), {("Fair",): 1})
        lead.action_restore()
        self.assertEqual(self._count(standing, "source_id"), {})
        self.assertEqual(
            self._count([], "source_id"), {("Fair",): 1}, "what was decided stays"
        )

    def test_the_score_it_was_judged_by_stays(self):
        lead = self._make_lead()
        self._answer(lead, self.budget, 2000)
        self._reject(lead)
        lead.action_restore()
        self._answer(lead, self.region, "yes")
        self.assertEqual(
            (lead.qualification_decision_ids.score, lead.qualification_score), (20, 40)
        )

    def test_decisions_are_as_private_as_their_lead_and_nobody_writes_them(self):
        mine = self._make_lead(user_id=self.olena.id)
        other = self._make_lead(user_id=self.petro.id, team_id=self.south.id)
        self._reject(mine | other)
        rows = (mine | other).qualification_decision_ids
        users = self.olena | self.ivan | self.head | self.director
        visible = {
            u.login: len(rows.with_user(u)._filtered_access("read")) for u in users
        }
        self.assertEqual(
            visible, {"rel_olena": 1, "rel_ivan": 0, "rel_head": 1, "rel_director": 2}
        )
        self.assertFalse(rows.with_user(self.manager).has_access("write"))

    def test_merged_leads_keep_answers_and_decisions(self):
        head = self._make_lead(type="opportunity")
        tail = self._make_lead()
        self._answer(tail, self.region, "yes")
        self._answer(head, self.budget, 2000)
        self._nurture(tail, fields.Date.today() + timedelta(days=9))
        (head | tail).merge_opportunity()
        self.assertFalse(tail.exists())
        answered = head.qualification_answer_ids.filtered("is_answered")
        self.assertEqual(answered.criterion_id, self.region | self.budget)
        self.assertEqual(len(head.qualification_answer_ids), 5)
        self.assertEqual(head.qualification_score, 40)
        self.assertEqual(head.qualification_decision_ids.state, "nurture")
        self.assertFalse(head.qualification_decision_ids.is_standing)

    def test_merging_a_rejected_deal_with_an_active_lead_opens_it(self):
        deal = self._make_lead(type="opportunity")
        self._reject(deal)
        lead = self._make_lead()
        result = (deal | lead).merge_opportunity()
        self.assertEqual((result.active, result.qualification_state), (True, "open"))
