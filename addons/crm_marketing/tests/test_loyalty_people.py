"""Points and people: erased, merged, delivered to, called."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .loyalty_common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLoyaltyPeople(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.loyalty.level"].search([]).action_archive()
        cls.gold = cls.env["crm.loyalty.level"].create(
            {"name": "Gold", "floor": 1, "has_free_delivery": True, "queue_bonus": 5}
        )

    def _make_gold(self, customer):
        self.env["crm.customer.level"].sudo().create(
            {"customer_id": customer.id, "company_id": self.env.company.id,
             "level_id": self.gold.id}
        )  # fmt: skip

    # ---- erased -----------------------------------------------------------------

    def test_words_and_codes_go_with_an_erased_person_points_stay(self):
        self.env["loyalty.card.update.balance"].create(
            {"card_id": self.card.id, "new_balance": 50, "description": "His bad leg"}
        ).action_update_card_point()
        code = self.env["crm.referral.code"]._get_code(self.customer)
        self.customer._erase_interactions()
        entry = self.entries.search([("card_id", "=", self.card.id)])
        self.assertEqual((entry.points, entry.note), (50, False))
        self.assertNotIn("leg", entry.history_id.description)
        self.assertFalse(self.env["crm.referral.code"]._find_partner(code))
        self.assert_agrees()

    # ---- merged by "Merge these two" ---------------------------------------------

    def test_two_cards_of_one_program_stay_two_where_it_can_be_undone(self):
        twin = self._make_customer("Twin")
        second = self._make_card(30, twin)
        self.card.points = 20
        self.env["crm.partner.merge.log"]._merge(twin, self.customer, "the same")
        self.env.invalidate_all()
        cards = self.card | second
        self.assertEqual(sum(cards.exists().filtered("active").mapped("points")), 50)
        self.assert_agrees()

    def test_two_cards_that_sum_to_nothing(self):
        """Of the cards of who stays one is kept, however the sums fall."""
        twin = self._make_customer("Twin")
        owed, had = self._make_card(0, twin), self._make_card(0, twin)
        self.card.points = 20
        spare = self._make_card(7)
        owed.points, had.points = -30, 30
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (self.customer | twin).ids, self.customer
        )
        self.env.invalidate_all()
        kept = self.card | spare
        self.assertEqual(sum(kept.exists().mapped("points")), 27)
        self.assertFalse((owed | had).exists().filtered("active"))
        self.assert_agrees()

    # ---- delivered ------------------------------------------------------------------

    def _delivery_price(self, customer):
        carrier = self.env["delivery.carrier"].create(
            {"name": "Courier", "product_id": self.product.id, "fixed_price": 30}
        )
        order = self._make_order(100, customer=customer)
        order.set_delivery_line(carrier, 30)
        return order.order_line.filtered("is_delivery")

    def test_delivery_is_free_for_whom_the_level_says_so(self):
        if "delivery.carrier" not in self.env:
            self.skipTest("the host delivers nothing here")
        self._make_gold(self.customer)
        line = self._delivery_price(self.customer)
        self.assertEqual(line.price_unit, 0)
        self.assertIn("Gold", line.name)
        self.assertEqual(
            self._delivery_price(self._make_customer("Other")).price_unit, 30
        )
        line.price_unit = 10
        self.assertEqual(line.price_unit, 10, "whoever sells has the last word")

    # ---- called --------------------------------------------------------------------

    def test_the_hub_tells_who_is_answered_sooner(self):
        self._make_gold(self.customer)
        clerk = self._make_customer("Clerk", parent_id=self.customer.id)
        other = self._make_customer("Other")
        agent = self._make_user("loyalty_agent", "base.group_user")
        people = (self.customer | clerk | other).with_user(agent)
        self.assertEqual(people.mapped("crm_queue_bonus"), [5, 5, 0])

    # ---- forms -----------------------------------------------------------------------

    def test_marketers_and_accountants_open_programs_and_cards(self):
        clerk = self._make_user(
            "loyalty_clerk", "base.group_user,account.group_account_invoice"
        )
        for person, record in (
            (self.marketer, self.program),
            (self.marketer, self.card),
            (clerk, self.card),
            (clerk, self.program),
        ):
            record = record.with_user(person)
            self.env.invalidate_all()
            views = record.get_views([(False, "form")])["models"][record._name]
            record.read(list(views["fields"]))

    def test_programs_say_what_the_till_does_to_points(self):
        """Where the host's point of sale brought its own field."""
        program = self.program
        if "pos_ok" not in program._fields:
            self.assertFalse(program.crm_is_at_till)
        fields = {**program._fields, "pos_ok": None}
        model = type(program)
        for is_used in (True, False):
            there = patch.object(model, "pos_ok", is_used, create=True)
            with there, patch.object(model, "_fields", fields):
                program._compute_crm_is_at_till()
            self.assertEqual(program.crm_is_at_till, is_used)

    def test_marketers_choose_the_form_for_friends(self):
        team = self.env["crm.team"].create({"name": "Friends"})
        form = self.env["crm.web.form"].create({"name": "Friends", "team_id": team.id})
        programs = self.program.with_user(self.marketer)
        views = programs.get_views([(False, "form")])["models"]["loyalty.program"]
        self.assertIn("crm_friend_form_id", views["fields"])
        programs.crm_friend_form_id = form
        self.env.invalidate_all()
        self.assertEqual(programs.crm_friend_form_id.display_name, "Friends")
        with self.assertRaises(AccessError):
            form.with_user(self.marketer).name = "Mine"
