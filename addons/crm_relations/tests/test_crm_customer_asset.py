import doctest
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..tools import serial
from .common import TIME_ZERO, RelationsCommon

COLOURS = {
    "name": "colour",
    "string": "Colour",
    "type": "selection",
    "selection": [["red", "Red"], ["blue", "Blue"]],
}


class AssetCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.car = cls.env["crm.customer.asset.type"].create(
            {
                "name": "Car",
                "service_label": "Service",
                "service_interval_months": 12,
                "remind_days": 14,
                "properties_definition": [
                    COLOURS,
                    {"name": "hook", "string": "Tow bar", "type": "boolean"},
                    {"name": "year", "string": "Year", "type": "integer"},
                ],
            }
        )
        cls.romashka = cls._make_customer(user_id=cls.olena.id)
        cls.golf = cls._make_asset(
            "Volkswagen Golf",
            serial="АА 1234-вв",  # typed in Cyrillic
            properties={"colour": "red", "year": 2019, "hook": True},
        )
        cls.polo = cls._make_asset(
            "Volkswagen Polo", serial="KA0001AX", properties={"colour": "blue"}
        )
        cls.ford = cls._make_asset("Ford Focus", properties={"colour": "red"})

    @classmethod
    def _make_asset(cls, name, **values):
        return cls.env["crm.customer.asset"].create(
            {
                "name": name,
                "type_id": cls.car.id,
                "partner_id": cls.romashka.id,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestCrmCustomerAsset(AssetCommon):
    def _find(self, text, user=None):
        return (
            self.env["crm.customer.asset"]
            .with_user(user or self.olena)
            .search([("find", "ilike", text), ("type_id", "=", self.car.id)])
        )

    def test_doctests_of_serial(self):
        self.assertEqual(doctest.testmod(serial).failed, 0)

    def test_red_volkswagen_is_found_filtered_and_grouped(self):
        self.assertEqual(self._find("red volkswagen"), self.golf)
        self.assertEqual(self._find("volkswagen red 2019"), self.golf)
        self.assertEqual(self._find("tow bar"), self.golf)
        self.assertEqual(self._find("volkswagen"), self.golf | self.polo)
        self.assertFalse(self._find("green volkswagen"))
        assets = self.env["crm.customer.asset"].with_user(self.olena)
        self.assertEqual(
            assets.search(
                [("properties.colour", "=", "red"), ("type_id", "=", self.car.id)]
            ),
            self.golf | self.ford,
        )
        groups = assets.formatted_read_group(
            [("type_id", "=", self.car.id)], ["properties.colour"], ["__count"]
        )
        self.assertEqual(
            {group["properties.colour"]: group["__count"] for group in groups},
            {"red": 2, "blue": 1},
        )

    def test_plate_is_found_in_any_spelling(self):
        for text in ("AA1234BB", "aa 1234 bb", "АА1234ВВ", "1234-BB", "A A 12 34"):
            self.assertEqual(self._find(text), self.golf, text)
        self.assertEqual(self.golf.serial, "АА 1234-вв", "as typed")
        names = (
            self.env["crm.customer.asset"].with_user(self.olena).name_search("1234bb")
        )
        self.assertEqual(names, [(self.golf.id, "Volkswagen Golf · АА 1234-вв")])

    def test_the_one_search_box_finds_assets(self):
        found = self.env["crm.search"].with_user(self.olena).search_everywhere("aa1234")
        assets = {group["group"]: group["items"] for group in found}["assets"]
        self.assertEqual(
            [(item["id"], item["subtitle"]) for item in assets],
            [(self.golf.id, "Romashka LLC · Car")],
        )
        found = self.env["crm.search"].with_user(self.ivan).search_everywhere("aa1234")
        self.assertNotIn("assets", {group["group"] for group in found})

    def test_customer_is_found_by_his_asset(self):
        person = self._make_customer("Oksana", parent_id=self.romashka.id)
        self.golf.partner_id = person
        self.assertEqual(
            self.env["res.partner"]
            .with_user(self.olena)
            .search([("crm_asset_words", "ilike", "red golf")]),
            self.romashka | person,
        )
        self.assertFalse(
            self.env["res.partner"]
            .with_user(self.ivan)
            .search([("crm_asset_words", "ilike", "red golf")]),
            "only by assets one may read",
        )
        self.assertEqual(self.romashka.with_user(self.olena).crm_asset_count, 3)
        self.assertEqual(person.with_user(self.olena).crm_asset_count, 1)

    def test_renamed_option_and_new_word_are_found(self):
        self.car.with_user(self.manager).properties_definition = [
            {**COLOURS, "selection": [["red", "Cherry"], ["blue", "Blue"]]},
        ]
        self.assertEqual(self._find("cherry volkswagen"), self.golf)
        self.assertFalse(self._find("red volkswagen"))

    def test_owner_and_team_follow_the_customer(self):
        self.assertEqual(
            (self.golf.user_id, self.golf.team_id), (self.olena, self.north)
        )
        self.romashka.user_id = self.petro
        self.assertEqual(
            (self.golf.user_id, self.golf.team_id), (self.petro, self.south)
        )
        self.assertEqual(self.golf.customer_id, self.romashka)

    def test_own_team_all_company(self):
        south = self._make_asset(
            "Skoda", partner_id=self._make_customer("Lada", user_id=self.petro.id).id
        )
        nobody = self._make_asset("Audi", partner_id=self._make_customer("Free").id)
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self._make_asset("Seat", company_id=other.id)
        rows = self.golf | south | nobody | foreign
        people = self.olena | self.ivan | self.head | self.manager | self.director
        visible = {
            user.login: rows.with_user(user)._filtered_access("read") for user in people
        }
        self.assertEqual(
            visible,
            {
                "rel_olena": self.golf | nobody,
                "rel_ivan": nobody,
                "rel_head": self.golf | nobody,
                "rel_manager": self.golf | south | nobody,
                "rel_director": self.golf | south | nobody,
            },
        )
        self.golf.with_user(self.olena).note = "Winter tyres are with us"
        with self.assertRaises(AccessError):
            self.golf.with_user(self.ivan).write({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.golf.with_user(self.olena).unlink()
        with self.assertRaises(AccessError):
            self.golf.with_user(self.accountant).read(["name"])

    def test_only_heads_of_sales_shape_types_and_attributes(self):
        definition = self.env["properties.base.definition"].sudo()
        definition = definition._get_definition_for_property_field(
            "res.partner", "properties"
        )
        attribute = [{"name": "hobby", "string": "Hobby", "type": "char"}]
        definition.with_user(self.manager).properties_definition = attribute
        self.assertEqual(definition.properties_definition, attribute)
        with self.assertRaises(AccessError):
            definition.with_user(self.olena).write({"properties_definition": []})
        with self.assertRaises(AccessError):
            self.car.with_user(self.olena).write({"name": "Lorry"})
        self.env["crm.customer.asset.type"].with_user(self.manager).create(
            {"name": "Boat"}
        )
        # no other model's definitions
        fields = self.env["ir.model.fields"]
        other = definition.create(
            {"properties_field_id": fields._get("crm.lead", "lead_properties").id}
        )
        with self.assertRaises(AccessError):
            other.with_user(self.manager).write({"properties_definition": []})

    def test_contacts_about_it(self):
        lead = self._make_lead(
            partner_id=self.romashka.id, asset_id=self.golf.id, user_id=self.olena.id
        )
        about = self._make_interaction(
            "k1", asset_id=self.golf.id, owner_id=self.olena.id
        )
        on_deal = self._make_interaction("k2", lead_id=lead.id, owner_id=self.olena.id)
        self._make_interaction("k3", partner_id=self.romashka.id)
        golf = self.golf.with_user(self.olena)
        self.assertEqual(golf.interaction_count, 1)
        rows = (
            self.env["crm.interaction"]
            .with_user(self.olena)
            .search(golf.action_open_interactions()["domain"])
        )
        self.assertEqual(rows, about | on_deal)

    def test_merge_takes_assets_along_and_undo_brings_them_back(self):
        twin = self._make_customer("Romashka twin", user_id=self.petro.id)
        self._make_customer("Office", parent_id=self.romashka.id)
        asset = self._make_asset("Skoda", partner_id=twin.id)
        consent = self.env["crm.consent"].create({"partner_id": twin.id})
        link = self.env["crm.consent.link"]._get_links(twin, self.company)[twin.id]
        log = self.env["crm.partner.merge.log"]._merge(twin, self.romashka, "the same")
        self.assertEqual(
            (asset.partner_id, asset.customer_id, asset.user_id, asset.team_id),
            (self.romashka, self.romashka, self.olena, self.north),
        )
        self.assertEqual((consent.partner_id, link.partner_id), (self.romashka,) * 2)
        log.action_undo()
        self.assertEqual(
            (asset.partner_id, asset.customer_id, asset.user_id),
            (twin, twin, self.petro),
        )
        self.assertEqual((consent.partner_id, link.partner_id), (twin,) * 2)

    def test_hosts_merge_takes_assets_along(self):
        twin = self._make_customer("Romashka twin", user_id=self.petro.id)
        person = self._make_customer("Oksana", parent_id=self.romashka.id)
        asset = self._make_asset("Skoda", partner_id=twin.id)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((twin | person).ids, person)
        self.assertEqual(
            (asset.partner_id, asset.customer_id, asset.user_id),
            (person, self.romashka, self.olena),
        )

    def test_lead_merge_keeps_the_asset(self):
        deals = self._make_lead("A") | self._make_lead("B", asset_id=self.golf.id)
        self.assertEqual(deals.merge_opportunity().asset_id, self.golf)

    def test_list_costs_the_same_for_one_and_many(self):
        self.env["crm.customer.asset"].create(
            [
                {"name": f"Car {index}", "type_id": self.car.id,
                 "partner_id": self.romashka.id, "properties": {"colour": "red"}}
                for index in range(40)
            ]
        )  # fmt: skip
        self.env.flush_all()
        spec = {
            "name": {}, "serial": {}, "properties": {}, "next_service_date": {},
            "partner_id": {"fields": {"display_name": {}}},
            "user_id": {"fields": {"display_name": {}}},
            "activity_ids": {"fields": {}},
        }  # fmt: skip
        assets = self.env["crm.customer.asset"].with_user(self.olena)
        assets.web_search_read([("find", "ilike", "car red")], spec, limit=80)
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            found = assets.web_search_read(
                [("find", "ilike", "car red")], spec, limit=80
            )
        self.assertEqual(len(found["records"]), 42)


@tagged("post_install", "-at_install")
class TestAssetService(AssetCommon):
    def _plan(self, now):
        return self.env["crm.customer.asset"]._plan_service_reminders(now)

    def test_one_reminder_per_date_for_the_customers_salesperson(self):
        day = TIME_ZERO.date() + timedelta(days=14)
        self.golf.next_service_date = day
        self.polo.next_service_date = day + timedelta(days=1)
        self.assertEqual(self._plan(TIME_ZERO), 1)
        self.assertEqual(self._plan(TIME_ZERO), 0, "never two")
        activity = self.golf.activity_ids
        self.assertEqual(
            (activity.user_id, activity.date_deadline, activity.summary),
            (self.olena, day, "Service: Volkswagen Golf · АА 1234-вв"),
        )
        self.assertFalse(self.polo.activity_ids)
        self.assertEqual(self._plan(TIME_ZERO + timedelta(days=1)), 1)

    def test_day_is_the_companys_day(self):
        self.company.partner_id.tz = "Europe/Kyiv"
        self.golf.next_service_date = TIME_ZERO.date() + timedelta(days=15)
        self.assertEqual(self._plan(TIME_ZERO.replace(hour=21, minute=59)), 0)
        self.assertEqual(self._plan(TIME_ZERO.replace(hour=22)), 1)

    def test_nobodys_customer_reminds_who_entered_it(self):
        self.romashka.user_id = False
        asset = self.env["crm.customer.asset"].with_user(self.ivan).create(
            {"name": "Opel", "type_id": self.car.id, "partner_id": self.romashka.id,
             "next_service_date": TIME_ZERO.date()}
        )  # fmt: skip
        self._plan(TIME_ZERO)
        self.assertEqual(asset.activity_ids.user_id, self.ivan)

    def test_done_closes_the_reminder_and_plans_the_next(self):
        self.golf.next_service_date = TIME_ZERO.date()
        self._plan(TIME_ZERO)
        other = self.golf.activity_schedule(
            "mail.mail_activity_data_todo", summary="Wash"
        )
        golf = self.golf.with_user(self.olena)
        golf.action_service_done()
        self.assertEqual(golf.activity_ids, other.with_user(self.olena))
        months = (golf.next_service_date.year - golf.last_service_date.year) * 12
        months += golf.next_service_date.month - golf.last_service_date.month
        self.assertEqual(months, 12)
        self.assertEqual(self._plan(TIME_ZERO), 0)

    def test_archived_is_not_reminded_of(self):
        self.golf.write({"next_service_date": TIME_ZERO.date(), "active": False})
        self.assertEqual(self._plan(TIME_ZERO), 0)

    def test_pass_is_a_set(self):
        self.env["crm.customer.asset"].create(
            [
                {"name": f"Car {index}", "type_id": self.car.id,
                 "partner_id": self.romashka.id, "next_service_date": TIME_ZERO.date()}
                for index in range(30)
            ]
        )  # fmt: skip
        self.env.flush_all()
        with self.assertQueryCount(25):
            self.assertEqual(self._plan(TIME_ZERO), 30)
            self.env.flush_all()
