from odoo import api, fields, models
from odoo.exceptions import UserError

# what telling may still write; the rest of an event never changes
OUTBOX_FIELDS = {
    "state", "sent_at", "error", "attempts", "retry_at", "reason", "way", "trace_id",
    "res_model", "res_id",
}  # fmt: skip


class CrmScenarioEvent(models.Model):
    """What a scenario did for a person at a step: append-only, and its outbox.

    What is to be said is decided by a ``pending`` row; saying it and ``sent`` happen in
    one savepoint later. The unique key makes a second one impossible.
    """

    _name = "crm.scenario.event"
    _inherit = ["crm.outbox.mixin"]
    _description = "Event of a Scenario"
    _order = "id DESC"
    _rec_name = "kind"
    _log_access = False

    run_id = fields.Many2one(
        "crm.scenario.run", required=True, readonly=True, ondelete="cascade"
    )
    scenario_id = fields.Many2one(
        "crm.scenario", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(related="run_id.partner_id", string="Person")
    step_id = fields.Many2one(
        "crm.scenario.step",
        string="Step",
        readonly=True,
        ondelete="set null",
        index=True,
    )
    step_key = fields.Integer(
        required=True, help="Number of the step's record, kept when it is gone."
    )
    kind = fields.Char(required=True, readonly=True)
    answer = fields.Selection(
        [("yes", "Yes"), ("no", "No")], readonly=True, help="Of a question."
    )
    state = fields.Selection(
        [
            ("pending", "To be sent"),
            ("sent", "Done"),
            ("skipped", "Skipped"),
            ("failed", "Failed"),
        ],
        required=True,
    )
    way = fields.Char(string="By", help="The means of contact that was chosen.")
    reason = fields.Selection("_selection_reason", string="Why not")
    planned_at = fields.Datetime(string="Was due", required=True)
    retry_at = fields.Datetime(string="Tried again")
    sent_at = fields.Datetime(string="Done at")
    attempts = fields.Integer(default=0)
    error = fields.Char()
    trace_id = fields.Many2one(
        "mailing.trace", ondelete="set null", index="btree_not_null"
    )
    res_model = fields.Char()
    res_id = fields.Many2oneReference(string="Made", model_field="res_model")

    # each step once for a run
    _step_uniq = models.Constraint(
        "UNIQUE(run_id, step_key)", "This step was done already."
    )
    # the outbox
    _pending_idx = models.Index("(id) WHERE state = 'pending'")

    @api.model
    def _selection_reason(self):
        return [
            ("refused", self.env._("refused")),
            ("withdrawn", self.env._("withdrew the consent")),
            ("no_consent", self.env._("never agreed")),
            ("blacklist", self.env._("on the blacklist")),
            ("frequency", self.env._("contacted too often")),
            ("quiet_hours", self.env._("no suitable hour")),
            ("no_address", self.env._("no address or number")),
            ("late", self.env._("too late")),
            ("goal", self.env._("reached the goal before")),
            ("stopped", self.env._("scenario stopped")),
            ("over", self.env._("it is no longer so")),
            ("gone", self.env._("no such person any more")),
        ]

    def write(self, vals):
        if not vals.keys() <= OUTBOX_FIELDS:
            raise UserError(self.env._("What a scenario did cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What a scenario did cannot be deleted."))
