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

    @api.constrains("user_id")
    def _check_user(self):
        for handover, rows in self.grouped("handover_id").items():
            handover._check_takers(rows.user_id)

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows.handover_id._check_draft()
        return rows

    def write(self, vals):
        self.handover_id._check_draft()
        result = super().write(vals)
        if "handover_id" in vals:
            # the host asks before a write only: nobody joins another's hand-over
            self.check_access("write")
            self.handover_id._check_draft()
        return result
