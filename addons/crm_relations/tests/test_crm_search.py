import doctest

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.crm_relations.tools import search_term

from .test_crm_contact_point import PHONE, PHONE_2, PointCommon


@tagged("post_install", "-at_install")
class TestCrmSearch(PointCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls._make_customer(
            "Ромашка", is_company=True, phone="044 123-45-67", city="Київ", ref="K-77"
        )
        cls.person = cls._make_customer(
            "Оксана Бондар",
            parent_id=cls.firm.id,
            phone=PHONE,
            email="oksana@romashka.example",
        )

    def _find(self, term, user=None, **options):
        """{group: [(model, id)]}"""
        search = self.env["crm.search"].with_user(user or self.olena)
        return {
            found["group"]: [(item["model"], item["id"]) for item in found["items"]]
            for found in search.search_everywhere(term, **options)
        }

    def _one(self, record):
        return [(record._name, record.id)]

    def test_term_is_read_once(self):
        result = doctest.testmod(search_term)
        self.assertTrue(result.attempted > 6 and not result.failed)

    def test_names_in_any_order_and_case(self):
        self.assertEqual(
            self._find("ромашка"),
            {"customers": self._one(self.firm), "people": self._one(self.person)},
        )
        self.assertEqual(
            self._find("бондар оксана"), {"people": self._one(self.person)}
        )
        self.assertEqual(self._find("K-77"), {"customers": self._one(self.firm)})
        self.assertFalse(self._find("%%"))
        self.assertFalse(self._find(" "))

    def test_any_spelling_of_a_phone(self):
        for term in (
            "0501234567",
            "8-050-123-45-67",
            "+38 (050) 123 45 67",
            "050 123",
            "1234567",
        ):
            self.assertIn(
                self.person.id, [item[1] for item in self._find(term)["people"]], term
            )
        self.assertEqual(self._find("044 1234567"), {"customers": self._one(self.firm)})

    def test_former_number_finds_after_present_ones(self):
        self._age(self.person, 60)
        self.person.phone = PHONE_2
        newcomer = self._make_customer("Newcomer", parent_id=self.firm.id, phone=PHONE)
        groups = self.env["crm.search"].with_user(self.olena).search_everywhere(PHONE)
        self.assertEqual(
            [(item["id"], item["extra"]["former"]) for item in groups[0]["items"]],
            [(newcomer.id, False), (self.person.id, True)],
        )

    def test_part_of_an_email(self):
        self.assertEqual(self._find("oksana@rom"), {"people": self._one(self.person)})
        self.assertFalse(self._find("oks_na@rom"), "an underscore is no wildcard")

    def test_leads_and_deals_follow_their_rules(self):
        lead = self._make_lead("Winter tyres", user_id=self.olena.id, phone=PHONE_2)
        deal = self._make_lead(
            "Winter discs", user_id=self.petro.id, type="opportunity"
        )
        deal.partner_id = self.person
        self.assertEqual(self._find("winter"), {"leads": self._one(lead)})
        self.assertEqual(
            self._find("winter", self.manager),
            {"leads": self._one(lead), "deals": self._one(deal)},
        )
        self.assertEqual(self._find("067 123 45 67"), {"leads": self._one(lead)})
        self.assertEqual(self._find(PHONE, self.petro)["deals"], self._one(deal))

    def test_orders_invoices_and_products(self):
        product = self.env["product.product"].create(
            {"name": "Шина зимова", "default_code": "TY-205", "list_price": 3000}
        )
        order = self.env["sale.order"].create(
            {
                "partner_id": self.firm.id,
                "user_id": self.olena.id,
                "client_order_ref": "PO/4711",
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": 4})
                ],
            }
        )
        order.action_confirm()
        self.assertEqual(self._find(order.name), {"orders": self._one(order)})
        self.assertEqual(self._find("po/4711")["orders"], self._one(order))
        self.assertNotIn("orders", self._find(order.name, self.petro))
        template = product.product_tmpl_id
        self.assertEqual(self._find("ty-2"), {"products": self._one(template)})
        groups = (
            self.env["crm.search"]
            .with_user(self.olena)
            .search_everywhere("зимова шина")
        )
        [item] = groups[0]["items"]
        self.assertEqual(item["extra"]["price"], 3000)
        self.assertEqual(
            [buyer["name"] for buyer in item["extra"]["bought_by"]], [self.firm.name]
        )
        item = (
            self.env["crm.search"]
            .with_user(self.petro)
            .search_everywhere("ty-205")[0]["items"][0]
        )
        self.assertEqual(item["extra"]["bought_by"], [], "another's order is not shown")

    def test_invoices(self):
        move = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self.firm.id, "ref": "REF-9911",
             "invoice_user_id": self.olena.id}
        )  # fmt: skip
        self.assertEqual(
            self._find("ref-99", self.accountant), {"invoices": self._one(move)}
        )
        self.assertEqual(self._find("ref-99"), {"invoices": self._one(move)})
        self.assertEqual(self._find("ref-99", self.petro), {})

    def test_colleagues_with_their_deals(self):
        self._make_lead("D1", user_id=self.petro.id, type="opportunity")
        self.firm.user_id = self.petro
        search = self.env["crm.search"]
        for user, deals in ((self.manager, 1), (self.olena, 0)):
            [group] = search.with_user(user).search_everywhere("petro")
            [item] = group["items"]
            self.assertEqual(
                (group["group"], item["id"]), ("colleagues", self.petro.id)
            )
            self.assertEqual(item["extra"], {"deal_count": deals, "customer_count": 1})

    def test_two_letters_begin_a_name(self):
        lee = self._make_customer("Лі")
        self.assertEqual(self._find("лі"), {"customers": self._one(lee)})
        self.assertEqual(self._find("ок"), {"people": self._one(self.person)})

    def test_limit_and_order(self):
        for number in range(5):
            self._make_customer(f"Acme {number}")
        exact = self._make_customer("Acme")
        found = self._find("acme", limit=3)["customers"]
        self.assertEqual((len(found), found[0][1]), (3, exact.id))
        self.assertEqual(len(self._find("acme", limit=-1)["customers"]), 1)

    def test_other_company_and_portal_are_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._make_customer("Hidden", company_id=other.id, phone=PHONE_2)
        self.assertEqual(self._find("hidden"), {})
        self.assertEqual(self._find(PHONE_2), {})
        portal = self._make_user("rel_portal", "base.group_portal")
        with self.assertRaises(AccessError):
            self._find("ромашка", portal)

    def test_queries(self):
        for number in range(8):
            self._make_customer(f"Acme {number}", phone=f"05012345{number:02}")
            self._make_lead(f"Acme {number}", user_id=self.olena.id)
        self._find("acme")
        self.env.invalidate_all()
        with self.assertQueryCount(30):
            self._find("acme")
