"""Customers, a marketer and short ways to make segments; no demo data."""

from datetime import timedelta

from odoo.fields import Command

from odoo.addons.crm_relations.tests.common import TIME_ZERO
from odoo.addons.crm_relations.tests.money_common import MoneyCommon

MARKETER = "base.group_user,mass_mailing.group_mass_mailing_user"
NOW = TIME_ZERO + timedelta(days=30)


class SegmentCommon(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = cls._make_user("rel_marketer", MARKETER)
        partners = cls.env["res.partner"]
        cls.vera = partners.create(
            {"name": "Vera", "city": "Odesa", "email": "vera@example.com",
             "phone": "+380501234567"}
        )  # fmt: skip
        cls.petya = partners.create({"name": "Petya", "city": "Lviv"})
        cls.firm = partners.create({"name": "Firm", "is_company": True, "city": "Lviv"})
        cls.clerk = partners.create({"name": "Clerk", "parent_id": cls.firm.id})
        cls.everybody = cls.vera | cls.petya | cls.firm | cls.clerk
        # the tests' own world: nobody else's customers in the counts
        cls.mine = [("id", "in", cls.everybody.ids)]

    @classmethod
    def _make_segment(cls, *blocks, name="Segment", now=NOW, refresh=True, **values):
        segment = cls.env["crm.segment"].create(
            {
                "name": name,
                "domain": repr(cls.mine),
                "block_ids": [Command.create(block) for block in blocks],
                **values,
            }
        )
        if refresh:
            segment._refresh(now)
        return segment

    def _members(self, segment):
        rows = self.env["crm.segment.member"].search(
            [("segment_id", "=", segment.id), ("left_at", "=", False)]
        )
        return rows.partner_id

    def _assert_members(self, segment, partners):
        self.assertEqual(
            set(self._members(segment).mapped("name")), set(partners.mapped("name"))
        )

    def _make_car(self, partner, name="Volkswagen Golf", colour="red"):
        kind = self.env["crm.customer.asset.type"].search(
            [("name", "=", "Motor")]
        ) or self.env["crm.customer.asset.type"].create(
            {
                "name": "Motor",
                "properties_definition": [
                    {"name": "colour", "string": "Colour", "type": "selection",
                     "selection": [["red", "Red"], ["blue", "Blue"]]}
                ],
            }
        )  # fmt: skip
        return self.env["crm.customer.asset"].create(
            {"name": name, "type_id": kind.id, "partner_id": partner.id,
             "properties": {"colour": colour}}
        )  # fmt: skip
