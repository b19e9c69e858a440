import doctest
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import tagged

from ..tools import portrait
from .segment_common import NOW, SegmentCommon


@tagged("post_install", "-at_install")
class TestSegmentPortrait(SegmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"]
        # thirty drivers, most of them of Lviv; ninety others, a few of Lviv
        cls.drivers = partners.create(
            [{"name": f"Driver {n}", "city": "Lviv" if n < 24 else "Kyiv",
              "comment": "driver"} for n in range(30)]
        )  # fmt: skip
        cls.others = partners.create(
            [{"name": f"Other {n}", "city": "Lviv" if n < 9 else "Kyiv"}
             for n in range(90)]
        )  # fmt: skip
        everybody = cls.drivers | cls.others
        cls.classPatch(
            cls.registry["crm.segment"],
            "_get_base_domain",
            lambda self: Domain("id", "in", everybody.ids),
        )
        cls.segment = cls._make_segment(
            name="Drivers", domain=repr([("comment", "ilike", "driver")])
        )

    def _told(self, segment=None):
        segment = segment or self.segment
        segment._work_out_portrait(NOW)
        return {(row.trait, row.value): row for row in segment.trait_ids}

    def test_examples_in_the_text(self):
        result = doctest.testmod(portrait)
        self.assertGreater(result.attempted, 10)
        self.assertFalse(result.failed)

    def test_what_distinguishes_them(self):
        found = self._told()
        lviv = found["city", "Lviv"]
        self.assertEqual((lviv.inside_count, lviv.outside_count), (24, 9))
        self.assertAlmostEqual(lviv.lift, 8.0)
        self.assertIn("8.0 × more often: City Lviv", self.segment.portrait_words)
        self.assertIn("80 % of them, 10 % of others", self.segment.portrait_words)
        self.assertNotIn(("kind", "private person"), found)

    def test_a_few_members_tell_nothing(self):
        self.segment.domain = repr([("id", "in", self.drivers[:3].ids)])
        self.segment._refresh(NOW)
        self.assertFalse(self._told())
        self.assertIn("Too few", self.segment.portrait_note)

    def test_what_the_conditions_ask_for_is_not_told(self):
        segment = self._make_segment(
            {"kind": "region", "places": "Lviv"}, domain="[]", name="Lviv"
        )
        self.assertFalse(self._told(segment))
        self.assertIn("City", segment.portrait_note)

    def _give_cars(self, when):
        kind = self.env["crm.customer.asset.type"].create({"name": "Motor"})
        self.env["crm.customer.asset"].create(
            [{"name": "Volkswagen Golf", "type_id": kind.id, "partner_id": driver.id,
              "acquired_date": when} for driver in self.drivers]
        )  # fmt: skip

    def test_what_came_only_after_the_outcome_is_not_told(self):
        self._give_cars(NOW.date() - timedelta(days=10))
        self.assertIn(("asset", "Volkswagen"), self._told())
        self.segment.portrait_before = NOW.date() - timedelta(days=30)
        self.assertNotIn(("asset", "Volkswagen"), self._told())
        self.segment.portrait_before = NOW.date() - timedelta(days=5)
        self.assertIn(("asset", "Volkswagen"), self._told())

    def test_tags_have_no_date_and_are_refused_for_a_past_outcome(self):
        tag = self.env["res.partner.category"].create({"name": "Good"})
        self.drivers.category_id = tag
        self.assertIn(("tag", "Good"), self._told())
        self.segment.portrait_before = NOW.date() - timedelta(days=30)
        self.assertNotIn(("tag", "Good"), self._told())

    def test_the_day_follows_the_conditions(self):
        for driver in self.drivers:
            self.env["crm.interaction"].create(
                {"company_id": self.company.id, "external_key": f"d{driver.id}",
                 "channel_id": self._channel("call").id, "direction": "in",
                 "started_at": NOW - timedelta(days=3), "partner_id": driver.id}
            )  # fmt: skip
        self.segment.block_ids = [(0, 0, {"kind": "contacted", "days": 10})]
        self._give_cars(NOW.date() - timedelta(days=5))
        border = (NOW - timedelta(days=10)).date()
        self.assertEqual(self.segment._get_border(NOW), (border, True))
        self.assertNotIn(("asset", "Volkswagen"), self._told())

    def test_who_is_like_them(self):
        self.segment.action_lookalikes()
        rows = self.env["crm.segment.likeness"].search(
            [("segment_id", "=", self.segment.id)]
        )
        self.assertEqual(set(rows[:9].partner_id), set(self.others[:9]))
        self.assertFalse(rows.partner_id & self.drivers)
        # as the pure arithmetic has it, with the host's 0.1
        model = portrait.learn(
            [({"city": p.city, "kind": "p"}, p in self.drivers)
             for p in self.drivers | self.others]
        )  # fmt: skip
        expected = 100 * portrait.score(model, {"city": "Lviv", "kind": "p"})
        self.assertAlmostEqual(rows[0].score, expected, delta=0.2)

    def test_nothing_to_be_like(self):
        self.segment.domain = repr([("id", "in", self.drivers[:3].ids)])
        self.segment._refresh(NOW)
        with self.assertRaises(UserError):
            self.segment.action_lookalikes()

    def test_who_may(self):
        self.segment.with_user(self.marketer).action_portrait()
        self.assertTrue(self.segment.with_user(self.marketer).portrait_words)
        with self.assertRaises(AccessError):
            self.segment.with_user(self.olena).action_portrait()
        with self.assertRaises(AccessError):
            self.segment.with_user(self.olena).trait_ids.mapped("value")

    def test_queries(self):
        self.segment._work_out_portrait(NOW)
        self.env.flush_all()
        with self.assertQueryCount(30):
            self.segment._work_out_portrait(NOW)
            self.env.flush_all()

    def test_a_trait_of_every_kind_can_be_read(self):
        traits = self.env["crm.trait"].with_context(trait_day=NOW.date())
        for code, trait in traits._get_traits(self.company).items():
            with self.subTest(trait=code):
                self.env.execute_query(trait.select)
