from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools.segment_order import CycleError, refresh_order

MARKETER = "mass_mailing.group_mass_mailing_user"
# groups who choose a segment in reports
READS_SEGMENTS = f"{MARKETER},sales_team.group_sale_manager"


class CrmSegment(models.Model):
    """Who our customers are, by what they are and by what they did.

    Members are kept (``crm.segment.member``) with the days they came and left; how they
    are found is in crm_segment_query.py, how they are kept up to date in
    crm_segment_refresh.py.
    """

    _name = "crm.segment"
    _description = "Segment"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="Invoices, contacts and classes of this company count.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users", string="Responsible", default=lambda self: self.env.user
    )
    scope = fields.Selection(
        [("customer", "Customers"), ("person", "Everybody, contacts of companies too")],
        string="Consists of",
        required=True,
        default="customer",
        help="A customer is a company or a private person. What a company bought counts "
        "for every one of its contacts.",
    )
    domain = fields.Char(
        string="What they are",
        required=True,
        default="[]",
        tracking=True,
        help="Fields of the customer's card; every one of these must hold.",
    )
    match = fields.Selection(
        [("all", "all of these"), ("any", "any of these")],
        string="and",
        required=True,
        default="all",
        tracking=True,
    )
    block_ids = fields.One2many(
        "crm.segment.block", "segment_id", string="What they did", copy=True
    )
    member_ids = fields.One2many("crm.segment.member", "segment_id")
    size = fields.Integer(readonly=True, copy=False, help="Members now.")
    mark = fields.Char(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="Checksum of the members: crm_segment_refresh.py.",
    )
    size_ids = fields.One2many("crm.segment.size", "segment_id", string="Sizes")
    budget_seconds = fields.Integer(
        string="Time allowed (s)",
        default=30,
        help="A refresh that takes longer is marked; one that takes ten times as long "
        "is stopped, and the members stay as they were.",
    )
    last_seconds = fields.Float(
        string="Last refresh took (s)", readonly=True, copy=False, digits=(16, 2)
    )
    problem = fields.Char(readonly=True, copy=False)
    is_slow = fields.Boolean(compute="_compute_is_slow")

    used_note = fields.Text(string="Used by", compute="_compute_used_note")

    _budget_check = models.Constraint(
        "CHECK(budget_seconds > 0)", "The time allowed must be more than zero."
    )

    @api.depends("last_seconds", "budget_seconds")
    def _compute_is_slow(self):
        for segment in self:
            segment.is_slow = segment.last_seconds > segment.budget_seconds

    def _compute_used_note(self):
        """Names of what uses it, mailings aside: they have a list of their own."""
        for segment in self:
            segment.used_note = "\n".join(
                f"{label}: {', '.join(names)}"
                for label, names in segment._get_uses()
                if names
            )

    def _get_uses(self):
        """[(what, [names])]; modules add theirs with ``super()``."""
        self.ensure_one()
        others = self.env["crm.segment.block"].search([("other_ids", "in", self.ids)])
        lists = self.env["product.pricelist"].search(
            [("crm_segment_ids", "in", self.ids)]
        )
        audiences = self.env["crm.audience"]
        if audiences.has_access("read"):
            audiences = audiences.search([("segment_id", "=", self.id)])
        return [
            (self.env._("Segments"), others.segment_id.mapped("name")),
            (self.env._("Price lists"), lists.mapped("name")),
            (self.env._("Audiences"), audiences.mapped("name")),
        ]

    # ------------------------------------------------------------ checks

    @api.constrains("domain")
    def _check_domain(self):
        """Its writer must be allowed to search by every field of it.

        The members are found past record rules, so that a segment is the same for
        everybody; a field that one may not read must not be guessed through it.
        """
        partners = self.env["res.partner"].with_user(self.env.user)
        for segment in self:
            try:
                domain = segment._parse_domain()
                partners._search(domain).select()
            except (ValueError, TypeError, SyntaxError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "This condition cannot be understood: %(error)s", error=error
                    )
                ) from error
            if any(
                condition.field_expr.startswith("crm_segment_ids")
                for condition in domain.iter_conditions()
            ):
                raise ValidationError(
                    self.env._(
                        "Other segments are conditions of their own: add one with "
                        "“belong to a segment”."
                    )
                )

    def _parse_domain(self):
        """The conditions on the card as a Domain; nothing but literals is evaluated."""
        self.ensure_one()
        return Domain(literal_eval(self.domain or "[]"))

    @api.model
    def _check_cycles(self):
        """No segment may be made of itself, through however many others."""
        try:
            self._get_refresh_order()
        except CycleError as error:
            names = self.browse(error.args[0]).mapped("name")
            way = " → ".join([*names, names[0]])
            raise ValidationError(
                self.env._("A segment cannot be made of itself: %(way)s", way=way)
            ) from error

    @api.model
    def _get_refresh_order(self):
        """Active segments of all companies, each after those it is made of (ids)."""
        # sudo: the order is the same whoever asks
        blocks_sudo = self.env["crm.segment.block"].sudo()
        rows = blocks_sudo.search([("kind", "=", "segment")])
        parts = {
            segment: set()
            for segment in self.sudo().search([("active", "=", True)]).ids
        }
        for block in rows:
            if block.segment_id.id in parts:
                parts[block.segment_id.id].update(block.other_ids.ids)
        return refresh_order(parts)

    # ------------------------------------------------------------ ORM

    @api.model_create_multi
    def create(self, vals_list):
        segments = super().create(vals_list)
        self.env.registry.clear_cache()
        return segments

    def write(self, vals):
        if {"domain", "active", "scope", "company_id", "block_ids"} & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def copy_data(self, default=None):
        return [
            dict(values, name=self.env._("%(name)s (copy)", name=segment.name))
            for segment, values in zip(self, super().copy_data(default), strict=True)
        ]

    # ------------------------------------------------------------ buttons

    def action_refresh(self):
        """Work the members out now."""
        self.check_access("write")
        for segment in self:
            segment._refresh(fields.Datetime.now())

    def action_open_members(self):
        """The members, as customers."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "res.partner",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
            "domain": [("crm_segment_ids", "in", self.ids)],
        }

    def action_open_history(self):
        """Who came and who left, and when."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_segment_member_action"
        )
        return dict(action, domain=[("segment_id", "=", self.id)], context={})

    def action_open_sizes(self):
        """Its size day by day."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_segment_size_action"
        )
        return dict(action, domain=[("segment_id", "=", self.id)], context={})

    def _get_conditions_text(self):
        """All conditions as one text, for records of what was done with a segment."""
        self.ensure_one()
        lines = [self.domain, self.match, *self.block_ids.mapped("summary")]
        return "\n".join(filter(None, lines))
