from odoo.fields import Command
from odoo.tests import tagged

from .segment_common import SegmentCommon


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
