from odoo import fields, models
from odoo.tools.misc import format_amount, format_date


class CrmCustomerLevel(models.Model):
    """The level a customer has in a company, and the way to the next. Kept nightly."""

    _name = "crm.customer.level"
    _description = "Customer's Loyalty Level"
    _order = "since DESC, id DESC"
    _rec_name = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", readonly=True, ondelete="set null"
    )
    team_id = fields.Many2one("crm.team", readonly=True, ondelete="set null")
    level_id = fields.Many2one(
        "crm.loyalty.level", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    since = fields.Date(readonly=True)
    falls_on = fields.Date(
        string="Ends on",
        readonly=True,
        help="Not earned any more: the level ends unless he buys enough until then.",
    )
    next_level_id = fields.Many2one(
        "crm.loyalty.level", string="Next Level", readonly=True, ondelete="set null"
    )
    missing = fields.Float(
        string="To the Next",
        digits=(16, 2),
        readonly=True,
        help="In the measure of the next level.",
    )

    _customer_company_uniq = models.Constraint(
        "UNIQUE(customer_id, company_id)", "A customer has one level in a company."
    )
    # own and team rules
    _user_idx = models.Index("(company_id, user_id)")

    def _get_text(self):
        """One sentence for the customer, in the language of the context."""
        self.ensure_one()
        parts = []
        if self.level_id:
            parts.append(self.env._("Your level: %(level)s.", level=self.level_id.name))
        if self.falls_on:
            day = format_date(self.env, self.falls_on)
            parts.append(self.env._("It ends on %(day)s.", day=day))
        way = self._get_way()
        return " ".join([*parts, way] if way else parts)

    def _get_way(self):
        """How far it is to the next level."""
        self.ensure_one()
        upper = self.next_level_id
        if not upper or upper.measure == "profit":
            return ""  # what we earn with a customer is not his to read
        missing = f"{self.missing:g}"
        if upper.measure == "revenue":
            missing = format_amount(self.env, self.missing, upper.currency_id)
        texts = {
            "revenue": self.env._("%(missing)s more to %(level)s.",
                                  missing=missing, level=upper.name),
            "orders": self.env._("%(missing)s more purchases to %(level)s.",
                                 missing=missing, level=upper.name),
            "points": self.env._("%(missing)s more points to %(level)s.",
                                 missing=missing, level=upper.name),
        }  # fmt: skip
        return texts[upper.measure]

    def _get_percent(self):
        """How much of the way to the next level is done: 0 … 100; None: not his to know."""
        self.ensure_one()
        upper = self.next_level_id
        if not upper or upper.measure == "profit" or upper.floor <= 0:
            return None
        return round(100 * max(0, min(1, 1 - self.missing / upper.floor)))
