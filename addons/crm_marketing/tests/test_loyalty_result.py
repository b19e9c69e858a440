from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .loyalty_common import LoyaltyCommon

FROM, TO = date(2026, 1, 1), date(2026, 3, 31)


@tagged("post_install", "-at_install")
class TestLoyaltyResult(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.standard_price = 60
        cls.other = cls._make_customer("Other")
        late = cls._make_customer("Late")
        cls._make_card(0, late)
        # a card of before the period; the other came with it
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE loyalty_card SET create_date = '2025-06-01' WHERE id = %s",
            [cls.card.id],
        )
        for customer in (cls.customer, cls.other, late):
            cls._make_invoice(date(2025, 5, 10), 100, partner=customer)
        for day in (date(2026, 1, 15), date(2026, 2, 15)):
            cls._make_invoice(day, 100)
        cls._make_invoice(date(2026, 2, 15), 100, partner=late)
        while cls.env["crm.customer.month"]._pass(date(2026, 3, 20)):
            pass

    def _result(self, user):
        return (
            self.env["crm.loyalty.result"]
            .with_user(user)
            .create({"date_from": FROM, "date_to": TO, "company_id": self.company.id})
        )

    def test_members_of_before_against_the_other_customers(self):
        groups = self._result(self.marketer)._get_groups()
        member = groups[True]
        self.assertEqual(
            (member["people"], member["kept"], member["repeated"]), (1, 1, 1)
        )
        self.assertEqual(member["margin"], 80)
        # who got his card with the period's purchase is no member of before
        other = groups[False]
        self.assertGreaterEqual(other["people"], 2)
        self.assertGreaterEqual(other["kept"], 1)

    def test_margins_only_for_those_who_may_see_them(self):
        self.assertIn("Bought again", self._result(self.marketer).result_html)
        self.assertNotIn("Margin per", self._result(self.marketer).result_html)
        self.marketer.group_ids += self.env.ref("crm_relations.group_see_margin")
        page = self._result(self.marketer).result_html
        self.assertIn("Margin per", page)
        self.assertIn("Fewer than 30", page)
        self.assertIn("no cause", page)

    def test_salespeople_do_not(self):
        with self.assertRaises(AccessError):
            self._result(self.olena)
