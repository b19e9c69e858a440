import math
import random
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TIME_ZERO, RelationsCommon

NOW = TIME_ZERO + timedelta(days=1)


class IngestCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ledger = cls.env["crm.interaction"]

    @staticmethod
    def _row(key="k1", **values):
        return {
            "channel": "call",
            "external_key": key,
            "direction": "in",
            "started_at": "2026-03-02T09:00:00Z",
            **values,
        }

    def _ingest(self, *rows, **options):
        return self.ledger._ingest(list(rows), now=NOW, **options)

    def _find(self, key):
        return self.ledger.search([("external_key", "=", key)])


@tagged("post_install", "-at_install")
class TestIngest(IngestCommon):
    def test_new_known_unmatched_and_bad_rows(self):
        partner = self._make_customer(phone="+380501112233", user_id=self.olena.id)
        result = self._ingest(
            self._row(
                "a", address="+380501112233", answered_at="2026-03-02T11:00:30+02:00"
            ),
            self._row("b", address="+380509999999"),
            self._row("c", direction="up"),
            self._row("a", ended_at="2026-03-02 09:10:00", outcome="answered"),
        )
        self.assertEqual(
            (result["created"], result["updated"], result["unmatched"]), (2, 1, 1)
        )
        self.assertEqual(
            result["errors"],
            [
                {
                    "index": 2,
                    "field": "direction",
                    "message": "This value is not one of the choices.",
                }
            ],
        )
        row = self._find("a")
        self.assertEqual(
            (row.partner_id, row.owner_id, row.team_id, row.outcome),
            (partner, self.olena, self.north, "answered"),
        )
        self.assertEqual((row.wait_seconds, row.handling_seconds), (30, 570))
        self.assertEqual(row.raw_address, "+380501112233")

    def test_repeats_fill_in_and_never_go_backwards(self):
        self._ingest(self._row(outcome="answered", answered_at="2026-03-02T09:01:00Z"))
        result = self._ingest(
            self._row(
                started_at="2026-03-02T09:00:30Z", direction="out", outcome="missed",
                answered_at="2026-03-02T09:02:00Z", ended_at="2026-03-02T09:05:00Z",
                subject="Tyres", address="050 111 22 33",
            )
        )  # fmt: skip
        self.assertEqual((result["created"], result["updated"]), (0, 1))
        row = self._find("k1")
        self.assertEqual(
            (row.started_at, row.direction, row.outcome, row.wait_seconds, row.subject),
            (TIME_ZERO, "in", "answered", 60, "Tyres"),
        )
        self.assertEqual(row.ended_at, TIME_ZERO + timedelta(minutes=5))

    def test_a_person_found_later_fills_in(self):
        self._ingest(self._row(address="+380501112233"))
        partner = self._make_customer(phone="+380501112233")
        self.assertEqual(
            self._ingest(self._row(address="+380501112233"))["unmatched"], 0
        )
        self.assertEqual(self._find("k1").partner_id, partner)

    def test_a_repeat_against_its_own_start_is_an_error_not_a_crash(self):
        self._ingest(self._row())
        result = self._ingest(
            self._row(
                started_at="2026-03-02T08:00:00Z", ended_at="2026-03-02T08:30:00Z"
            ),
            self._row("k2"),
        )
        self.assertEqual((result["created"], result["updated"]), (1, 0))
        self.assertEqual(
            result["errors"],
            [
                {
                    "index": 0,
                    "field": "ended_at",
                    "message": "This is earlier than the start.",
                }
            ],
        )

    def test_an_answer_after_the_end_is_an_error(self):
        late = {"answered_at": "2026-03-02T09:05:00Z"}
        early = {"ended_at": "2026-03-02T09:01:00Z"}
        result = self._ingest(self._row("one", **late, **early))
        self.assertEqual(
            [(error["index"], error["field"]) for error in result["errors"]],
            [(0, "answered_at")],
        )
        result = self._ingest(self._row("two", **late), self._row("two", **early))
        self.assertEqual(
            [error["field"] for error in result["errors"]], ["answered_at"]
        )
        self._ingest(self._row("three", **early))
        result = self._ingest(self._row("three", **late))
        self.assertEqual(
            [error["field"] for error in result["errors"]], ["answered_at"]
        )
        self.assertFalse(self._find("three").answered_at)

    def test_a_late_end_of_a_known_row_is_not_unmatched(self):
        self._make_customer(phone="+380501112233")
        first = self._ingest(self._row("call", address="+380501112233"))
        again = self._ingest(self._row("call", ended_at="2026-03-02T09:01:00Z"))
        self.assertEqual((first["unmatched"], again["unmatched"]), (0, 0))
        self.assertEqual(again["updated"], 1)

    def test_every_bad_value_is_named(self):
        rows = {
            "channel": self._row(channel="fax"),
            "external_key": self._row(external_key="x" * 129),
            "started_at": self._row(started_at="yesterday"),
            "answered_at": self._row(answered_at="2026-03-02T08:59:00Z"),
            "ended_at": self._row(ended_at=5),
            "subject": self._row(subject="\udcff"),
            "preview": self._row(preview="nul\x00"),
            "cost_amount": self._row(cost_amount=math.nan),
            "currency": self._row(currency="ZZZ"),
            "employee": self._row(employee="nobody"),
            "is_automatic": self._row(is_automatic="yes"),
            "outcome": self._row(outcome="lost"),
            "address": self._row(address="1" * 251),
            "kind": self._row(kind="fax"),
            "lead_id": self._row(lead_id=2**40),
            "wait_seconds": self._row(wait_seconds=7),
            "direction": self._row(direction=None),
            "": "not an object",
        }
        result = self._ingest(self._row("good"), *rows.values())
        self.assertEqual(result["created"], 1)
        self.assertEqual([error["field"] for error in result["errors"]], list(rows))
        self.assertEqual(
            [error["index"] for error in result["errors"]], list(range(1, 19))
        )

    def test_future_and_prehistoric_times_are_bad(self):
        result = self._ingest(
            self._row("a", started_at="2026-03-09T09:00:00Z"),
            self._row("b", started_at="0001-01-01T00:00:00+14:00"),
        )
        self.assertEqual([error["index"] for error in result["errors"]], [0, 1])

    def test_employee_currency_and_own_team(self):
        source = self.env["crm.interaction.source"].create(
            {"name": "PBX", "team_id": self.south.id}
        )
        row = self._row(
            employee="rel_ivan", cost_amount=1.5, currency=self.company.currency_id.name
        )
        self._ingest(row, self._row("k2"), source=source)
        found = self._find("k1")
        self.assertEqual(
            (found.user_id, found.cost_amount, found.currency_id, found.team_id),
            (self.ivan, 1.5, self.company.currency_id, self.south),
        )
        self.assertEqual(source.delivery_ids.created_count, 2)
        self.assertTrue(source.last_delivery_at)

    def test_a_source_may_not_name_records(self):
        source = self.env["crm.interaction.source"].create({"name": "PBX"})
        partner = self._make_customer()
        result = self._ingest(self._row(partner_id=partner.id), source=source)
        self.assertEqual(result["errors"][0]["field"], "partner_id")
        self.assertEqual(source.last_error_count, 1)
        self.assertIn("partner_id", source.delivery_ids.errors)
        self._ingest(self._row(partner_id=partner.id))
        self.assertEqual(self._find("k1").partner_id, partner)

    def test_who_may_call(self):
        rows = [self._row()]
        for user in (
            self.olena,
            self.head,
            self.manager,
            self.director,
            self.accountant,
        ):
            with self.assertRaises(AccessError):
                self.ledger.with_user(user).ingest(rows)
        admin = self._make_user("rel_admin", "base.group_user,base.group_system")
        self.assertEqual(self.ledger.with_user(admin).ingest(rows)["created"], 1)
        with self.assertRaises(UserError):
            self.ledger.with_user(admin).ingest([{}] * 10_001)
        with self.assertRaises(UserError):
            self.ledger.with_user(admin).ingest({"rows": []})

    def test_queries_do_not_grow_with_the_rows(self):
        self._make_customer(phone="+380501112233")
        self._ingest(self._row("warm"))
        rows = [self._row(f"r{i}", address="+380501112233") for i in range(500)]
        # no copy among them: it is counted by nobody
        with self.assertQueryCount(3):
            self._ingest(*rows)
        with self.assertQueryCount(3):
            self._ingest(*rows)

    def test_machines_numbers_do_not_cost_the_library(self):
        rows = [self._row(f"r{i}", address=f"+38050{i:07}") for i in range(50)]
        odd = [self._row(f"o{i}", address="050 111 22 33") for i in range(50)]
        calls = []
        self.patch(
            type(self.ledger),
            "_ingest_normalize",
            lambda model, kind, address, region: calls.append(address),
        )
        self._ingest(*rows, *odd)
        self.assertEqual(calls, ["050 111 22 33"])

    def test_random_rubbish_never_blocks_a_good_row(self):
        rng = random.Random(20260302)
        rubbish = [
            None, True, 0, -1, 2**63, 1e400, "", "\x00", "\ud800", "☎" * 300, [], {}, "a,b\n\"c\\.",
            "2026-02-30T00:00:00", "9999-12-31T23:59:59-14:00", "\\N", "in", "call",
        ]  # fmt: skip
        fields = [
            "channel", "external_key", "direction", "started_at", "answered_at", "ended_at",
            "address", "kind", "outcome", "subject", "preview", "cost_amount", "employee",
            "is_automatic", "currency", "lead_id", "company_id", "nonsense",
        ]  # fmt: skip
        rows = []
        for number in range(600):
            row = self._row(f"f{number % 400}", address="+380501112233")
            if number % 3:
                row[rng.choice(fields)] = rng.choice(rubbish)
            rows.append(rng.choice(rubbish) if number % 50 == 1 else row)
        result = self._ingest(*rows)
        total = result["created"] + result["updated"] + len(result["errors"])
        self.assertEqual(total, len(rows))
        bad = {error["index"] for error in result["errors"]}
        self.assertTrue(
            bad and not any(index % 3 == 0 and index % 50 != 1 for index in bad)
        )
        keys = {
            row["external_key"] for index, row in enumerate(rows) if index not in bad
        }
        self.assertEqual(len(keys), result["created"])
