from odoo import api, fields, models
from odoo.tools import ormcache
from odoo.tools.misc import format_amount, get_lang


class CrmLoyaltyLevel(models.Model):
    """A step of loyalty: from when on, and what one has of it."""

    _name = "crm.loyalty.level"
    _description = "Loyalty Level"
    _order = "company_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(
        default=10, help="The higher the number, the better the level."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    measure = fields.Selection(
        [
            ("revenue", "Revenue"),
            ("profit", "Profit"),
            ("orders", "Invoices"),
            ("points", "Points earned"),
        ],
        required=True,
        default="revenue",
        help="Revenue and profit as in the customer's figures, untaxed, credit notes "
        "deducted; points earned with orders, without gifts, credit notes deducted.",
    )
    months = fields.Integer(
        string="Of the Last",
        required=True,
        default=12,
        help="Months, the current one included.",
    )
    floor = fields.Float(string="From", required=True)
    grace_days = fields.Integer(
        string="Grace",
        default=30,
        help="Days for which the level stays when it is not earned any more.",
    )
    notice_days = fields.Integer(
        string="Notice",
        default=14,
        help="Days before the level ends on which the customer gets a letter; 0: none.",
    )
    earning_factor = fields.Float(
        string="Points times",
        default=1.0,
        help="Orders of this level's customers bring so many times the points.",
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        ondelete="restrict",
        help="For quotations to customers who have no price list of their own.",
    )
    has_free_delivery = fields.Boolean(
        string="Free Delivery",
        help="Delivery lines of orders of this level's customers cost nothing, whatever "
        "the delivery method says.",
    )
    queue_bonus = fields.Integer(
        string="Call Queue Bonus",
        help="Minutes, 60 at most: so much sooner this level's customers are answered "
        "than others who wait as long.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Own Manager",
        ondelete="set null",
        help="Takes over customers of this level who have no salesperson.",
    )
    customer_count = fields.Integer(compute="_compute_customer_count")

    _numbers_check = models.Constraint(
        "CHECK(months > 0 AND grace_days >= 0 AND notice_days >= 0 "
        "AND earning_factor > 0)",
        "Months and the factor of points are above zero, days not below.",
    )
    _company_sequence_uniq = models.Constraint(
        "UNIQUE(company_id, sequence)", "Two levels cannot be equally high."
    )

    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        self.env.registry.clear_cache()
        return levels

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    @ormcache()
    def _is_used(self):
        """Whether anybody has levels at all: most questions end here."""
        # sudo: asked for every customer and order, whoever looks
        return bool(self.sudo().search_count([], limit=1))

    def _compute_customer_count(self):
        counts = dict(
            self.env["crm.customer.level"]._read_group(
                [("level_id", "in", self.ids)], ["level_id"], ["__count"]
            )
        )
        for level in self:
            level.customer_count = counts.get(level, 0)

    def _get_benefits(self):
        """What the customer has of it, in words for him: [text]"""
        self.ensure_one()
        texts = []
        if self.earning_factor != 1:
            point = get_lang(self.env).decimal_point
            factor = f"{self.earning_factor:g}".replace(".", point)
            texts.append(self.env._("points × %(factor)s", factor=factor))
        if self.pricelist_id:
            texts.append(self.env._("special prices"))
        if self.has_free_delivery:
            texts.append(self.env._("free delivery"))
        if self.queue_bonus > 0:
            texts.append(self.env._("your calls are answered sooner"))
        if self.user_id:
            name = self.user_id.name
            texts.append(self.env._("a manager of your own: %(name)s", name=name))
        return texts

    def _get_condition(self):
        """From when on, in words for the customer; nothing about what we earn."""
        self.ensure_one()
        if self.measure == "profit":
            return ""
        floor = f"{self.floor:g}"
        if self.measure == "revenue":
            floor = format_amount(self.env, self.floor, self.currency_id)
        texts = {
            "revenue": self.env._("purchases of %(floor)s in %(months)s months",
                                  floor=floor, months=self.months),
            "orders": self.env._("%(floor)s purchases in %(months)s months",
                                 floor=floor, months=self.months),
            "points": self.env._("%(floor)s points in %(months)s months",
                                 floor=floor, months=self.months),
        }  # fmt: skip
        return texts[self.measure]

    def action_open_customers(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "crm.customer.level",
            "views": [[False, "list"], [False, "kanban"]],
            "domain": [("level_id", "=", self.id)],
        }
