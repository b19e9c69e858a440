"""Customers with rhythms, a repeat funnel and short ways to rules; no demo data."""

from datetime import date, datetime, timedelta

from odoo.fields import Command

from .segment_common import SegmentCommon

# Monday, 12:00 in Kyiv
NOW = datetime(2026, 3, 2, 10)
TODAY = date(2026, 3, 2)


class RepeatCommon(SegmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.repeat.rule"].search([]).write({"active": False})
        cls.needs = cls.env["crm.repeat.need"]
        cls.rhythms = cls.env["crm.repeat.rhythm"]
        cls.oils = cls.env["product.category"].create({"name": "Oils"})
        cls.oil = cls.env["product.product"].create(
            {"name": "Oil 5W-40", "type": "consu", "list_price": 30, "taxes_id": False,
             "categ_id": cls.oils.id}
        )  # fmt: skip
        cls.funnel = cls.env["crm.funnel"].create(
            {
                "name": "Again",
                "kind": "repeat_sale",
                "sequence": 99,
                "company_id": cls.company.id,
                "team_ids": [Command.set(cls.north.ids)],
            }
        )
        cls.funnel.action_make_stages()
        cls.script = cls.env["crm.script"].create(
            {
                "name": "Time for oil",
                "step_ids": [Command.create({"text": "Good day, {{ person }}!"})],
            }
        )
        cls.vera.user_id = cls.olena
        cls.petya.user_id = cls.ivan
        cls.firm.user_id = cls.petro

    @classmethod
    def _make_rule(cls, start=NOW, **values):
        rule = cls.env["crm.repeat.rule"].create(
            {
                "name": "Oil",
                "what": "oil",
                "categ_ids": [Command.set(cls.oils.ids)],
                "control_percent": 0,
                "user_id": cls.marketer.id,
                "funnel_id": cls.funnel.id,
                "ahead_days": 7,
                **values,
            }
        )
        cls.marketer.tz = "Europe/Kyiv"
        if start:
            rule._start_from(start.date())
        return rule

    @classmethod
    def _buy(cls, partner, *days, **values):
        """Posted invoices of oil on these days."""
        cls._buy_all([(partner, day) for day in days], **values)

    @classmethod
    def _buy_all(cls, purchases, quantity=4, product=None):
        """Posted at once: ``[(partner, day)]`` or ``[(partner, day, quantity)]``."""
        product = product or cls.oil
        cls.env["account.move"].with_company(cls.company).create(
            [
                cls._prepare_invoice(
                    day,
                    {"product_id": product.id, "quantity": (*own, quantity)[0],
                     "price_unit": 30},
                    partner=partner,
                )
                for partner, day, *own in purchases
            ]
        ).action_post()  # fmt: skip

    @classmethod
    def _buy_evenly(cls, partners, last, every=30, times=4, **values):
        """Each of ``partners`` buys ``times`` times, ``every`` days, for the last on a day."""
        days = [last - timedelta(days=every * number) for number in range(times)]
        cls._buy_all(
            [(partner, day) for partner in partners for day in reversed(days)], **values
        )

    def _pass(self, now=NOW):
        """What the cron does, in the test's transaction."""
        self._work_out()
        rules = self.env["crm.repeat.rule"]
        for work in (
            rules._fill_some, rules._note_buyers, rules._look_around, rules._open_some
        ):  # fmt: skip
            while work(now):
                pass
        self.env.invalidate_all()

    def _order(self, partner, confirm=True):
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "date_order": NOW + timedelta(hours=2),
                "order_line": [
                    Command.create({"product_id": self.oil.id, "product_uom_qty": 4})
                ],
            }
        )
        if confirm:
            order.action_confirm()
            order.date_order = NOW + timedelta(hours=2)
        return order

    def _needs_of(self, rule, partner=None):
        domain = [("rule_id", "=", rule.id)]
        if partner:
            domain.append(("customer_id", "=", partner.id))
        return self.needs.search(domain, order="id")

    def _states(self, rule):
        """{customer: [states]}"""
        found = {}
        for need in self._needs_of(rule):
            found.setdefault(need.customer_id.name, []).append(need.state)
        return found
