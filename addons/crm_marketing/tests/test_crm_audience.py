import base64
import doctest
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..tools import audience as audience_tools
from ..tools.audience import hash_email, hash_phone
from .segment_common import NOW, SegmentCommon


@tagged("post_install", "-at_install")
class TestAudience(SegmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.env["res.partner"].create(
            [{"name": f"Reader {n}", "email": f"reader{n}@example.com"}
             for n in range(120)]
        )  # fmt: skip
        cls.people[0].phone = "+380671234567"
        cls.purpose = cls.env.ref("crm_relations.crm_contact_purpose_marketing")
        cls._say(cls.people, "given")
        cls.silent = cls.env["res.partner"].create(
            {"name": "Silent", "email": "silent@example.com"}
        )
        cls.segment = cls._make_segment(
            domain=repr([("id", "in", [*cls.people.ids, cls.silent.id])])
        )
        cls.audience = cls.env["crm.audience"].create(
            {"segment_id": cls.segment.id, "network": "meta"}
        )

    @classmethod
    def _say(cls, people, state, kind="any", at=NOW - timedelta(days=9)):
        cls.env["crm.consent"].create(
            [{"partner_id": person.id, "purpose_id": cls.purpose.id, "state": state,
              "kind": kind, "at": at} for person in people]
        )  # fmt: skip

    def _export(self, now=NOW, audience=None, user=None):
        audience = (audience or self.audience).with_user(user or self.marketer)
        download = (
            self.env["crm.audience.download"]
            .with_user(audience.env.user)
            .create({"audience_id": audience.id})
        )
        download._prepare(now)
        return download

    def _lines(self, content):
        return base64.b64decode(content or b"").decode().split()

    def test_published_vectors(self):
        result = doctest.testmod(audience_tools)
        self.assertGreater(result.attempted, 5)
        self.assertFalse(result.failed)

    def test_who_agreed_is_given_and_nobody_else(self):
        download = self._export()
        lines = self._lines(download.whole)
        self.assertEqual(lines[0], "email,phone")
        self.assertEqual(len(lines), 121)
        first = hash_email("meta", "reader0@example.com")
        self.assertIn(f"{first},{hash_phone('meta', '+380671234567')}", lines)
        self.assertNotIn(hash_email("meta", "silent@example.com"), "".join(lines))
        self.assertEqual(download.refused_count, 1)
        self.assertNotIn(b"@", base64.b64decode(download.whole))

    def test_each_address_by_its_own_means(self):
        self._say(self.people[0], "refused", kind="sms", at=NOW)
        lines = self._lines(self._export().whole)
        self.assertIn(hash_email("meta", "reader0@example.com") + ",", lines)

    def test_every_export_is_recorded(self):
        download = self._export()
        export = download.export_id
        self.assertEqual(
            (export.user_id, export.at, export.people_count, export.added_count),
            (self.marketer, NOW, 120, 120),
        )
        self.assertIn("id", export.conditions)
        with self.assertRaises(UserError):
            export.people_count = 1
        with self.assertRaises(UserError):
            export.unlink()

    def test_who_came_and_who_left_since(self):
        self._export()
        again = self._export(NOW + timedelta(days=1))
        self.assertFalse(again.added or again.removed)
        self.assertEqual((again.added_count, again.removed_count), (0, 0))
        self._say(self.people[1], "withdrawn", at=NOW + timedelta(days=1))
        self._say(self.silent, "given", at=NOW + timedelta(days=1))
        later = self._export(NOW + timedelta(days=2))
        self.assertEqual(
            self._lines(later.added)[1:],
            [hash_email("meta", "silent@example.com") + ","],
        )
        self.assertEqual(
            self._lines(later.removed)[1:],
            [hash_email("meta", "reader1@example.com") + ","],
        )

    def test_whoever_is_deleted_is_taken_back_from_the_network(self):
        self._export()
        gone = hash_email("meta", self.people[5].email)
        self.people[5].unlink()
        self.assertIn(f"{gone},", self._lines(self._export().removed))

    def test_lists_that_are_too_small_are_refused(self):
        self._say(self.people[:30], "withdrawn", at=NOW)
        with self.assertRaisesRegex(UserError, "at least 100 people; 90"):
            self._export()
        self.assertFalse(self.audience.export_ids)

    def test_formats(self):
        yandex = self.audience.copy({"network": "yandex"})
        lines = self._lines(self._export(audience=yandex).whole)
        self.assertEqual(lines[0], "email,phone,ext_id")
        self.assertEqual(len(lines[1].split(",")[0] or "x" * 32), 32)
        google = self.audience.copy({"network": "google"})
        self.assertEqual(
            self._lines(self._export(audience=google).whole)[0], "Email,Phone"
        )

    def test_who_may(self):
        for user in (self.olena, self.accountant):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.audience.with_user(user).action_export()
        with self.assertRaises(AccessError):
            self.env["crm.audience.export"].with_user(self.marketer).create({})

    def test_another_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        segment = self._make_segment(company_id=company.id)
        other = self.env["crm.audience"].create({"segment_id": segment.id})
        with self.assertRaises(AccessError):
            other.with_user(self.marketer).read(["name"])

    def test_queries(self):
        self._export()
        self.env.invalidate_all()
        with self.assertQueryCount(70):
            self._export()
