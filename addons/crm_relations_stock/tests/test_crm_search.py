from odoo.tests import tagged

from .common import StockCommon


@tagged("post_install", "-at_install")
class TestCrmSearchStock(StockCommon):
    def _find(self, term, user):
        """{group: [item]}"""
        groups = self.env["crm.search"].with_user(user).search_everywhere(term)
        return {group["group"]: group["items"] for group in groups}

    def test_product_says_what_is_free(self):
        [item] = self._find("tyre r16", self.olena)["products"]
        self.assertEqual(item["extra"]["free_qty"], 10)
        self.assertIn("free now: 10", item["subtitle"])

    def test_serial_and_transfer_within_ones_rights(self):
        lot = self.env["stock.lot"].create(
            {"name": "SN-4711/AB", "product_id": self.tyre.id}
        )
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "partner_id": self.customer.id,
            }
        )
        for term, group, record in (
            ("sn-4711", "serials", lot),
            (picking.name, "transfers", picking),
        ):
            [item] = self._find(term, self.keeper)[group]
            self.assertEqual((item["model"], item["id"]), (record._name, record.id))
        self.assertIn("transfers", self._find(picking.name, self.olena))
        self.assertNotIn(
            "serials", self._find(lot.name, self.olena), "the host's right"
        )
        nobody = self._make_user("rel_nobody", "base.group_user")
        self.assertFalse(self._find(picking.name, nobody))
