"""A program with a point for each unit of money, customers with cards, their orders."""

from odoo.fields import Command

from .campaign_common import CampaignCommon


class LoyaltyCommon(CampaignCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).action_archive()
        cls.entries = cls.env["crm.loyalty.entry"]
        cls.program = cls._make_program()
        cls.card = cls._make_card()

    @classmethod
    def _make_program(cls, **values):
        return cls.env["loyalty.program"].create(
            {
                "name": "Bonus points",
                "program_type": "loyalty",
                "trigger": "auto",
                "applies_on": "both",
                "rule_ids": [
                    Command.clear(),
                    Command.create(
                        {"reward_point_mode": "money", "reward_point_amount": 1}
                    ),
                ],
                "reward_ids": [
                    Command.clear(),
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount": 10,
                            "discount_mode": "per_order",
                            "discount_applicability": "order",
                            "required_points": 100,
                        }
                    ),
                ],
                **values,
            }
        )

    @classmethod
    def _make_card(cls, points=0, customer=None, program=None):
        return cls.env["loyalty.card"].create(
            {
                "program_id": (program or cls.program).id,
                "partner_id": (customer or cls.customer).id,
                "points": points,
            }
        )

    @classmethod
    def _make_order(cls, price, customer=None, user=None, **values):
        order = cls.env["sale.order"].create(
            {
                "partner_id": (customer or cls.customer).id,
                "order_line": [
                    Command.create(
                        {"product_id": cls.product.id, "product_uom_qty": 1,
                         "price_unit": price, "tax_ids": [Command.clear()]}
                    )
                ],
                **values,
            }
        )  # fmt: skip
        order._update_programs_and_rewards()
        return order

    def _claim(self, order, card=None):
        """Spend points of the card on the first reward."""
        order._update_programs_and_rewards()
        card = card or self.card
        order._apply_program_reward(card.program_id.reward_ids[:1], card)

    def _ledger(self, card=None):
        """[(reason, points)] of a card in the order of booking."""
        card = card or self.card
        found = self.entries.search([("card_ref", "=", card.id)], order="id")
        return [(entry.reason, entry.points) for entry in found]

    def assert_agrees(self, *cards):
        """Entries sum to the points of the cards (of all, when none is named)."""
        domain = [("id", "in", [card.id for card in cards])] if cards else []
        self.env.flush_all()
        balances = self.env["crm.loyalty.balance"]
        balances.invalidate_model()
        wrong = balances.search([*domain, ("difference", "!=", 0)])
        self.assertFalse(
            [(row.id, row.points, row.booked) for row in wrong], "the ledger differs"
        )
