from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.stage_move import StageReason
from .test_crm_funnel import FunnelCommon

COLOUR = {
    "name": "a1",
    "string": "Colour",
    "type": "selection",
    "selection": [["r", "Red"], ["b", "Blue"]],
}
DOORS = {"name": "a2", "string": "Doors", "type": "integer"}


@tagged("post_install", "-at_install")
class TestCrmFunnelMove(FunnelCommon):
    def _move(self, deals, funnel, user=None, **values):
        wizard = (
            self.env["crm.funnel.move"]
            .with_user(user or self.olena)
            .create(
                {"lead_ids": [Command.set(deals.ids)], "funnel_id": funnel.id, **values}
            )
        )
        return wizard

    def test_stages_are_mapped_asked_once_and_remembered(self):
        deals = self._make_deal() | self._make_deal(
            stage_id=self._stage(self.new_sale, "Proposal").id
        )
        wizard = self._move(deals, self.repeat, reason="He has bought before")
        self.assertEqual(wizard.line_ids.mapped("lead_count"), [1, 1])
        self.assertEqual(
            wizard.line_ids.target_stage_id,
            self._stage(self.repeat, "Reminder"),
            "no name in common: the first stage is proposed",
        )
        proposal = wizard.line_ids.filtered(
            lambda line: line.stage_id.name == "Proposal"
        )
        proposal.target_stage_id = self._stage(self.repeat, "Offer")
        wizard.action_move()
        self.assertEqual(deals.funnel_id, self.repeat)
        self.assertEqual(deals.stage_id.mapped("name"), ["Reminder", "Offer"])
        row = deals[1].stage_log_ids.sorted("id")[-1]
        self.assertEqual((row.kind, row.reason), ("funnel", "He has bought before"))
        self.assertEqual(deals[1].stage_log_ids.sorted("id")[0].exit, "funnel")

        again = self._make_deal(stage_id=self._stage(self.new_sale, "Proposal").id)
        wizard = self._move(again, self.repeat)
        self.assertEqual(wizard.line_ids.target_stage_id.name, "Offer", "remembered")

    def test_properties_of_another_team(self):
        self.north.lead_properties_definition = [COLOUR, DOORS]
        self.south.lead_properties_definition = [
            {
                "name": "z9",
                "string": "colour",
                "type": "selection",
                "selection": [["x", "Red"]],
            }
        ]
        deal = self._make_deal(name="Golf")
        deal.lead_properties = {"a1": "r", "a2": 5}
        wizard = self._move(deal, self.southern)
        self.assertTrue(wizard.has_team_change)
        self.assertEqual(wizard.team_id, self.south)
        self.assertEqual(wizard.lost_properties, "Golf: Doors = 5")
        wizard.action_move()
        self.assertEqual((deal.team_id, deal.funnel_id), (self.south, self.southern))
        self.assertEqual(deal.lead_properties._values, {"z9": "x"})
        self.assertEqual(deal.stage_id, self._stage(self.southern, "Enquiry"))

    def test_nothing_is_lost_within_the_team(self):
        self.north.lead_properties_definition = [COLOUR, DOORS]
        deal = self._make_deal()
        deal.lead_properties = {"a1": "b", "a2": 3}
        wizard = self._move(deal, self.repeat)
        self.assertFalse(wizard.has_team_change)
        self.assertFalse(wizard.lost_properties)
        wizard.action_move()
        self.assertEqual(deal.lead_properties._values, {"a1": "b", "a2": 3})

    def test_a_stage_without_answer_is_refused(self):
        deal = self._make_deal()
        wizard = self._move(deal, self.repeat)
        wizard.line_ids.target_stage_id = False
        with self.assertRaisesRegex(UserError, "Say which stage"):
            wizard.action_move()

    def test_one_moves_only_what_one_may_write(self):
        deal = self._make_deal()
        with self.assertRaises(AccessError):
            self._move(deal, self.repeat, user=self.petro).action_move()


