from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase

from .common import TIME_ZERO, RelationsCommon

MESSAGE = """MIME-Version: 1.0
Message-ID: {msg_id}
Date: Mon, 02 Mar 2026 11:00:00 +0200
From: {sender}
To: {to}
Subject: {subject}
Content-Type: text/plain; charset="utf-8"
{extra}
How much is it?
"""


class ArrivalCommon(RelationsCommon, MailCase):
    @classmethod
    def default_env_context(cls):
        return {}  # with mail: notices and followers are what is tested

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._init_mail_gateway()
        cls.north.write(
            {
                "alias_name": "north",
                "crm_use_arrival_rules": True,
                "company_id": cls.company.id,
            }
        )
        cls.env.ref("base.group_user").implied_ids += cls.env.ref("crm.group_use_lead")
        cls.arrival = cls.env["crm.arrival"]
        cls.customer = cls._make_customer(
            email="oksana@romashka.example", phone="+380671234567", user_id=cls.petro.id
        )
        cls.email_rule = cls.env.ref("crm_relations.crm_arrival_rule_email")
        cls.activity_email = cls.env.ref("mail.mail_activity_data_email")

    def _arrive(self, **values):
        vals = {
            "channel": self._channel("telegram"),
            "company": self.company,
            "team": self.north,
            "name": "Winter tyres",
            **values,
        }
        return self.arrival._arrive(vals, TIME_ZERO)

    def _notices(self, document, user):
        return self.env["mail.notification"].search(
            [
                ("mail_message_id.model", "=", document._name),
                ("mail_message_id.res_id", "=", document.id),
                ("res_partner_id", "=", user.partner_id.id),
            ]
        )

    def _receive(self, sender, subject="Tyres", msg_id=None, extra=""):
        local = sender.split("<")[-1].split("@")[0]
        msg_id = msg_id or f"<{subject.encode().hex()}-{local}@example.org>"
        with self.mock_mail_gateway():
            thread_id = self.env["mail.thread"].message_process(
                None,
                MESSAGE.format(
                    msg_id=msg_id,
                    sender=sender,
                    to=self.north.alias_email,
                    subject=subject,
                    extra=extra,
                ),
            )
        message = self.env["mail.message"].search([("message_id", "=", msg_id)])
        self.assertEqual(message.res_id, thread_id)
        return self.env[message.model].browse(message.res_id)


