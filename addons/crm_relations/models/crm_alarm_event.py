from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# what telling may still write; the rest of an event never changes
OUTBOX_FIELDS = {"state", "sent_at", "error", "attempts", "retry_at", "activity_id"}

REPAIRERS = "sales_team.group_sale_manager,base.group_system"


class CrmAlarmEvent(models.Model):
    """What happened to an alarm: append-only, and the outbox of its notices.

    A notice is decided by writing its row as ``pending``; telling people and ``sent``
    happen later in one savepoint. The unique key makes a second notice impossible.
    """

    _name = "crm.alarm.event"
    _inherit = ["crm.pass.mixin", "crm.outbox.mixin"]
    _description = "Alarm Event"
    _order = "id DESC"
    _log_access = False

    alarm_id = fields.Many2one(
        "crm.alarm", required=True, ondelete="cascade", index=True
    )
    step_id = fields.Many2one("crm.alarm.rule.step", ondelete="set null")
    step_key = fields.Integer(help="Number of the step's record, kept when it is gone.")
    repeat_no = fields.Integer(default=0)
    kind = fields.Selection(
        [
            ("notice", "Notice"),
            ("skipped", "Skipped"),
            ("ack", "Acknowledged"),
            ("snooze", "Snoozed"),
            ("pause", "Paused"),
            ("resume", "Resumed"),
            ("recompute", "Computed again"),
            ("reopen", "Went on"),
            ("stop", "Stopped"),
        ],
        required=True,
    )
    state = fields.Selection(
        [
            ("pending", "To be told"),
            ("sent", "Told"),
            ("digest", "Told in a summary"),
            ("failed", "Failed"),
            ("note", "Noted"),
        ],
        required=True,
        default="note",
    )
    channel = fields.Char()
    planned_at = fields.Datetime(help="When it was due.")
    fired_at = fields.Datetime(string="At", required=True)
    sent_at = fields.Datetime()
    user_id = fields.Many2one(
        "res.users", string="Done by", ondelete="set null", help="Who did it."
    )
    recipient_ids = fields.Many2many(
        "res.users",
        "crm_alarm_event_recipient_rel",
        "event_id",
        "user_id",
        string="Recipients",
    )
    reason = fields.Char()
    until = fields.Datetime()
    attempts = fields.Integer(default=0)
    retry_at = fields.Datetime()
    error = fields.Char()
    activity_id = fields.Many2one("mail.activity", ondelete="set null")

    # a step is told once, and each of its repeats once, whatever happens to workers
    _notice_uniq = models.Constraint(
        "UNIQUE(alarm_id, step_key, repeat_no)", "This was told already."
    )
    # the outbox
    _pending_idx = models.Index("(id) WHERE state = 'pending'")
    # health: what could not be told
    _failed_idx = models.Index("(id) WHERE state = 'failed'")
    # storms: what was told in the last hour
    _sent_idx = models.Index("(sent_at) WHERE state IN ('sent', 'digest')")
    # deleted activities leave their events
    _activity_idx = models.Index("(activity_id) WHERE activity_id IS NOT NULL")

    @api.depends("kind", "fired_at")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for event in self:
            event.display_name = kinds.get(event.kind)

    def write(self, vals):
        if not vals.keys() <= OUTBOX_FIELDS:
            raise UserError(self.env._("What happened to an alarm cannot be changed."))
        return super().write(vals)

    # -- what could not be told ----------------------------------------------------

    def action_retry(self):
        """Tell again what failed: the reason is mended."""
        self._get_failed_sudo().write(
            {"state": "pending", "attempts": 0, "retry_at": False}
        )

    def action_dismiss(self):
        """Nobody needs to hear of these any more; their error stays in the row."""
        self._get_failed_sudo().write({"state": "note"})

    def _get_failed_sudo(self):
        self.check_access("read")
        if not self.env.user.has_groups(REPAIRERS):
            raise AccessError(
                self.env._("Only who administers sales or the system may do this.")
            )
        # sudo: nobody writes events by hand
        return self.sudo().filtered(lambda event: event.state == "failed")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What happened to an alarm cannot be deleted."))
