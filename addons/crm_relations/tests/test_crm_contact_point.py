from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TIME_ZERO, RelationsCommon

PHONE, PHONE_2, PHONE_3 = "+380501234567", "+380671234567", "+380931234567"


class PointCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.ua")
        cls.points = cls.env["crm.contact.point"]

    def _states(self, partner):
        """{normalized or value: (state, is_primary)}"""
        return {
            point.normalized or point.value: (point.state, point.is_primary)
            for point in self.points.search([("partner_id", "=", partner.id)])
        }

    def _age(self, partner, minutes):
        self.env.cr.execute(
            "UPDATE crm_contact_point SET create_date = create_date - %s WHERE partner_id = %s",
            [timedelta(minutes=minutes), partner.id],
        )

    def _resolve(self, value, kind="phone"):
        return self.points._resolve(kind, value, self.company)


@tagged("post_install", "-at_install")
class TestPointSync(PointCommon):
    def test_card_makes_points(self):
        partner = self._make_customer(
            phone="8-050-123-45-67, 067 123 45 67", email="Olena@Example.com"
        )
        self.assertEqual(
            self._states(partner),
            {
                PHONE: ("ok", True),
                PHONE_2: ("ok", False),
                "olena@example.com": ("ok", True),
            },
        )

    def test_slip_of_the_finger_leaves_nothing(self):
        partner = self._make_customer(phone="050 123 45 67")
        partner.phone = "067 123 45 67"
        self.assertEqual(self._states(partner), {PHONE_2: ("ok", True)})

    def test_value_that_leaves_becomes_former_and_still_resolves(self):
        partner = self._make_customer(phone="050 123 45 67")
        self._age(partner, 11)
        partner.phone = "067 123 45 67"
        self.assertEqual(
            self._states(partner), {PHONE: ("former", False), PHONE_2: ("ok", True)}
        )
        self.assertEqual(self._resolve("0501234567")["partner"], partner.id)
        newcomer = self._make_customer("New owner of the number", phone="0501234567")
        found = self._resolve("0501234567")
        self.assertEqual(
            (found["partner"], found["others"]), (newcomer.id, [partner.id])
        )

    def test_used_value_is_not_a_slip(self):
        partner = self._make_customer(phone="050 123 45 67")
        self.points._learn(partner, "phone", PHONE, "ingest", fields.Datetime.now())
        partner.phone = False
        self.assertEqual(self._states(partner), {PHONE: ("former", False)})
        partner.phone = PHONE
        self.assertEqual(self._states(partner), {PHONE: ("ok", True)})

    def test_other_spelling_is_the_same_point(self):
        partner = self._make_customer(phone="050 123 45 67")
        point = partner.crm_contact_point_ids
        partner.phone = "+380 50 123 4567"
        self.assertEqual(partner.crm_contact_point_ids, point)
        self.assertEqual(point.value, "+380 50 123 4567")

    def test_country_decides_the_reading(self):
        partner = self._make_customer(phone="601 234 567")
        self.assertEqual(self._states(partner), {"601 234 567": ("unusable", True)})
        partner.country_id = self.env.ref("base.pl")
        self.assertEqual(self._states(partner), {"+48601234567": ("ok", True)})

    def test_country_of_the_company_reaches_its_people(self):
        firm = self._make_customer(is_company=True)
        person = self._make_customer("Ewa", parent_id=firm.id, phone="601 234 567")
        firm.country_id = self.env.ref("base.pl")
        self.assertEqual(person.country_id.code, "PL", "the host copies the address")
        self.assertEqual(self._states(person), {"+48601234567": ("ok", True)})

    def test_company_follows_the_partner(self):
        partner = self._make_customer(phone=PHONE)
        self.points.create(
            {"partner_id": partner.id, "kind": "telegram", "value": "@olena"}
        )
        partner.company_id = self.company
        self.assertEqual(partner.crm_contact_point_ids.company_id, self.company)

    def test_by_hand(self):
        partner = self._make_customer()
        point = self.points.with_user(self.olena).create(
            {"partner_id": partner.id, "kind": "phone", "value": "8 (050) 123-45-67"}
        )
        self.assertEqual((point.normalized, point.origin), (PHONE, "hand"))
        point.value = "no number"
        self.assertEqual((point.normalized, point.state), (False, "unusable"))
        point.value = PHONE
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            point.copy()

    def test_make_primary_keeps_the_old_one_usable(self):
        partner = self._make_customer(phone=PHONE)
        self._age(partner, 60)
        point = self.points.create({"partner_id": partner.id, "value": PHONE_2})
        point.with_user(self.olena).action_make_primary()
        self.assertEqual(partner.phone, PHONE_2)
        self.assertEqual(
            self._states(partner), {PHONE: ("ok", False), PHONE_2: ("ok", True)}
        )
        self.assertNotIn(partner.id, self.points._get_stale_partner_ids())

    def test_make_primary_needs_the_right_to_write_the_card(self):
        partner = self._make_customer(phone=PHONE)
        point = self.points.create({"partner_id": partner.id, "value": PHONE_2})
        reader = self._make_user("rel_reader", "base.group_user")
        with self.assertRaises(AccessError):
            point.with_user(reader).action_make_primary()
        with self.assertRaises(AccessError):
            self.points.with_user(reader).create(
                {"partner_id": partner.id, "value": PHONE_3}
            )

    def test_learn_fills_an_empty_card_and_never_a_full_one(self):
        partner = self._make_customer(email="a@example.com")
        points = self.points._learn_many(
            [
                (partner.id, "phone", "8-050-123-45-67"),
                (partner.id, "email", "b@example.com"),
                (partner.id, "phone", "none"),
                (partner.id, "telegram", "@Olena"),
            ],
            "ingest",
            TIME_ZERO,
        )
        self.assertEqual([bool(point) for point in points], [True, True, False, True])
        self.assertEqual(
            (partner.phone, partner.email), ("8-050-123-45-67", "a@example.com")
        )
        self.assertEqual(partner.phone_sanitized, PHONE)
        self.assertEqual(
            self._states(partner),
            {
                PHONE: ("ok", True),
                "a@example.com": ("ok", True),
                "b@example.com": ("ok", False),
                "olena": ("ok", False),
            },
        )
        learned = self.points.browse(points[0])
        self.env["crm.contact.point.seen"]._fold()
        self.assertEqual(
            (learned.origin, learned.last_seen_at, learned.verified_at),
            ("ingest", TIME_ZERO, TIME_ZERO),
        )
        again = self.points._learn(
            partner, "phone", PHONE, "ingest", TIME_ZERO - timedelta(1)
        )
        self.env["crm.contact.point.seen"]._fold()
        self.assertEqual(again, learned)
        self.assertEqual(again.last_seen_at, TIME_ZERO, "nothing goes backwards")

    def test_hands_do_not_write_what_the_channels_learn(self):
        partner = self._make_customer()
        forged = {
            "verified_at": TIME_ZERO, "last_seen_at": TIME_ZERO, "origin": "ingest",
            "state": "former", "card_value": PHONE, "is_primary": True,
        }  # fmt: skip
        names = list(forged)
        context = {f"default_{name}": value for name, value in forged.items()}
        mine = self.points.with_user(self.olena).with_context(**context)
        point = mine.create(
            {"partner_id": partner.id, "kind": "phone", "value": PHONE, **forged}
        )
        by_hand = [False, False, "hand", "ok", False, False]
        self.assertEqual([point[name] for name in names], by_hand)
        point.write({**forged, "normalized": PHONE_2})
        self.assertEqual([point[name] for name in names], by_hand)
        self.assertEqual(point.normalized, PHONE)

        learned = self.points._learn(partner, "viber", PHONE, "ingest", TIME_ZERO)
        edited = learned.with_user(self.olena)
        edited.extension = "12"
        self.assertEqual(edited.verified_at, TIME_ZERO)
        edited.value = PHONE_3
        self.assertEqual((edited.normalized, edited.origin), (PHONE_3, "hand"))
        self.assertFalse(edited.verified_at, "nobody was reached through it yet")
        point.action_make_primary()
        self.assertTrue(point.is_primary, "by the button, and on the card")
        self.assertEqual(partner.phone, PHONE)

    def test_queries_do_not_grow_with_the_batch(self):
        partners = (
            self._make_customer() | self._make_customer("B") | self._make_customer("C")
        )
        self.env.flush_all()
        values = [PHONE, PHONE_2, PHONE_3]
        for count in (1, 3):
            batch = partners[:count]
            for partner, value in zip(batch, values, strict=False):
                partner.with_context(crm_point_sync=True).phone = value
            self.env.flush_all()
            with self.assertQueryCount(6):
                self.points._sync_partners(batch.ids)

    def test_host_number_is_ours(self):
        """The host's own sanitised number reads like ours: SMS, blacklist, duplicates."""
        partner = self._make_customer(phone="8 (495) 123-45-67")
        self.assertEqual(partner.phone_sanitized, "+74951234567")
        partner.phone = "0671234567;0931234567"
        partner._onchange_phone_validation()
        self.assertEqual(partner.phone, "+380 67 123 4567, +380 93 123 4567")
        partner.phone = "044 123-45-67 дод. 12"
        partner._onchange_phone_validation()
        self.assertEqual(partner.phone, "+380 44 123 4567 ext. 12")


