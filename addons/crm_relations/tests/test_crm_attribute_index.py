from odoo.tests import tagged

from .test_crm_customer_asset import COLOURS, AssetCommon


@tagged("post_install", "-at_install")
class TestAttributeIndex(AssetCommon):
    def _index_names(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE indexname LIKE '%\\_attribute\\_%%'"
        )
        return {row[0] for row in self.env.cr.fetchall()}

    def _mark(self, *attributes):
        self.car.with_user(self.manager).properties_definition = list(attributes)

    def test_mark_makes_the_index_and_unmark_drops_it(self):
        before = self._index_names()
        self._mark({**COLOURS, "name": "paint", "searchable": True})
        made = self._index_names() - before
        self.assertEqual(
            made,
            {
                "crm_customer_asset_attribute_paint_list",
                "crm_customer_asset_attribute_paint_equal",
            },
        )
        row = (
            self.env["crm.attribute.index"]
            .with_user(self.manager)
            .search([("attribute", "=", "paint")])
        )
        self.assertEqual(
            (row.state, row.label, row.kind), ("ready", "Colour", "selection")
        )
        self._mark({**COLOURS, "name": "paint"})
        self.assertEqual(self._index_names(), before)
        self.assertFalse(row.exists())

    def test_host_search_uses_the_indexes(self):
        self._mark(
            {**COLOURS, "name": "paint", "searchable": True},
            {"name": "nick", "string": "Nick", "type": "char", "searchable": True},
            {"name": "power", "string": "Power", "type": "integer", "searchable": True},
            {
                "name": "checked",
                "string": "Checked",
                "type": "date",
                "searchable": True,
            },
            {
                "name": "leased",
                "string": "Leased",
                "type": "boolean",
                "searchable": True,
            },
        )
        domains = [
            [("properties.paint", "=", "red")],
            [("properties.nick", "ilike", "beetle")],
            [("properties.power", ">", 150)],
            [("properties.checked", "<", "2026-01-01")],
            [("properties.leased", "=", True)],
        ]
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        for domain in domains:
            query = (
                self.env["crm.customer.asset"]
                .sudo()
                ._search([*domain, ("active", "in", [True, False])])
            )
            self.env.cr.execute(
                "EXPLAIN " + self.env.cr.mogrify(query.select()).decode()
            )
            plan = "\n".join(row[0] for row in self.env.cr.fetchall())
            self.assertIn("crm_customer_asset_attribute_", plan, f"{domain}\n{plan}")

    def test_partner_attribute_gets_its_index(self):
        definition = self.env["properties.base.definition"].sudo()
        definition = definition._get_definition_for_property_field(
            "res.partner", "properties"
        )
        definition.with_user(self.manager).properties_definition = [
            {"name": "hobby", "string": "Hobby", "type": "char", "searchable": True}
        ]
        self.assertIn("res_partner_attribute_hobby_words", self._index_names())

    def test_uninstall_leaves_definitions_that_the_host_can_save(self):
        definition = self.env["properties.base.definition"].sudo()
        definition = definition._get_definition_for_property_field(
            "res.partner", "properties"
        )
        hobby = {"name": "hobby", "string": "Hobby", "type": "char"}
        definition.properties_definition = [{**hobby, "searchable": True}]
        self.env["crm.attribute.index"]._forget_all()
        self.assertEqual(definition.properties_definition, [hobby])
        self.assertFalse({name for name in self._index_names() if "hobby" in name})

    def test_large_table_waits_for_the_night(self):
        indexes = self.registry["crm.attribute.index"]
        self.patch(indexes, "_get_estimated_rows", lambda self, model: 1_000_000)
        self._mark({**COLOURS, "name": "paint", "searchable": True})
        row = self.env["crm.attribute.index"].search([("attribute", "=", "paint")])
        self.assertEqual(row.state, "pending")
        self.assertNotIn("crm_customer_asset_attribute_paint_list", self._index_names())
        with self.enter_registry_test_mode():
            cron = self.env.ref("crm_relations.ir_cron_build_attribute_index")
            cron.method_direct_trigger()
        self.assertEqual(row.state, "ready")
        self.assertIn("crm_customer_asset_attribute_paint_list", self._index_names())
