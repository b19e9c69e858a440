from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from .loyalty_common import LoyaltyCommon
from .segment_common import NOW, SegmentCommon


@tagged("post_install", "-at_install")
class TestSegmentUse(SegmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.petya.email = "petya@example.com"
        cls.firm.email = "firm@example.com"
        cls.segment = cls._make_segment(name="Buyers")
        cls.purpose = cls.env.ref("crm_relations.crm_contact_purpose_marketing")

    def _say(self, person, state):
        self.env["crm.consent"].create(
            {"partner_id": person.id, "purpose_id": self.purpose.id, "state": state}
        )

    def _mailing(self, **values):
        return self.env["mailing.mailing"].with_user(self.marketer).create(
            {"subject": "Tyres", "body_arch": "<p>Tyres</p>",
             "mailing_model_id": self.env["ir.model"]._get_id("res.partner"), **values}
        )  # fmt: skip

    def test_a_mailing_to_a_segment(self):
        context = self.segment.with_user(self.marketer).action_mail()["context"]
        mailing = self._mailing(crm_segment_id=context["default_crm_segment_id"])
        self.assertEqual(
            set(mailing._get_recipients()),
            set((self.vera | self.petya | self.firm).ids),
        )
        self.assertEqual(self.segment.mailing_ids, mailing)

    def test_whoever_did_not_agree_leaves_the_mailing(self):
        self._say(self.vera, "given")
        self._say(self.petya, "withdrawn")
        mailing = self._mailing(crm_segment_id=self.segment.id)
        self.assertEqual(
            mailing._get_opt_out_list(), {"petya@example.com", "firm@example.com"}
        )
        other = self._mailing(mailing_domain=repr(self.mine))
        self.assertEqual(other._get_opt_out_list(), {"petya@example.com"})

    def test_sent_to_those_who_agreed_only(self):
        self._say(self.vera, "given")
        mailing = self._mailing(crm_segment_id=self.segment.id)
        mailing.action_send_mail()
        states = {
            trace.email: trace.trace_status for trace in mailing.mailing_trace_ids
        }
        self.assertEqual(states["petya@example.com"], "cancel")
        self.assertNotEqual(states["vera@example.com"], "cancel")

    def test_price_lists(self):
        self.env.user.group_ids += self.env.ref("product.group_product_pricelist")
        settings = self.env["res.config.settings"].create({})
        settings.group_product_pricelist = True
        settings.execute()
        lists = self.env["product.pricelist"].create(
            [{"name": "Second", "sequence": 2, "crm_segment_ids": [Command.set(self.segment.ids)]},
             {"name": "First", "sequence": 1, "crm_segment_ids": [Command.set(self.segment.ids)]},
             {"name": "His own"}]
        )  # fmt: skip
        self.petya.specific_property_product_pricelist = lists[2]
        self.env.invalidate_all()
        self.assertEqual(self.vera.property_product_pricelist, lists[1])
        self.assertEqual(self.clerk.property_product_pricelist, lists[1])
        self.assertEqual(self.petya.property_product_pricelist, lists[2])
        order = self.env["sale.order"].create({"partner_id": self.vera.id})
        self.assertEqual(order.pricelist_id, lists[1])
        lists[1].active = False
        self.env.invalidate_all()
        self.assertEqual(self.vera.property_product_pricelist, lists[0])
        self.assertIn("Second", self.segment.used_note)

    def test_export_and_saved_filters_know_it(self):
        data = self.vera.export_data(["name", "crm_segment_ids/name"])["datas"]
        self.assertEqual(data, [["Vera", "Buyers"]])
        self.assertEqual(
            self.env["crm.customer.metric"].search_count(
                [("customer_id.crm_segment_ids", "in", self.segment.ids)]
            ),
            0,
        )

    def test_the_customers_figures_by_segment(self):
        """Filters and groups of our reports reach segments through the customer."""
        self._make_invoice("2026-03-10", 100, partner=self.vera)
        self.months._pass(date(2026, 3, 20))
        months = self.months.with_user(self.director)
        domain = [("customer_id.crm_segment_ids", "in", self.segment.ids)]
        self.assertEqual(months.search(domain).customer_id, self.vera)
        self.assertEqual(
            months.search([("customer_id.crm_segment_ids", "ilike", "buyers")]),
            months.search(domain),
        )
        rows = self.env["res.partner"]._read_group(
            self.mine, ["crm_segment_ids"], ["__count"]
        )
        self.assertIn((self.segment, 3), rows)

    def test_leads_to_call(self):
        """A list of leads to call is a search: members, and the contacts of companies."""
        leads = self.env["crm.lead"].create(
            [{"name": person.name, "partner_id": person.id}
             for person in (self.vera, self.clerk)]
        )  # fmt: skip
        found = self.env["crm.lead"].search(
            [("id", "in", leads.ids),
             ("partner_id.crm_segment_ids", "in", self.segment.ids)]
        )  # fmt: skip
        self.assertEqual(found, leads[0])
        self.assertEqual(
            self.segment.with_user(self.marketer).action_open_members()["res_model"],
            "res.partner",
        )


@tagged("post_install", "-at_install")
class TestSegmentLoyalty(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._make_customer("Berizka LLC")
        cls.other_card = cls._make_card(300, cls.other)
        cls.segment = cls.env["crm.segment"].create(
            {"name": "Friends", "domain": repr([("id", "=", cls.customer.id)])}
        )
        cls.segment._refresh(NOW)
        cls.program.crm_segment_ids = cls.segment

    def _earned(self, order):
        return sum(order.coupon_point_ids.mapped("points"))

    def test_only_members_earn(self):
        self.assertEqual(self._earned(self._make_order(150)), 150)
        self.assertEqual(self._earned(self._make_order(150, self.other)), 0)
        self.program.crm_segment_ids = False
        self.assertEqual(self._earned(self._make_order(150, self.other)), 150)

    def test_contacts_of_a_member_earn(self):
        clerk = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": self.customer.id}
        )
        self.assertEqual(self._earned(self._make_order(150, clerk)), 150)

    def test_whoever_left_keeps_points_and_cannot_spend_them(self):
        self.card.points = 300
        order = self._make_order(150)
        self.assertTrue(order._get_claimable_rewards())
        self.segment.domain = repr([("id", "=", self.other.id)])
        self.segment._refresh(NOW)
        order._update_programs_and_rewards()
        self.assertFalse(order._get_claimable_rewards())
        self.assertEqual(self.card.points, 300)
        self.assertTrue(self._make_order(150, self.other)._get_claimable_rewards())

    def test_a_code_is_refused_to_others(self):
        promo = self.env["loyalty.program"].create(
            {"name": "Code", "program_type": "promo_code", "trigger": "with_code",
             "applies_on": "current", "crm_segment_ids": self.segment.ids,
             "rule_ids": [Command.create({"mode": "with_code", "code": "FRIENDS"})],
             "reward_ids": [Command.create({"discount": 10})]}
        )  # fmt: skip
        self.assertIn(
            "error", self._make_order(150, self.other)._try_apply_code("FRIENDS")
        )
        self.assertNotIn("error", self._make_order(150)._try_apply_code("FRIENDS"))
        self.assertIn("Code", self.segment.used_note)
        self.assertTrue(promo.active)