@tagged("post_install", "-at_install")
class TestPointNightly(PointCommon):
    def test_installing_made_points_for_those_who_were_here(self):
        robot = self.env.ref("base.partner_root")
        self.assertTrue(robot.email)
        self.assertEqual(robot.crm_contact_point_ids.value, robot.email)

    def test_sql_that_goes_round_the_orm_is_repaired_and_counted(self):
        partner = self._make_customer(phone=PHONE)
        newcomer = self._make_customer("Imported")
        gone = self._make_customer("Emptied", phone=PHONE_3)
        for each in partner | newcomer | gone:
            self._age(each, 60)
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE res_partner SET phone = CASE id WHEN %s THEN NULL ELSE %s END
             WHERE id IN %s
            """,
            [gone.id, "067 1234567", tuple((partner | newcomer | gone).ids)],
        )
        self.env.invalidate_all()
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_compare_points").method_direct_trigger()
        self.assertEqual(
            self._states(partner), {PHONE: ("former", False), PHONE_2: ("ok", True)}
        )
        self.assertEqual(self._states(newcomer), {PHONE_2: ("ok", True)})
        self.assertEqual(self._states(gone), {PHONE_3: ("former", False)})
        check = self.env.ref("crm_relations.crm_health_check_contact_points")
        self.assertEqual((check.problem_count, check.state), (4, "problems"))
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_compare_points").method_direct_trigger()
        self.assertEqual((check.problem_count, check.state), (0, "ok"))

    def test_health_page_is_read_by_managers_only(self):
        check = self.env.ref("crm_relations.crm_health_check_contact_points")
        check.with_user(self.manager).read(["state"])
        with self.assertRaises(AccessError):
            check.with_user(self.olena).read(["state"])
        with self.assertRaises(AccessError):
            check.with_user(self.manager).write({"problem_count": 0})

    def test_a_check_that_stopped_running_is_late(self):
        check = self.env["crm.health.check"]._report(
            "thing", 0, TIME_ZERO, name="Thing"
        )
        self.assertEqual(check._get_state(TIME_ZERO + timedelta(hours=25)), "ok")
        self.assertEqual(check._get_state(TIME_ZERO + timedelta(hours=27)), "late")
        same = self.env["crm.health.check"]._report("thing", 2, TIME_ZERO)
        self.assertEqual((same, same._get_state(TIME_ZERO)), (check, "problems"))


@tagged("post_install", "-at_install")
class TestPointResolve(PointCommon):
    def test_ranking(self):
        archived = self._make_customer("Archived", phone=PHONE, active=False)
        old = self._make_customer("Seen long ago", phone=PHONE_2)
        fresh = self._make_customer("Seen lately", phone=PHONE_3)
        primary = self._make_customer("On the card", phone=PHONE)
        self.points._learn(old, "phone", PHONE, "ingest", TIME_ZERO)
        self.points._learn(
            fresh, "phone", PHONE, "ingest", TIME_ZERO + timedelta(days=1)
        )
        self.env["crm.contact.point.seen"]._fold()
        found = self._resolve("8-050-123-45-67")
        self.assertEqual(found["partner"], primary.id)
        self.assertEqual(found["others"], [fresh.id, old.id, archived.id])
        self.assertEqual(self.points.browse(found["point"]).partner_id, primary)
        many = self.points._resolve_many(
            [("phone", PHONE), ("phone", "+1")], self.company.id
        )
        self.assertEqual(many, {("phone", PHONE): found})

    def test_messenger_finds_the_phone(self):
        partner = self._make_customer(phone=PHONE)
        self.assertEqual(
            self._resolve("380501234567@c.us", "whatsapp")["partner"], partner.id
        )
        other = self._make_customer("Viber", phone=PHONE_2)
        self.points._learn(other, "viber", PHONE, "ingest", TIME_ZERO)
        found = self._resolve(PHONE, "viber")
        self.assertEqual((found["partner"], found["others"]), (other.id, [partner.id]))

    def test_open_leads_when_nobody_is_known(self):
        lead = self._make_lead(phone="8-050-123-45-67", email_from="New@Example.com")
        lost = self._make_lead(phone=PHONE)
        lost.action_set_lost()
        won = self._make_lead(phone=PHONE)
        won.action_set_won()
        for kind, value in (("phone", "050 1234567"), ("email", "NEW@example.com")):
            found = self._resolve(value, kind)
            self.assertEqual((found["partner"], found["leads"]), (False, [lead.id]))
        many = self.points._resolve_many(
            [("phone", PHONE), ("email", "new@example.com"), ("phone", PHONE_2)],
            self.company.id,
        )
        self.assertEqual(
            {pair: answer["leads"] for pair, answer in many.items()},
            {("phone", PHONE): [lead.id], ("email", "new@example.com"): [lead.id]},
        )

    def test_nobody(self):
        nobody = {"partner": False, "point": False, "others": [], "leads": []}
        self.assertEqual(self._resolve(PHONE), nobody)
        self.assertEqual(self._resolve("112"), nobody)

    def test_other_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self._make_customer("Hidden", phone=PHONE, company_id=other.id)
        self.assertFalse(self._resolve(PHONE)["partner"])
        self.assertEqual(
            self.points._resolve("phone", PHONE, other)["partner"], hidden.id
        )
        with self.assertRaises(AccessError):
            self.points.with_user(self.olena).resolve("phone", PHONE, other.id)

    def test_public_resolve_shows_what_one_may_read(self):
        partner = self._make_customer(phone=PHONE)
        found = self.points.with_user(self.olena).resolve("phone", PHONE)
        self.assertEqual(found["partner"], partner.id)
        lead = self._make_lead(phone=PHONE_2, user_id=self.petro.id)
        for user, leads in (
            (self.olena, []),
            (self.petro, lead.ids),
            (self.accountant, []),
        ):
            found = self.points.with_user(user).resolve("phone", PHONE_2)
            self.assertEqual(found["leads"], leads, user.login)
        portal = self._make_user("rel_portal", "base.group_portal")
        with self.assertRaises(AccessError):
            self.points.with_user(portal).resolve("phone", PHONE)

    def test_queries(self):
        self._make_customer(phone=PHONE)
        self._resolve(PHONE)
        with self.assertQueryCount(1):
            self._resolve(PHONE)
        self._make_customer("Twin", phone=PHONE)
        with self.assertQueryCount(2):
            self._resolve(PHONE)
        pairs = [("phone", f"+38050{number:07}") for number in range(500)]
        with self.assertQueryCount(2):
            self.points._resolve_many(pairs, self.company.id)
