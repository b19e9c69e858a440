from odoo import api, fields, models
from odoo.exceptions import AccessError

# the host looks for another team when the person is not in it: a deal would lose its
# funnel, its stage and the team's properties
KEPT = {
    "crm.lead": ("team_id", "funnel_id", "stage_id", "company_id"),
    "sale.order": ("team_id",),
}


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
    team_id = fields.Many2one(
        "crm.team",
        string="Stays in",
        readonly=True,
        ondelete="set null",
        help="Only the person changes: deals and quotations stay in their team, funnel "
        "and stage.",
    )
    is_outside = fields.Boolean(
        string="Not of This Team",
        compute="_compute_is_outside",
        help="Who takes it over does not belong to the team it stays in.",
    )
    was_user_id = fields.Many2one(
        "res.users",
        string="Was With",
        readonly=True,
        ondelete="set null",
        help="Who had it: the person himself, or his deputy.",
    )
    now_user_id = fields.Many2one(
        "res.users",
        string="Got It",
        readonly=True,
        ondelete="set null",
        help="Who got it: the person it goes to, or his deputy while he is away.",
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

    @api.depends("to_user_id", "team_id")
    def _compute_is_outside(self):
        # sudo: who belongs to a team is no secret
        members = {team: team.sudo().member_ids for team in self.team_id}
        for item in self:
            team = item.team_id
            item.is_outside = bool(team) and item.to_user_id not in members[team]

    @api.model
    def _selection_res_model(self):
        return [
            ("res.partner", self.env._("Customer")),
            ("crm.lead", self.env._("Lead or deal")),
            ("sale.order", self.env._("Quotation")),
            ("crm.promise", self.env._("Promise")),
            ("mail.activity", self.env._("Activity")),
        ]

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(
                self.env._("The preview lists what changes hands, nobody by hand.")
            )
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if vals.keys() - {"to_user_id"}:
                raise AccessError(
                    self.env._(
                        "Of a line of the preview only “Goes to” may be changed."
                    )
                )
            self.handover_id._check_draft()  # once done it is history
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_planned_only(self):
        if not self.env.su:
            self.handover_id._check_draft()

    @api.constrains("to_user_id")
    def _check_to_user(self):
        for handover, items in self.grouped("handover_id").items():
            handover._check_takers(items.to_user_id)

    # -- do, undo: for the buttons of the hand-over, which check who may --------------

    def _give_sudo(self, reason):
        """Hand over what is still as the preview showed it; skip the rest."""
        # sudo: whoever may hand over for this person moves all of it, seen or not
        items_sudo = self.sudo()
        records = items_sudo._get_records()
        going = items_sudo.filtered(
            lambda item: item in records
            and records[item].user_id == item.was_user_id
            and item.from_user_id in (item.was_user_id, _get_absent(records[item]))
        )
        for (model, user), items in going.grouped(_get_target).items():
            mine = self.env[model].sudo().union(*(records[item] for item in items))
            marked = mine.filtered(
                lambda row, giver=items.from_user_id: _get_absent(row) == giver
            )
            self._turn(mine - marked, {"user_id": user.id}, reason)
            self._turn(marked, {"user_id": user.id, "crm_deputy_for_id": False}, reason)
        for user, items in going.grouped(lambda item: records[item].user_id).items():
            items.now_user_id = user
        going.state = "moved"
        (items_sudo - going).state = "skipped"

    def _give_back_sudo(self, reason):
        """Return what the hand-over moved and nobody has moved since."""
        # sudo: see _give_sudo
        items_sudo = self.sudo().filtered(lambda item: item.state == "moved")
        records = items_sudo._get_records()
        going = items_sudo.filtered(
            lambda item: item in records
            and records[item].user_id == (item.now_user_id or item.to_user_id)
        )
        giver = self.handover_id.from_user_id
        acting = self.env["crm.deputy"]._get_acting(giver)
        for model, items in going.grouped("res_model").items():
            # what a deputy had goes to him again only while he stands in
            deputys = items.filtered(
                lambda item: item.was_user_id not in (giver, item.was_user_id.browse())
                and item.was_user_id == acting
            )
            for group, vals in (
                (items - deputys, {"user_id": giver.id}),
                (deputys, {"user_id": acting.id, "crm_deputy_for_id": giver.id}),
            ):
                rows = self.env[model].sudo().union(*(records[item] for item in group))
                self._turn(rows, vals, reason)
        going.state = "returned"
        (items_sudo - going).state = "skipped"

    def _get_records(self):
        """``{item: its record}`` of what still exists in the hand-over's company."""
        found = {}
        for model, items in self.grouped("res_model").items():
            records = self.env[model].browse(items.mapped("res_id")).exists()
            records = self.handover_id._filter_company(records)
            by_id = {record.id: record for record in records}
            found.update(
                (item, by_id[item.res_id]) for item in items if item.res_id in by_id
            )
        return found

    def _turn(self, records_sudo, vals, reason):
        """Write one set. Only the person changes: the deal stays in its team and stage."""
        if not records_sudo:
            return
        records_sudo = records_sudo.with_context(
            mail_auto_subscribe_no_notify=True,
            mail_activity_quick_update=True,
            crm_owner_reason=reason,
            crm_handover_id=self.handover_id.id,
        )
        kept = [records_sudo._fields[name] for name in KEPT.get(records_sudo._name, ())]
        with self.env.protecting(kept, records_sudo):
            records_sudo.write(vals)


def _get_target(item):
    return item.res_model, item.to_user_id


def _get_absent(record):
    """In whose place the owner has it: of customers and quotations nobody's."""
    if "crm_deputy_for_id" in record._fields:
        return record.crm_deputy_for_id
    return record.env["res.users"]