@tagged("post_install", "-at_install")
class TestCrmAutomaticMoves(FunnelCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.funnel = cls._make_funnel(
            "Whole way",
            cls.north,
            ["Enquiry", "Proposal", "!Ordered", "!Delivered", "!Invoiced", "!Paid"],
            sequence=1,
        )
        events = ["sent", "confirmed", "delivered", "invoiced", "paid"]
        stages = cls.funnel.stage_ids.sorted()[1:]
        cls.funnel.trigger_ids = [
            Command.create({"event": event, "stage_id": stage.id})
            for event, stage in zip(events, stages, strict=True)
        ]
        cls.product = cls.env["product.product"].create(
            {
                "name": "Wheel alignment",
                "type": "service",
                "list_price": 100,
                "invoice_policy": "order",
                "taxes_id": [Command.clear()],
            }
        )
        cls.customer = cls._make_customer()

    def _make_order(self, deal, **values):
        return self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "opportunity_id": deal.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.product.id, "product_uom_qty": 2}
                    )
                ],
                **values,
            }
        )

    def _pay(self, invoice):
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({})
        )
        wizard.action_create_payments()

    def _history(self, deal):
        return [
            (row.stage_id.name, row.kind, row.reason)
            for row in deal.stage_log_ids.sorted("id")
        ]

    def test_from_quotation_to_payment(self):
        deal = self._make_deal(partner_id=self.customer.id)
        order = self._make_order(deal)
        order.action_quotation_sent()
        order.action_confirm()
        self.assertEqual(deal.won_status, "won")
        order.order_line.qty_delivered = 1
        self.assertEqual(deal.stage_id.name, "Ordered", "half is not delivered")
        order.order_line.qty_delivered = 2
        invoice = order._create_invoices()
        self.assertEqual(
            deal.stage_id.name, "Delivered", "a draft invoice is no invoice"
        )
        invoice.action_post()
        self._pay(invoice)
        self.assertEqual(
            self._history(deal),
            [
                ("Enquiry", "created", False),
                ("Proposal", "automatic", f"Quotation {order.name} was sent"),
                ("Ordered", "automatic", f"Order {order.name} was confirmed"),
                ("Delivered", "automatic", f"Order {order.name} was delivered"),
                ("Invoiced", "automatic", f"Order {order.name} was invoiced"),
                ("Paid", "automatic", f"Order {order.name} was paid"),
            ],
        )

    def test_never_backwards(self):
        deal = self._make_deal(stage_id=self._stage(self.funnel, "Invoiced").id)
        order = self._make_order(deal)
        order.action_quotation_sent()
        order.action_confirm()
        self.assertEqual(deal.stage_id.name, "Invoiced")
        self.assertEqual(len(deal.stage_log_ids), 1)

    def test_all_orders_of_the_deal_count(self):
        deal = self._make_deal()
        first, second = self._make_order(deal), self._make_order(deal)
        (first | second).action_confirm()
        first.order_line.qty_delivered = 2
        self.assertEqual(deal.stage_id.name, "Ordered", "the second is not delivered")
        second.order_line.qty_delivered = 2
        self.assertEqual(deal.stage_id.name, "Delivered")

    def test_a_lost_deal_stays_lost(self):
        deal = self._make_deal()
        order = self._make_order(deal)
        deal.action_set_lost()
        order.action_confirm()
        self.assertEqual((deal.won_status, deal.stage_id.name), ("lost", "Enquiry"))

    def test_without_setting_nothing_moves(self):
        self.funnel.trigger_ids.filtered(lambda row: row.event == "sent").unlink()
        deal = self._make_deal()
        self._make_order(deal).action_quotation_sent()
        self.assertEqual(deal.stage_id.name, "Enquiry")

    def test_who_may_not_see_the_deal_moves_it_all_the_same(self):
        deal = self._make_deal(partner_id=self.customer.id)
        order = self._make_order(deal, user_id=self.petro.id)
        order.with_user(self.petro).action_quotation_sent()
        row = deal.stage_log_ids.sorted("id")[-1]
        self.assertEqual((row.stage_id.name, row.moved_by_id), ("Proposal", self.petro))
        order.action_confirm()
        order._create_invoices().with_user(self.accountant).action_post()
        self.assertEqual(deal.stage_id.name, "Invoiced")

    def test_an_event_moves_once(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.funnel.trigger_ids[0].copy()

    def test_the_usual_stages(self):
        for kind, expected in (("service", 7), ("cold", 3), ("own", 0)):
            funnel = self.env["crm.funnel"].create(
                {"name": kind, "kind": kind, "team_ids": [Command.set(self.south.ids)]}
            )
            funnel.with_user(self.manager).action_make_stages()
            self.assertEqual(len(funnel.stage_ids), expected)
        service = self.env["crm.funnel"].search([("name", "=", "service")])
        self.assertEqual(len(service.trigger_ids), 5)
        with self.assertRaisesRegex(UserError, "has stages already"):
            service.action_make_stages()

    def test_column_figures(self):
        deals = self._make_deal() | self._make_deal() | self._make_deal()
        deals[0]._move_on_event("sent", "Sent")
        deals[1].action_set_lost()
        figures = self.env["crm.funnel"].with_user(self.olena)
        enquiry = self._stage(self.funnel, "Enquiry")
        self.env.flush_all()
        self.assertEqual(
            figures.get_column_figures(self.funnel.id)[enquiry.id],
            {"entered": 3, "left": 2, "share": 50, "hours": 0.0},
        )
        self.assertEqual(
            figures.with_user(self.petro).get_column_figures(self.funnel.id), {}
        )

    def test_figures_on_the_card(self):
        deals = self._make_deal(expected_revenue=100) | self._make_deal(
            expected_revenue=50
        )
        deals[1].action_set_won()
        funnel = self.funnel.with_user(self.olena)
        self.assertEqual((funnel.open_count, funnel.open_amount), (1, 100))
        self.assertEqual((funnel.won_share, funnel.closed_count), (100, 1))
        # nothing is closed here: the card shows a dash, not 0 %
        self.assertEqual(self.southern.closed_count, 0)
        self.assertEqual(funnel.with_user(self.petro).open_count, 0)

    def test_reason_is_a_tuple_of_our_own(self):
        self.assertEqual(StageReason()._fields, ("kind", "text"))


@tagged("post_install", "-at_install")
class TestFunnelQueries(FunnelCommon):
    def test_a_hundred_deals_cost_what_ten_cost(self):
        def moved(count):
            deals = self.env["crm.lead"].create(
                [
                    {
                        "name": f"Deal {number}",
                        "type": "opportunity",
                        "team_id": self.north.id,
                        "user_id": self.olena.id,
                    }
                    for number in range(count)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            deals.write({"stage_id": self._stage(self.new_sale, "Proposal").id})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        moved(1)  # caches
        few, many = moved(10), moved(100)
        self.assertLessEqual(many, few + 2, f"{few} queries for 10, {many} for 100")
        self.assertLessEqual(few, 40)
