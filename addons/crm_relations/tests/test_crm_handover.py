import doctest

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..tools import handover
from .owned_common import OwnedCommon


@tagged("post_install", "-at_install")
class TestCrmHandover(OwnedCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make = cls._make_customer
        cls.romashka = make("Romashka", user_id=cls.olena.id, city="Lviv")
        cls.person = make("Oksana", parent_id=cls.romashka.id)
        cls.taxi = make("Taxi", user_id=cls.olena.id, city="Kyiv")
        cls.farm = make("Farm", user_id=cls.petro.id)
        cls.big = cls._make_deal("Fleet", partner=cls.person, expected_revenue=5000)
        cls.small = cls._make_deal("Wash", partner=cls.taxi, expected_revenue=100)
        cls.won = cls._make_deal("Sold", partner=cls.taxi)
        cls.won.action_set_won()
        cls.call = cls._plan_call(cls.big)
        cls.order = cls._make_order(cls.taxi)
        cls.promise = cls._make_promise(cls.taxi)

    def _make(self, receivers=None, by=None, **values):
        receivers = receivers or [(self.ivan, 1, False), (self.petro, 1, False)]
        return (
            self.env["crm.handover"]
            .with_user(by or self.manager)
            .create(
                {
                    "from_user_id": self.olena.id,
                    "receiver_ids": [
                        (0, 0, {"user_id": user.id, "share": share, "domain": domain})
                        for user, share, domain in receivers
                    ],
                    **values,
                }
            )
        )

    def _owners(self):
        self.env.invalidate_all()
        records = (self.romashka, self.taxi, self.big, self.small, self.call,
                   self.order, self.promise)  # fmt: skip
        return [record.user_id.login[4:] for record in records]

    def test_doctests(self):
        self.assertEqual(doctest.testmod(handover).failed, 0)

    def test_preview_changes_nothing_and_keeps_a_customer_together(self):
        made = self._make()
        made.action_preview()
        self.assertEqual(self._owners(), ["olena"] * 7)
        self.assertEqual(
            {
                (item.res_model, item.res_id): item.to_user_id.login[4:]
                for item in made.item_ids
            },
            {
                ("res.partner", self.romashka.id): "ivan",
                ("res.partner", self.person.id): "ivan",
                ("crm.lead", self.big.id): "ivan",
                ("mail.activity", self.call.id): "ivan",
                ("res.partner", self.taxi.id): "petro",
                ("crm.lead", self.small.id): "petro",
                ("sale.order", self.order.id): "petro",
                ("crm.promise", self.promise.id): "petro",
            },
        )
        ivan, petro = made.receiver_ids
        self.assertEqual(
            [(row.customer_count, row.deal_count, row.task_count, row.amount)
             for row in (ivan, petro)],
            [(1, 1, 1, 5000), (1, 1, 2, 100)],
        )  # fmt: skip

    def test_apply_logs_and_undo_returns(self):
        made = self._make(note="Be kind")
        made.action_preview()
        made.action_apply()
        self.assertEqual(
            self._owners(), ["ivan", "petro", "ivan", "petro", "ivan", "petro", "petro"]
        )
        self.assertEqual(self.won.user_id, self.olena, "sold deals stay hers")
        log = self.romashka.crm_owner_log_ids[0]
        self.assertEqual(
            (log.from_user_id, log.to_user_id, log.by_user_id, log.handover_id),
            (self.olena, self.ivan, self.manager, made),
        )
        notices = self.env["mail.message"].search(
            [("model", "=", "crm.handover"), ("res_id", "=", made.id),
             ("message_type", "=", "user_notification")]
        )  # fmt: skip
        self.assertEqual(
            notices.notified_partner_ids, (self.ivan | self.petro).partner_id
        )
        self.assertEqual(len(notices), 2, "one each")
        # somebody gave the deal away meanwhile: it is not taken from him
        self.small.user_id = self.head
        made.action_undo()
        self.assertEqual(
            self._owners(),
            ["olena", "olena", "olena", "head", "olena", "olena", "olena"],
        )
        self.assertEqual((made.state, made.skipped_count), ("undone", 1))
        self.assertIn("Undone", self.romashka.crm_owner_log_ids[0].reason)

    def test_rules_and_hand(self):
        made = self._make(
            [(self.ivan, 1, "[('city', '=', 'Kyiv')]"), (self.petro, 0, False)]
        )
        made.action_preview()
        self.assertEqual(made.item_ids.to_user_id, self.ivan, "no share: nothing")
        made.receiver_ids[1].share = 1
        made.action_preview()
        by_name = {item.name: item for item in made.item_ids}
        self.assertEqual(by_name["Taxi"].to_user_id, self.ivan, "his rule names Kyiv")
        item = made.item_ids.filtered(lambda item: item.res_id == self.big.id)
        item.to_user_id = self.head
        made.action_apply()
        self.assertEqual(self.big.user_id, self.head)
        with self.assertRaises(UserError):
            item.to_user_id = self.ivan

    def test_only_what_was_chosen(self):
        made = self._make(with_customers=False, with_activities=False)
        made.action_preview()
        self.assertEqual(
            set(made.item_ids.mapped("res_model")),
            {"crm.lead", "sale.order", "crm.promise"},
        )

    def test_changed_between_preview_and_doing_is_left_alone(self):
        made = self._make()
        made.action_preview()
        self.romashka.user_id = self.head
        self.call.unlink()
        made.action_apply()
        self.assertEqual(self.romashka.user_id, self.head)
        self.assertEqual(made.skipped_count, 2)

    def test_steps_in_their_order(self):
        made = self._make()
        with self.assertRaises(UserError):
            made.action_apply()
        with self.assertRaises(UserError):
            made.action_undo()
        made.action_preview()
        made.action_apply()
        with self.assertRaises(UserError):
            made.action_preview()

    def test_who_may(self):
        made = self._make()
        everybody = (
            self.olena,
            self.ivan,
            self.head,
            self.south_head,
            self.manager,
            self.director,
        )
        for access, expected in (
            ("read", [True, True, True, False, True, True]),
            ("write", [True, False, True, False, True, False]),
        ):
            allowed = [
                bool(made.with_user(user)._filtered_access(access))
                for user in everybody
            ]
            self.assertEqual(allowed, expected, access)
        with self.assertRaises(AccessError):
            made.with_user(self.ivan).action_apply()
        with self.assertRaises(AccessError):
            self._make(by=self.south_head)
        own = self._make(by=self.petro, from_user_id=self.petro.id)
        with self.assertRaises(AccessError):
            own.from_user_id = self.olena
        with self.assertRaises(AccessError):
            self._make(by=self.accountant)
        # a head hands over for his people, though single deals are closed to him
        made = made.with_user(self.head)
        made.action_preview()
        made.action_apply()
        self.assertEqual(self._owners()[0], "ivan")

    def test_owner_history(self):
        made = self._make_customer("New", user_id=self.olena.id)
        made.user_id = self.olena
        made.with_user(self.manager).user_id = self.petro
        logs = made.crm_owner_log_ids
        self.assertEqual(
            [
                (log.from_user_id, log.to_user_id, log.team_id)
                for log in logs.sorted("id")
            ],
            [
                (self.env["res.users"], self.olena, self.north),
                (self.olena, self.petro, self.south),
            ],
        )
        people = (self.olena, self.ivan, self.south_head, self.director)
        seen = [len(logs.with_user(user)._filtered_access("read")) for user in people]
        self.assertEqual(seen, [2, 0, 1, 2])
        with self.assertRaises(AccessError):
            logs.with_user(self.manager).write({"reason": "x"})
        with self.assertRaises(AccessError):
            logs.with_user(self.manager).unlink()

    def test_hundred_cost_as_much_as_ten(self):
        def preview_and_apply(count):
            user = self._make_user(
                f"rel_from{count}", "sales_team.group_sale_salesman,base.group_user"
            )
            self.env["res.partner"].create(
                [{"name": f"C{index}", "user_id": user.id} for index in range(count)]
            )
            made = self._make(from_user_id=user.id)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            made.action_preview()
            made.action_apply()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        preview_and_apply(3)
        self.assertLess(preview_and_apply(100), preview_and_apply(10) + 20)
