"""Random lives of cards with the host's own orders, invoices, credit notes and merges."""

from datetime import timedelta

from odoo.tools import SQL

# What an order gave and took, and whatever undid it.
OF_ORDERS = ("order", "reward", "refund", "cancelled")


class Story:
    """Steps by chance over three customers; after each of them the ledger must agree.

    :param case: a test case of ``TestLoyaltyRefund``
    :param dice: a seeded ``random.Random``
    """

    def __init__(self, case, dice):
        self.case, self.dice, self.env = case, dice, case.env
        self.people = [case._make_customer(f"Person {number}") for number in range(3)]
        cards = [case._make_card(dice.randrange(250), one) for one in self.people]
        self.cards = self.env["loyalty.card"].concat(*cards)
        self.orders = self.env["sale.order"]
        self.told = []  # the steps so far, for whoever reads a failure

    def run(self, steps):
        # name of a step: how often
        weights = {"sell": 6, "invoice": 5, "credit": 5, "toggle": 3, "cancel": 2,
                   "again": 2, "reward": 2, "expire": 2, "by_hand": 2, "merge": 1}  # fmt: skip
        chosen = self.dice.choices(list(weights), list(weights.values()), k=steps)
        for name in ["sell", "invoice", "credit", *chosen]:
            self.told.append(name)
            getattr(self, name)()
            self.check()
        self.told.append("all cancelled")
        for order in self.orders.filtered(lambda one: one.state == "sale"):
            order._action_cancel()
        self.check()
        [[rest]] = self.env.execute_query(
            SQL(
                "SELECT COALESCE(SUM(points), 0) FROM crm_loyalty_entry "
                "WHERE card_ref = ANY(%s) AND reason IN %s",
                self.cards.ids,
                OF_ORDERS,
            )
        )
        self.case.assertEqual(rest, 0, f"orders left points behind: {self.told}")

    def check(self):
        self.env.invalidate_all()
        self.case.assert_agrees(*self.cards)
        wrong = self.env.execute_query(
            SQL(
                """
                SELECT card_ref, lot_id, SUM(points) FROM crm_loyalty_entry
                 WHERE card_ref = ANY(%s) GROUP BY card_ref, lot_id
                HAVING (SUM(points) < 0) = (lot_id IS NOT NULL) AND SUM(points) <> 0
                """,
                self.cards.ids,
            )
        )
        self.case.assertFalse(wrong, "a lot below nothing, or a debt above it")

    def _pick(self, records):
        return self.dice.choice(records) if records else None

    def _get_moves(self, kind):
        moves = self.orders.order_line.invoice_lines.move_id
        return moves.filtered(lambda one: one.move_type == kind)

    # ---- the steps: each does nothing where there is nothing to do it to ----------

    def sell(self):
        person, price = self.dice.choice(self.people), self.dice.randrange(100, 40000)
        order = self.case._make_order(price / 100, customer=person)
        order.order_line.product_uom_qty = self.dice.choice((1, 1, 3))
        self._confirm(order)
        self.orders |= order
        self.cards |= order.coupon_point_ids.coupon_id

    def _confirm(self, order):
        order._update_programs_and_rewards()
        rewards = order._get_claimable_rewards()
        if rewards and self.dice.random() < 0.5:
            card, reward = next(iter(rewards.items()))
            order._apply_program_reward(reward[:1], card)
        order.action_confirm()

    def invoice(self):
        order = self._pick(
            self.orders.filtered(lambda o: o.invoice_status == "to invoice")
        )
        invoice = order and order._create_invoices()
        if invoice and invoice.amount_total >= 0:  # the host refuses to post others
            invoice.action_post()

    def credit(self):
        """A whole invoice or a part of it, also more than once."""
        invoice = self._pick(
            self._get_moves("out_invoice").filtered(lambda one: one.state == "posted")
        )
        if not invoice:
            return
        price = self.dice.randrange(1, 20000) / 100
        self.case._credit(invoice, self.dice.choice((None, price, price)))

    def toggle(self):
        """An invoice or a note is taken back, or posted again."""
        moves = self._get_moves("out_refund") or self._get_moves("out_invoice")
        move = self._pick(moves.filtered(lambda one: one.state != "cancel"))
        if move and move.state == "posted":
            move.button_draft()
        elif move:
            move.action_post()

    def cancel(self):
        order = self._pick(self.orders.filtered(lambda one: one.state == "sale"))
        if order:
            order._action_cancel()

    def again(self):
        order = self._pick(self.orders.filtered(lambda one: one.state == "cancel"))
        if order:
            order.action_draft()
            self._confirm(order)

    def reward(self):
        """A reward is put on a confirmed order, or taken off it."""
        order = self._pick(self.orders.filtered(lambda one: one.state == "sale"))
        if not order:
            return
        lines = order.order_line.filtered("reward_id")
        if lines and not lines.invoice_lines:
            lines.points_cost = 0
        elif not lines and (rewards := order._get_claimable_rewards()):
            card, reward = next(iter(rewards.items()))
            order._apply_program_reward(reward[:1], card)

    def expire(self):
        """Some months later; from now on another term."""
        today = self.env.cr.now().date() + timedelta(days=self.dice.randrange(400))
        self.env["loyalty.card"]._crm_expire(today)
        self.case.program.crm_expiry_months = self.dice.choice((0, 3, 12))

    def by_hand(self):
        card = self._pick(self.cards.exists().filtered("active"))
        card.points += self.dice.randrange(-90000, 90000) / 7000

    def merge(self):
        """Somebody with a card and perhaps an order of his own turns out to be another."""
        twin = self.case._make_customer("Twin")
        self.cards |= self.case._make_card(self.dice.randrange(-50, 100), twin)
        self.people.append(twin)
        self.sell()
        person = self.people[self.dice.randrange(len(self.people) - 1)]
        self.people.remove(twin)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((person | twin).ids, person)
