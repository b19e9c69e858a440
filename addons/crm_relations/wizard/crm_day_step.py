from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmDayStep(models.TransientModel):
    """Done with the next step in one go; plan, hand to a colleague, move to a day."""

    _name = "crm.day.step"
    _description = "Next Step"

    mode = fields.Selection(
        [("done", "Done"), ("plan", "Plan"), ("task", "Task"), ("move", "Move")],
        required=True,
        default="done",
    )
    title = fields.Char(readonly=True)
    record_name = fields.Char(string="About", readonly=True)
    activity_id = fields.Many2one("mail.activity", readonly=True)
    promise_id = fields.Many2one("crm.promise", readonly=True)
    event_id = fields.Many2one("calendar.event", readonly=True)
    res_model = fields.Char(readonly=True, export_string_translation=False)
    res_id = fields.Many2oneReference(
        model_field="res_model", readonly=True, export_string_translation=False
    )
    feedback = fields.Text(help="What came of it; kept in the history.")
    outcome = fields.Selection(
        [("kept", "Kept"), ("broken", "Broken")], default="kept", string="The Promise"
    )
    follows_by_itself = fields.Boolean(compute="_compute_follows_by_itself")
    next_type_id = fields.Many2one(
        "mail.activity.type",
        string="Next Step",
        domain="['|', ('res_model', '=', False), ('res_model', '=', res_model)]",
    )
    next_summary = fields.Char(string="In Words")
    next_date = fields.Date(string="On")
    next_user_id = fields.Many2one(
        "res.users", string="Who", domain="[('share', '=', False)]"
    )

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        item = self.env["crm.day.item"].browse(self.env.context.get("crm_day_item_id"))
        if item:
            item.check_access("write")
            values.update(self._prepare_from_item(item, values.get("mode")))
        return {name: value for name, value in values.items() if name in fields}

    @api.model
    def _prepare_from_item(self, item, mode):
        next_type = self._get_next_type(item)
        today = fields.Date.context_today(self)
        days = 0 if mode == "move" else next_type.delay_count or 1
        return {
            "title": item.name,
            "record_name": item.record_name,
            "activity_id": item.activity_id.id,
            "promise_id": item.promise_id.id,
            "event_id": item.event_id.id,
            "res_model": item.res_model,
            "res_id": item.res_id,
            "next_type_id": next_type.id,
            "next_date": (
                item.due_date
                if mode == "move" and item.due_date
                else today + timedelta(days=days)
            ),
            "next_user_id": False if mode == "task" else item.user_id.id,
        }

    @api.model
    def _get_next_type(self, item):
        """What usually comes next: as set on the type, else a call."""
        done = item.activity_type_id
        suggested = done.triggered_next_type_id or done.suggested_next_type_ids[:1]
        call = self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False)
        todo = self.env.ref("mail.mail_activity_data_todo", raise_if_not_found=False)
        return suggested or (call if item.partner_id else todo) or call or todo

    @api.depends("activity_id", "mode")
    def _compute_follows_by_itself(self):
        for step in self:
            step.follows_by_itself = (
                step.mode == "done" and step.activity_id.chaining_type == "trigger"
            )

    # ----------------------------------------------------------------- buttons

    def action_done_next(self):
        """Close this and plan what follows."""
        self._check_next()
        item = self._get_item()
        document = self._get_document(item)  # closed, the row is gone
        self._close(item)
        return self._plan(document)

    def action_done(self):
        """Close this; nothing follows."""
        self._close(self._get_item())
        return {"type": "ir.actions.act_window_close"}

    def action_plan(self):
        """Plan, for oneself or for a colleague."""
        self._check_next()
        return self._plan(self._get_document(self._get_item()))

    def action_move(self):
        """Another day."""
        if not self.next_date:
            raise UserError(self.env._("Choose the day."))
        self._get_item()._reschedule(self.next_date)
        return {"type": "ir.actions.act_window_close"}

    def _get_item(self):
        """The row it was opened from: still there, and the caller's to change.

        Only its id is taken from the client; what it stands for is read again.
        """
        item = self.env["crm.day.item"].browse(self.env.context.get("crm_day_item_id"))
        item = item.exists()
        if not item:
            raise UserError(self.env._("This was done meanwhile."))
        item.check_access("write")
        return item

    @api.model
    def _get_document(self, item):
        """The record the next step hangs on; empty for a task of one's own."""
        model = self.env.get(item.res_model)
        if model is None or not hasattr(model, "activity_schedule"):
            return item.partner_id
        return model.browse(item.res_id)

    def _check_next(self):
        if not self.next_type_id or not self.next_date or not self.next_user_id:
            raise UserError(
                self.env._("Say what comes next, on which day, and who does it.")
            )

    def _close(self, item):
        # sudo: the row was checked; a head closes what one of his people did
        if item.activity_id:
            item.activity_id.sudo().action_feedback(feedback=self.feedback or False)
        elif item.promise_id:
            promise_sudo = item.promise_id.sudo()
            if self.outcome == "broken":
                promise_sudo.action_break()
            else:
                promise_sudo.action_keep()
            if self.feedback:
                promise_sudo.partner_id.message_post(body=self.feedback)
        else:
            raise UserError(self.env._("There is nothing to close here."))

    def _plan(self, document):
        values = {
            "activity_type_id": self.next_type_id.id,
            "summary": self.next_summary,
            "date_deadline": self.next_date,
            "user_id": self.next_user_id.id,
        }
        if document:
            values.update(
                res_model_id=self.env["ir.model"]._get_id(document._name),
                res_id=document.id,
            )
        # sudo: who may see a piece of work may plan the next one, also for a colleague
        # who does it; the host lets only those plan who may write the document
        self.env["mail.activity"].sudo().create(values)
        return {"type": "ir.actions.act_window_close"}
