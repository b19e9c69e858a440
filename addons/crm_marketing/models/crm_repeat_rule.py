from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL

# what a running rule has worked with: changed only when it stands still
FIXED = {
    "basis", "categ_ids", "product_tmpl_ids", "asset_type_id", "minimum_count",
    "steady_percent", "ahead_days", "segment_id", "control_percent", "goal_days",
    "company_id",
}  # fmt: skip


class CrmRepeatRule(models.Model):
    """When a customer will need it again: a deal for his salesperson, in time.

    What he needs and when is in crm_repeat_rhythm.py and crm_repeat_due.py, whose turn
    it is in crm_repeat_open.py, the pass in crm_repeat_pass.py.
    """

    _name = "crm.repeat.rule"
    _description = "Repeat-Sale Rule"
    _inherit = ["mail.thread", "crm.pass.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(
        default=10, help="Rules higher up use a salesperson's room for deals first."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        help="Gets the deals of customers who have no salesperson.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("stopped", "Stopped")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    valid_from = fields.Date(
        string="Since",
        readonly=True,
        copy=False,
        help="What was due before does not open deals.",
    )
    is_backlog = fields.Boolean(
        string="With those due already",
        readonly=True,
        copy=False,
        help="Chosen at the start: those who were due already come too, a few a day.",
    )
    basis = fields.Selection(
        [
            ("rhythm", "His own rhythm of buying it"),
            ("consumption", "What he bought is used up"),
            ("asset", "Service or renewal of his thing"),
        ],
        string="When",
        required=True,
        default="rhythm",
        help="Rhythm: the median of the days between his purchases. Used up: what he "
        "bought last, divided by what he uses a day. Service: the date on his thing.",
    )
    what = fields.Char(
        string="What he needs",
        required=True,
        translate=True,
        help="Said to the salesperson and in the deal's name: oil change, tyres.",
    )
    categ_ids = fields.Many2many(
        "product.category",
        "crm_repeat_rule_categ_rel",
        "rule_id",
        "categ_id",
        string="Categories",
        help="With all categories below them. No category and no product: whatever he "
        "buys. Of a service: what is sold with it; only then is its effect measured.",
    )
    product_tmpl_ids = fields.Many2many(
        "product.template",
        "crm_repeat_rule_product_rel",
        "rule_id",
        "product_tmpl_id",
        string="Products",
        help="Any of them covers the need.",
    )
    asset_type_id = fields.Many2one(
        "crm.customer.asset.type", string="Of", help="Empty: things of every type."
    )
    minimum_count = fields.Integer(
        string="Purchases at least",
        default=3,
        required=True,
        help="Days on which he bought it. With fewer he has no rhythm of his own.",
    )
    steady_percent = fields.Integer(
        string="Spread at most, %",
        default=50,
        required=True,
        help="Of the usual interval. Who buys more unevenly cannot be foreseen.",
    )
    ahead_days = fields.Integer(
        string="Days before",
        default=7,
        required=True,
        help="The deal is opened so early.",
    )
    segment_id = fields.Many2one(
        "crm.segment", string="Only members of", ondelete="restrict"
    )
    funnel_id = fields.Many2one(
        "crm.funnel",
        string="Funnel",
        required=True,
        ondelete="restrict",
        domain="[('kind', '=', 'repeat_sale'), ('company_id', 'in', [False, company_id])]",
        default=lambda self: self._default_funnel(),
        help="Of the kind Repeat Sale.",
    )
    script_id = fields.Many2one(
        "crm.script", string="Script", help="Shown on the deals instead of the stage's."
    )
    template_id = fields.Many2one(
        "sale.order.template",
        string="Quotation Template",
        help="Empty: what he bought the last time.",
    )
    purpose_id = fields.Many2one(
        "crm.contact.purpose",
        string="Purpose",
        required=True,
        ondelete="restrict",
        default=lambda self: self._default_purpose(),
        help="Whether he may be called for it is shown on the deal.",
    )
    capacity = fields.Integer(
        string="Deals at most",
        default=5,
        required=True,
        help="For each salesperson, those of the other rules counted too. The most "
        "valuable customers come first, the others wait.",
    )
    capacity_period = fields.Selection(
        [("day", "a day"), ("week", "a week")],
        string="In",
        required=True,
        default="day",
    )
    control_percent = fields.Float(
        string="Held out, %",
        default=10.0,
        help="So many, chosen by chance, get no deal: what they buy shows what would "
        "have come anyway. A customer stays on his side.",
    )
    goal_days = fields.Integer(
        string="Measured over (days)",
        default=30,
        required=True,
        help="Who bought within so many days after his turn came counts as reached.",
    )
    need_ids = fields.One2many("crm.repeat.need", "rule_id")

    _control_check = models.Constraint(
        "CHECK(control_percent >= 0 AND control_percent < 100)",
        "The customers held out must be less than everybody.",
    )
    _numbers_check = models.Constraint(
        "CHECK(minimum_count >= 2 AND steady_percent > 0 AND ahead_days >= 0 "
        "AND capacity > 0 AND goal_days > 0)",
        "Purchases must be two at least, spread, deals and days more than zero.",
    )

    @api.model
    def _default_purpose(self):
        return self.env["crm.contact.purpose"].search(
            [("code", "=", "marketing")], limit=1
        )

    @api.model
    @tools.ormcache()
    def _get_watching_companies(self):
        """Companies in which anything waits for purchases: who notices them asks first.

        A rule that was stopped goes on being measured; only one that runs decides on
        needs, so what is kept here is true until a rule is written.
        """
        self.flush_model(["state", "company_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT rule.company_id FROM crm_repeat_rule rule "
                "WHERE rule.state = 'running' OR EXISTS (SELECT FROM crm_repeat_need need "
                "WHERE need.rule_id = rule.id AND need.decided_at IS NOT NULL)"
            )
        )
        return frozenset(key for [key] in rows)

    # ------------------------------------------------------------ ORM

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if FIXED & vals.keys():
            self._check_still()
        if {"state", "active", "company_id"} & vals.keys():
            self.env.registry.clear_cache()
        if vals.get("active") is False:
            self.filtered(lambda rule: rule.state == "running").action_stop()
        return super().write(vals)

    def _check_still(self):
        running = self.filtered(lambda rule: rule.state == "running")
        if running:
            raise UserError(
                self.env._(
                    "“%(name)s” is running: stop it before you change it.",
                    name=running[0].name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_never_used(self):
        if self.env["crm.repeat.need"].search_count(
            [("rule_id", "in", self.ids)], limit=1
        ):
            raise UserError(
                self.env._("It has opened deals: archive it instead of deleting it.")
            )

    def copy_data(self, default=None):
        return [
            dict(values, name=self.env._("%(name)s (copy)", name=rule.name))
            for rule, values in zip(self, super().copy_data(default), strict=True)
        ]

    # ------------------------------------------------------------ buttons

    def action_preview(self):
        """Who would be due, before anything happens."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_repeat_preview_action"
        )
        return dict(action, context={"default_rule_id": self.id})

    def _start_from(self, today, is_backlog=False):
        """From now on; those due already only when asked for."""
        self.check_access("write")
        for rule in self:
            rule._check_ready()
        self.write({"state": "running", "valid_from": today, "is_backlog": is_backlog})
        self._ask_for_rhythms()

    def _check_ready(self):
        if self.basis == "consumption" and not (
            self.categ_ids or self.product_tmpl_ids
        ):
            raise UserError(
                self.env._("Choose what is used up: a category or products.")
            )

    def action_stop(self):
        """At once: those who wait get no deal any more; open deals stay."""
        self.check_access("write")
        self.write({"state": "stopped"})
        # sudo: needs belong to the engine; whoever writes the rule may stop it
        waiting_sudo = (
            self.env["crm.repeat.need"]
            .sudo()
            .search([("rule_id", "in", self.ids), ("state", "=", "waiting")])
        )
        waiting_sudo._end("dropped", fields.Datetime.now(), "stopped")

    def action_open_needs(self):
        """Whose turn it was, is and will be."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_repeat_need_action"
        )
        return dict(action, domain=[("rule_id", "=", self.id)], context={})
