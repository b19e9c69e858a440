from ast import literal_eval

from odoo import api, fields, models


class CrmHandoverReceiver(models.Model):
    _name = "crm.handover.receiver"
    _description = "Who Takes Over"
    _order = "sequence, id"

    handover_id = fields.Many2one(
        "crm.handover", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        ondelete="cascade",
        domain="[('share', '=', False)]",
    )
    share = fields.Float(
        default=1.0, help="How much he takes, compared with the others."
    )
    domain = fields.Char(
        string="These Customers First",
        help="Customers that match go to this person; the others are shared out.",
    )
    has_rule = fields.Boolean(
        string="Rule",
        compute="_compute_has_rule",
        help="Some customers go to this person before the others are shared out.",
    )
    customer_count = fields.Integer(compute="_compute_counts", string="Customers")
    deal_count = fields.Integer(compute="_compute_counts", string="Deals")
    task_count = fields.Integer(compute="_compute_counts", string="Other")
    amount = fields.Float(compute="_compute_counts", string="Expected")

    _share_check = models.Constraint("CHECK(share >= 0)", "A share cannot be negative.")
    _user_uniq = models.Constraint(
        "UNIQUE(handover_id, user_id)", "This person is in the list already."
    )

    @api.depends("domain")
    def _compute_has_rule(self):
        for row in self:
            row.has_rule = bool(literal_eval(row.domain or "[]"))

    @api.depends("handover_id.item_ids.to_user_id", "user_id")
    def _compute_counts(self):
        groups = self.env["crm.handover.item"]._read_group(
            [("handover_id", "in", self.handover_id.ids)],
            ["handover_id", "to_user_id", "res_model"],
            ["__count", "customer_id:count_distinct", "amount:sum"],
        )
        counts = {}  # {(handover id, user id): {model: (count, customers, amount)}}
        for handover, user, model, *values in groups:
            counts.setdefault((handover.id, user.id), {})[model] = values
        for row in self:
            mine = counts.get((row.handover_id.id, row.user_id.id), {})
            __, row.customer_count, __ = mine.pop("res.partner", (0, 0, 0.0))
            row.deal_count, __, row.amount = mine.pop("crm.lead", (0, 0, 0.0))
            row.task_count = sum(count for count, *__ in mine.values())


class CrmHandoverItem(models.Model):
    """One thing that changes hands; kept, so that it can be undone."""

    _name = "crm.handover.item"
    _description = "Handed Over"
    _order = "to_user_id, customer_id, res_model, id"
    _log_access = False

    handover_id = fields.Many2one(
        "crm.handover", required=True, ondelete="cascade", index=True
    )
    from_user_id = fields.Many2one(related="handover_id.from_user_id")
    res_model = fields.Selection("_selection_res_model", string="What", required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    name = fields.Char(readonly=True)
    customer_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    amount = fields.Float(string="Expected", readonly=True)
    to_user_id = fields.Many2one(
        "res.users",
        string="Goes to",
        required=True,
        ondelete="cascade",
        domain="[('share', '=', False)]",
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("moved", "Handed over"),
            ("skipped", "Changed meanwhile"),
            ("returned", "Given back"),
        ],
        required=True,
        default="planned",
        readonly=True,
    )

    @api.model
    def _selection_res_model(self):
        return [
            ("res.partner", self.env._("Customer")),
            ("crm.lead", self.env._("Lead or deal")),
            ("sale.order", self.env._("Quotation")),
            ("crm.promise", self.env._("Promise")),
            ("mail.activity", self.env._("Activity")),
        ]

    def write(self, vals):
        # once done it is history: only the state of a row goes on
        if vals.keys() - {"state"} and any(
            item.handover_id.state != "draft" for item in self
        ):
            self.handover_id._check_draft()
        return super().write(vals)

    def _move(self, from_field, to_field, reason):
        """Turn the owner from one to the other where it is still the first."""
        handover = self.handover_id
        state = "moved" if to_field == "to_user_id" else "returned"
        skipped = self.browse()
        for model, items in self.grouped("res_model").items():
            for user, mine in items.grouped(to_field).items():
                skipped |= mine._move_set(model, from_field, user, reason)
        skipped.state = "skipped"
        (self - skipped).state = state
        return handover

    def _move_set(self, model, from_field, user, reason):
        """Write one set; the items whose record is gone or belongs to another now."""
        # sudo: whoever may hand over for this person moves all of it, seen or not
        records_sudo = (
            self.env[model]
            .sudo()
            .with_context(
                mail_auto_subscribe_no_notify=True,
                mail_activity_quick_update=True,
                crm_owner_reason=reason,
                crm_handover_id=self.handover_id.id,
            )
        )
        existing = records_sudo.browse(self.mapped("res_id")).exists()
        by_id = {record.id: record for record in existing}
        taken = self.filtered(
            lambda item: item.res_id in by_id
            and by_id[item.res_id].user_id == item[from_field]
        )
        records_sudo.browse(taken.mapped("res_id")).write({"user_id": user.id})
        return self - taken
