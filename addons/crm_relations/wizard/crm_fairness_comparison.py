from odoo import api, fields, models
from odoo.tools import format_date

from ..tools.fairness import share


class CrmFairnessComparison(models.TransientModel):
    """A quotation and what a worse customer got, side by side."""

    _name = "crm.fairness.comparison"
    _description = "Quotations Side by Side"

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, ondelete="cascade"
    )
    comparison = fields.Html(compute="_compute_comparison", sanitize=False)

    @api.depends("order_id")
    def _compute_comparison(self):
        for wizard in self:
            order = wizard.order_id
            order.check_access("read")
            verdicts = order._crm_judge().get(order, [])
            wizard.comparison = self.env["ir.qweb"]._render(
                "crm_relations.crm_fairness_comparison_cards",
                {"cards": wizard._get_cards(verdicts)},
            )

    def _get_cards(self, verdicts):
        """One card per product: [{product, verdict, mine, theirs, median…}]."""
        chosen = [verdict[f"{verdict['found'][0]}_example"] for verdict in verdicts]
        ids = [example["order_id"] for example in chosen]
        readable = self.env["sale.order"].search([("id", "in", ids)])
        # sudo: the terms of the compared order are shown, its name only if readable
        orders_sudo = {
            order.id: order for order in self.env["sale.order"].sudo().browse(ids)
        }
        return [
            self._get_card(verdict, example, orders_sudo[example["order_id"]], readable)
            for verdict, example in zip(verdicts, chosen, strict=True)
        ]

    def _get_card(self, verdict, example, other_sudo, readable):
        order, money = self.order_id, self.order_id._crm_format_price
        return {
            "product": verdict["product"].display_name,
            "sentences": order._crm_say(verdict),
            "median": verdict["median"] is not None and money(verdict["median"]),
            "count": verdict["count"],
            "mine": {
                "name": order.partner_id.commercial_partner_id.display_name,
                "order": order.name,
                "date": format_date(self.env, order.date_order),
                **self._get_terms(verdict, verdict["last"]),
                "days": round(order._crm_get_payment_days()),
            },
            "theirs": {
                **self._get_other(example, other_sudo, readable),
                **self._get_terms(example, example["before"]),
                "days": round(other_sudo._crm_get_payment_days()),
            },
        }

    def _get_terms(self, terms, before):
        money = self.order_id._crm_format_price
        return {
            "quantity": terms["quantity"],
            "price": money(terms["price"]),
            "delivery": money(terms["delivery"]),
            "before": before and money(before),
            "rise": before and share(terms["price"], before),
        }

    def _get_other(self, example, other_sudo, readable):
        """Who it is, for whoever may know; else the class and the month."""
        other = readable & other_sudo.sudo(False)
        customer = self.env["res.partner"].browse(example["customer_id"])
        if other and customer.has_access("read"):
            return {
                "name": customer.display_name,
                "order": other.name,
                "url": f"/odoo/sale.order/{other.id}",
                "class": example["crm_class"],
                "date": format_date(self.env, other.date_order),
            }
        return {
            "name": self.env._("A customer of class %s", example["crm_class"]),
            "order": False,
            "url": False,
            "class": example["crm_class"],
            "date": format_date(
                self.env, other_sudo.date_order, date_format="MMMM yyyy"
            ),
        }
