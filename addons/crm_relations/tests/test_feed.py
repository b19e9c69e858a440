from datetime import timedelta

from odoo.tests import tagged

from .common import TIME_ZERO, RelationsCommon


@tagged("post_install", "-at_install")
class TestFeed(RelationsCommon):
    def _feed(self, key="k1", **vals):
        return self.env["crm.interaction"]._feed([self._vals(key, **vals)])

    def _vals(self, key="k1", **vals):
        return {
            "channel": "call",
            "external_key": key,
            "direction": "in",
            "started_at": TIME_ZERO,
            **vals,
        }

    def _point(self, partner, value, kind="phone", **vals):
        return self.env["crm.contact.point"].create(
            {
                "partner_id": partner.id,
                "kind": kind,
                "value": value,
                "normalized": value,
                **vals,
            }
        )

    def test_same_key_is_the_same_row_and_times_fill_once(self):
        row = self._feed(outcome="missed")
        later = TIME_ZERO + timedelta(minutes=1)
        again = self._feed(answered_at=later, outcome="answered", subject="Tyres")
        self.assertEqual(row, again)
        self.assertEqual(
            (row.answered_at, row.outcome, row.subject, row.wait_seconds),
            (later, "answered", "Tyres", 60),
        )
        self._feed(
            answered_at=later + timedelta(hours=1), outcome="missed", direction="out"
        )
        self.assertEqual(
            (row.answered_at, row.outcome, row.direction), (later, "answered", "in")
        )

    def test_repeats_inside_one_call(self):
        rows = self.env["crm.interaction"]._feed(
            [
                self._vals(),
                self._vals("k2"),
                self._vals(outcome="done", subject="Later"),
            ]
        )
        self.assertEqual(rows[0], rows[2])
        self.assertNotEqual(rows[0], rows[1])
        self.assertEqual((rows[0].outcome, rows[0].subject), ("done", "Later"))

    def test_person_owner_and_team_are_found_by_the_address(self):
        company = self._make_customer(is_company=True, user_id=self.olena.id)
        person = self._make_customer("Oksana", parent_id=company.id)
        point = self._point(person, "+380501112233")
        row = self._feed(raw_address="+380501112233", address_kind="phone")
        self.assertEqual(
            (
                row.partner_id,
                row.customer_id,
                row.contact_point_id,
                row.owner_id,
                row.team_id,
            ),
            (person, company, point, self.olena, self.north),
        )
        stranger = self._feed("k2", raw_address="+380509999999", address_kind="phone")
        self.assertFalse(
            stranger.partner_id or stranger.customer_id or stranger.owner_id
        )

    def test_an_open_lead_answers_when_no_partner_does(self):
        lead = self._make_lead(email_from="new@example.org", user_id=self.ivan.id)
        row = self._feed(
            raw_address="New@Example.org", address_kind="email", channel="email"
        )
        self.assertEqual(
            (row.lead_id, row.owner_id, row.team_id), (lead, self.ivan, self.north)
        )
        lead.action_set_lost()
        other = self._feed(
            "k2", raw_address="new@example.org", address_kind="email", channel="email"
        )
        self.assertFalse(other.lead_id)

    def test_former_values_and_archived_partners_come_last(self):
        old = self._make_customer("Old")
        new = self._make_customer("New")
        self._point(old, "+380501112233", state="former")
        self._point(new, "+380501112233")
        row = self._feed(raw_address="+380501112233", address_kind="phone")
        self.assertEqual(row.partner_id, new)
        new.active = False
        row = self._feed("k2", raw_address="+380501112233", address_kind="phone")
        self.assertEqual(row.partner_id, old)

    def test_better_document_wins_whatever_comes_first(self):
        partner = self._make_customer(user_id=self.petro.id)
        lead = self._make_lead(user_id=self.ivan.id)
        row = self._feed(
            res_model="res.partner",
            res_id=partner.id,
            owner_id=self.petro.id,
            channel="email",
        )
        self._feed(
            res_model="crm.lead", res_id=lead.id, lead_id=lead.id, owner_id=self.ivan.id,
            team_id=self.north.id, channel="email",
        )  # fmt: skip
        self.assertEqual(
            (row.res_model, row.res_id, row.owner_id, row.team_id, row.lead_id),
            ("crm.lead", lead.id, self.ivan, self.north, lead),
        )
        self._feed(res_model="res.partner", res_id=partner.id, channel="email")
        self.assertEqual((row.res_model, row.res_id), ("crm.lead", lead.id))

    def test_first_human_reply_on_the_document_answers(self):
        lead = self._make_lead()
        document = {"res_model": "crm.lead", "res_id": lead.id, "lead_id": lead.id}
        asked = self._feed("in", channel="email", **document)
        call = self._feed("missed", **document)
        at = TIME_ZERO + timedelta(minutes=5)
        self._feed(
            "auto",
            channel="email",
            direction="out",
            started_at=at,
            is_automatic=True,
            **document,
        )
        self.assertFalse(asked.answered_at)
        late = at + timedelta(minutes=5)
        self._feed(
            "out2", channel="email", direction="out", started_at=late, **document
        )
        self._feed("out", channel="email", direction="out", started_at=at, **document)
        self.assertEqual(
            (asked.answered_at, asked.wait_seconds), (late, 600), "filled once"
        )
        self.assertFalse(call.answered_at, "an e-mail does not answer a missed call")

    def test_last_seen_moves_forward_only(self):
        point = self._point(self._make_customer(), "+380501112233")
        address = {"raw_address": "+380501112233", "address_kind": "phone"}
        self._feed("late", started_at=TIME_ZERO + timedelta(days=1), **address)
        seen = self.env["crm.contact.point.seen"]
        seen._fold()
        self._feed("early", **address)
        seen._fold()
        self.assertEqual(point.last_seen_at, TIME_ZERO + timedelta(days=1))
        self.assertFalse(seen.search_count([]))

    def test_verified_when_the_customer_was_heard_first(self):
        number = "+380501112233"
        point = self._make_customer(phone=number).crm_contact_point_ids
        address = {"raw_address": number, "address_kind": "phone"}
        seen, hour = self.env["crm.contact.point.seen"], timedelta(hours=1)
        self._feed("tried", direction="out", **address)
        self._feed("robot", started_at=TIME_ZERO + hour, is_automatic=True, **address)
        seen._fold()
        self.assertEqual((point.last_seen_at, point.verified_at), (TIME_ZERO, False))
        reached, later = TIME_ZERO + 2 * hour, TIME_ZERO + 5 * hour
        self._feed("later", started_at=later, **address)
        self._feed(
            "out", direction="out", started_at=reached, answered_at=reached, **address
        )
        seen._fold()
        self.assertEqual((point.last_seen_at, point.verified_at), (later, reached))
        self._feed("again", started_at=later + hour, **address)
        seen._fold()
        self.assertEqual(point.verified_at, reached, "the first time stays")

    def test_few_queries(self):
        vals = self._vals(raw_address="+380501112233", address_kind="phone")
        self._feed("warm")
        with self.assertQueryCount(1):
            self.env["crm.interaction"]._feed([vals])
        with self.assertQueryCount(2):  # the second looks for questions it answers
            self.env["crm.interaction"]._feed(
                [
                    self._vals(f"n{i}", res_model="crm.lead", res_id=1)
                    for i in range(200)
                ]
            )