@tagged("post_install", "-at_install")
class TestResponsible(ArrivalCommon):
    def test_owner_of_the_customer_comes_first(self):
        lead = self._arrive(partner=self.customer)
        self.assertEqual(lead.user_id, self.petro)

    def test_owner_of_the_company_serves_its_people(self):
        person = self._make_customer("Ivan", parent_id=self.customer.id, user_id=False)
        self.assertEqual(self._arrive(partner=person).user_id, self.petro)

    def test_owner_who_left_is_passed_over(self):
        self.petro.active = False
        self.assertIn(
            self._arrive(partner=self.customer).user_id, self.olena | self.ivan
        )

    def test_rule_may_leave_the_owner_out(self):
        self.env["crm.arrival.rule"].create(
            {"name": "x", "sequence": 1, "use_owner": False}
        )
        self.assertIn(
            self._arrive(partner=self.customer).user_id, self.olena | self.ivan
        )

    def test_members_in_turn_by_quota_then_the_leader(self):
        olena, ivan = self.north.crm_team_member_ids.sorted("id")
        olena.assignment_max = 60  # two a day
        ivan.assignment_max = 30  # one a day
        users = [self._arrive(email=f"a{n}@example.org").user_id for n in range(4)]
        self.assertEqual(users[0], self.olena, "most left first")
        self.assertEqual(
            sorted(u.login for u in users[:3]), ["rel_ivan", "rel_olena", "rel_olena"]
        )
        self.assertEqual(users[3], self.head, "nobody has room: the leader")

    def test_filter_of_the_member_is_asked_for_this_lead_alone(self):
        olena, ivan = self.north.crm_team_member_ids.sorted("id")
        olena.assignment_domain = "[('name', 'ilike', 'summer')]"
        ivan.assignment_max = 3000
        other = self._make_lead("Waiting", user_id=False)
        self.assertEqual(self._arrive(name="Winter").user_id, self.ivan)
        self.assertFalse(other.user_id, "others that wait are not moved")
        ivan.assignment_optout = True
        self.assertEqual(self._arrive(name="Winter 2").user_id, self.head)
        self.assertEqual(self._arrive(name="Summer").user_id, self.olena)

    def test_preferred_filter_wins_over_room(self):
        olena, ivan = self.north.crm_team_member_ids.sorted("id")
        olena.assignment_max = 300
        ivan.assignment_domain_preferred = "[('name', 'ilike', 'winter')]"
        self.assertEqual(self._arrive(name="Winter").user_id, self.ivan)
        self.assertEqual(self._arrive(name="Summer").user_id, self.olena)

    def test_person_of_another_company_is_passed_over(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.customer.user_id.write(
            {"company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        )
        lead = self._arrive(partner=self.customer)
        self.assertIn(lead.user_id, self.olena | self.ivan)

    def test_nobody_at_all_leaves_it_unassigned(self):
        self.north.crm_team_member_ids.unlink()
        self.north.user_id = False
        lead = self._arrive(email="new@example.org")
        self.assertFalse(lead.user_id)
        self.assertFalse(lead.activity_ids)


@tagged("post_install", "-at_install")
class TestNotice(ArrivalCommon):
    def test_one_notice_by_the_channel_one_prefers(self):
        for kind in ("inbox", "email"):
            with self.subTest(kind), self.mock_mail_gateway():
                self.petro.notification_type = kind
                lead = self._arrive(partner=self.customer, name=f"By {kind}")
                notices = self._notices(lead, self.petro)
                self.assertEqual(notices.mapped("notification_type"), [kind])

    def test_follower_of_the_team_is_told_once_too(self):
        subtypes = self.env.ref("crm.mt_salesteam_lead")
        self.north.message_subscribe(
            (self.olena | self.head).partner_id.ids, subtype_ids=subtypes.ids
        )
        self.north.crm_team_member_ids.filtered(
            lambda m: m.user_id != self.olena
        ).unlink()
        lead = self._arrive(email="new@example.org")
        self.assertEqual(lead.user_id, self.olena)
        self.assertEqual(len(self._notices(lead, self.olena)), 1)
        self.assertEqual(
            len(self._notices(lead, self.head)), 1, "the host's follower stays told"
        )
        document = self._receive("Someone <someone@example.org>")
        responsible = document.user_id
        self.assertEqual(len(self._notices(document, responsible)), 1)

    def test_follow_up_is_planned_once_and_silently(self):
        self.petro.tz = "Asia/Tokyo"  # TIME_ZERO is 18:00 there, the same day
        lead = self._arrive(partner=self.customer)
        activity = lead.activity_ids
        self.assertEqual(activity.user_id, self.petro)
        self.assertEqual(activity.date_deadline, TIME_ZERO.date())
        self.assertEqual(
            activity.activity_type_id, self.env.ref("mail.mail_activity_data_call")
        )
        without = self._arrive(email="no.phone@example.org")
        self.assertEqual(without.activity_ids.activity_type_id, self.activity_email)

    def test_notice_speaks_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.petro.lang = "uk_UA"
        self._channel("telegram").with_context(lang="uk_UA").name = "Телеграм"
        lead = self._arrive(partner=self.customer)
        notice = self._notices(lead, self.petro).mail_message_id
        self.assertIn("Телеграм", notice.subject)

    def test_query_count_of_an_arrival(self):
        self._arrive(email="warm@example.org", name="Warm up")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(80), self.mock_mail_gateway():
            self._arrive(email="next@example.org", name="Measured")
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestRules(ArrivalCommon):
    def test_first_rule_that_fits(self):
        rules = self.env["crm.arrival.rule"]
        match = {"team": self.north, "company": self.company, "known": False}
        form = self._channel("form")
        product = rules._match(channel=form, with_product=True, **match)
        self.assertEqual(
            product, self.env.ref("crm_relations.crm_arrival_rule_form_product")
        )
        plain = rules._match(channel=form, **match)
        self.assertEqual(plain, self.env.ref("crm_relations.crm_arrival_rule_form"))
        mine = rules.create({"name": "x", "sequence": 1, "team_id": self.south.id})
        self.assertNotEqual(rules._match(channel=form, **match), mine)
        mine.team_id = self.north
        self.assertEqual(rules._match(channel=form, **match), mine)
        mine.person = "known"
        self.assertNotEqual(rules._match(channel=form, **match), mine)

    def test_lead_opportunity_or_as_the_team_works(self):
        rule = self.env["crm.arrival.rule"].create({"name": "x", "sequence": 1})
        self.assertEqual(self._arrive(name="a").type, "lead")
        rule.action = "opportunity"
        self.assertEqual(self._arrive(name="b").type, "opportunity")
        rule.action = "team"
        self.north.use_leads = False
        self.assertEqual(self._arrive(name="c").type, "opportunity")
        rule.action = "lead"
        self.assertEqual(self._arrive(name="d").type, "lead")
        self.env.ref("base.group_user").implied_ids -= self.env.ref(
            "crm.group_use_lead"
        )
        self.assertEqual(
            self._arrive(name="e").type, "opportunity", "nobody would see a lead"
        )

    def test_nothing_is_for_known_people_only(self):
        rules = self.env["crm.arrival.rule"]
        with self.assertRaises(ValidationError):
            rules.create({"name": "x", "action": "none"})
        rules.create({"name": "x", "sequence": 1, "action": "none", "person": "known"})
        before = self._notices(self.customer, self.petro)
        document = self._arrive(partner=self.customer)
        self.assertEqual(document, self.customer)
        self.assertIn("Winter tyres", document.message_ids[0].body)
        self.assertEqual(len(self._notices(document, self.petro) - before), 1)
        self.assertEqual(self._arrive(email="new@example.org")._name, "crm.lead")

    def test_second_contact_attaches_to_the_open_lead(self):
        lead = self._arrive(email="new@example.org")
        again = self._arrive(email="NEW@example.org", name="And one more thing")
        self.assertEqual(again, lead)
        self.assertIn("And one more thing", lead.message_ids[0].body)
        lead.action_set_lost()
        self.assertNotEqual(self._arrive(email="new@example.org"), lead)

    def test_old_lead_and_lead_of_another_team_are_left_alone(self):
        lead = self._arrive(email="new@example.org")
        vals = {
            "channel": self._channel("telegram"), "company": self.company,
            "name": "Later", "email": "new@example.org",
        }  # fmt: skip
        old = self.arrival._arrive({**vals, "team": self.south}, TIME_ZERO)
        self.assertNotEqual(old, lead)
        year_later = lead.write_date + timedelta(days=400)
        self.assertNotEqual(
            self.arrival._arrive({**vals, "team": self.north}, year_later), lead
        )

    def test_open_order_takes_the_contact(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "user_id": self.olena.id,
                "date_order": TIME_ZERO,
            }
        )
        before = self._notices(order, self.olena)  # the host's "you are assigned"
        self.assertEqual(self._arrive(partner=self.customer), order)
        self.assertEqual(len(self._notices(order, self.olena) - before), 1)

    def test_card_is_never_changed_by_a_stranger(self):
        lead = self._arrive(
            partner=self.customer, email="other@evil.example", phone="+380509999999"
        )
        self.assertEqual(self.customer.email, "oksana@romashka.example")
        self.assertEqual(self.customer.phone, "+380671234567")
        self.assertEqual(lead.partner_id, self.customer)

    def test_who_may_configure(self):
        rule = self.email_rule
        rule.with_user(self.manager).sequence = 31
        rule.with_user(self.olena).read(["name"])
        for user in (self.olena, self.head, self.director):
            with self.subTest(user.login), self.assertRaises(AccessError):
                rule.with_user(user).sequence = 32
        with self.assertRaises(AccessError):
            rule.with_user(self.accountant).read(["name"])


@tagged("post_install", "-at_install")
class TestEmail(ArrivalCommon):
    def test_unknown_sender_becomes_an_assigned_lead(self):
        lead = self._receive("New Man <new.man@example.org>")
        self.assertEqual(
            (lead._name, lead.type, lead.team_id), ("crm.lead", "lead", self.north)
        )
        self.assertIn(lead.user_id, self.olena | self.ivan)
        self.assertEqual(len(lead.activity_ids), 1)
        self.assertEqual(len(self._notices(lead, lead.user_id)), 1)

    def test_known_sender_goes_to_his_salesperson(self):
        lead = self._receive("Oksana <oksana@romashka.example>")
        self.assertEqual((lead.partner_id, lead.user_id), (self.customer, self.petro))
        self.assertEqual(len(self._notices(lead, self.petro)), 1)

    def test_known_sender_by_another_address_of_his(self):
        self.env["crm.contact.point"].create(
            {
                "partner_id": self.customer.id,
                "kind": "email",
                "value": "oksana.home@private.example",
            }
        )
        lead = self._receive("Oksana <oksana.home@private.example>")
        self.assertEqual((lead.partner_id, lead.user_id), (self.customer, self.petro))

    def test_colleague_is_no_known_customer(self):
        lead = self._receive(f"Ivan <{self.ivan.email}>")
        self.assertNotEqual(lead.partner_id, self.customer)
        self.assertNotEqual(lead.user_id, self.petro)

    def test_next_mail_without_reference_attaches(self):
        lead = self._receive("New Man <new.man@example.org>")
        again = self._receive("New Man <new.man@example.org>", subject="Any news")
        self.assertEqual(again, lead)
        self.email_rule.attach_to_open = False
        other = self._receive("New Man <new.man@example.org>", subject="Third")
        self.assertNotEqual(other, lead)

    def test_reply_stays_with_the_host(self):
        lead = self._receive(
            "New Man <new.man@example.org>", msg_id="<first@example.org>"
        )
        reply = self._receive(
            "Colleague <colleague@example.org>", subject="Re: Tyres",
            extra="In-Reply-To: <first@example.org>\n",
        )  # fmt: skip
        self.assertEqual(reply, lead)

    def test_nothing_new_goes_to_the_card(self):
        self.email_rule.write({"action": "none", "person": "known"})
        document = self._receive("Oksana <oksana@romashka.example>")
        self.assertEqual(document, self.customer)

    def test_team_without_rules_works_as_the_host_does(self):
        self.north.crm_use_arrival_rules = False
        lead = self._receive("New Man <new.man@example.org>")
        self.assertEqual(lead.user_id, self.head)
        self.assertFalse(lead.activity_ids)

    def test_teams_of_the_screen_start_with_rules_those_of_programs_do_not(self):
        teams = self.env["crm.team"]
        self.assertFalse(teams.create({"name": "By a program"}).crm_use_arrival_rules)
        value = teams.onchange({}, [], {"name": {}, "crm_use_arrival_rules": {}})[
            "value"
        ]
        self.assertTrue(value["crm_use_arrival_rules"])
