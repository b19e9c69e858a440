from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Nobody answers a click on an advertisement.
SILENT_KINDS = ["ad", "mailing"]


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    is_waiting = fields.Boolean(
        string="Waiting for an Answer",
        compute="_compute_is_waiting",
        search="_search_is_waiting",
        help="The customer spoke, a person should answer, and nobody has yet.",
    )
    waiting_hours = fields.Float(
        string="Waits",
        compute="_compute_waiting_hours",
        help="Hours and minutes since the customer spoke.",
    )

    @api.model
    def _get_waiting_domain(self):
        """Which interactions wait for a person."""
        return (
            Domain("direction", "=", "in")
            & Domain("answered_at", "=", False)
            & Domain("ended_at", "=", False)
            & Domain("is_automatic", "!=", True)
            & Domain("channel_id.kind", "not in", SILENT_KINDS)
        )

    @api.depends("direction", "answered_at", "ended_at", "is_automatic", "channel_id")
    def _compute_is_waiting(self):
        waiting = self.filtered_domain(self._get_waiting_domain())
        for row in self:
            row.is_waiting = row in waiting

    def _search_is_waiting(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain.FALSE
        if True in value:
            domain |= self._get_waiting_domain()
        if False in value:
            domain |= ~self._get_waiting_domain()
        return domain

    @api.depends("started_at", "is_waiting")
    def _compute_waiting_hours(self):
        now = fields.Datetime.now()
        for row in self:
            waits = now - row.started_at if row.is_waiting and row.started_at else None
            row.waiting_hours = max(0.0, waits.total_seconds() / 3600) if waits else 0.0

    # ---- what agents do ----

    def action_take(self):
        """Make the waiting contacts mine, so that no two people answer one customer."""
        waiting_sudo = self._waiting_sudo()
        taken = waiting_sudo.filtered(
            lambda r: r.user_id and r.user_id != self.env.user
        )
        if taken:
            raise UserError(
                self.env._(
                    "%(employee)s has taken this contact already.",
                    employee=taken[0].user_id.name,
                )
            )
        waiting_sudo.user_id = self.env.user

    def action_give_back(self):
        """Put contacts I took back into the queue."""
        self._mine_sudo().user_id = False

    def action_done(self):
        """Answered by me, now: the wait ends here."""
        self._finish("done", answered=True)

    def action_no_answer_needed(self):
        """Spam, a wrong number, a thank-you: closed, and not counted as an answer."""
        self._finish("cancelled", answered=False)

    def _finish(self, outcome, answered):
        rows_sudo = self._waiting_sudo()
        others = rows_sudo.filtered(lambda r: r.user_id and r.user_id != self.env.user)
        if others and not self._is_supervisor():
            raise UserError(
                self.env._(
                    "%(employee)s works on this contact: ask to give it back first.",
                    employee=others[0].user_id.name,
                )
            )
        # a feed's clock may run a little ahead of ours: an end before the start is refused
        latest = max(rows_sudo.mapped("started_at"), default=fields.Datetime.now())
        now = max(fields.Datetime.now(), latest)
        values = {"ended_at": now, "outcome": outcome}
        if answered:
            values["answered_at"] = now
        rows_sudo.filtered(lambda r: not r.user_id).user_id = self.env.user
        rows_sudo.write(values)

    def _is_supervisor(self):
        return self.env.user.has_group("crm_callcenter.group_callcenter_manager")

    def _waiting_sudo(self):
        """Rows an agent may read and that wait, writable.

        Agents have no right to write the ledger: what they may change is exactly what
        these actions do, after the check that they may read the rows.
        """
        self.check_access("read")
        if not self.env.user.has_group("crm_callcenter.group_callcenter_user"):
            raise UserError(
                self.env._("Only people of the call centre work on its queue.")
            )
        rows_sudo = self.sudo()
        if any(not row.is_waiting for row in rows_sudo):
            raise UserError(
                self.env._("This contact does not wait for an answer any more.")
            )
        return rows_sudo

    def _mine_sudo(self):
        rows_sudo = self._waiting_sudo()
        if not self._is_supervisor() and rows_sudo.user_id - self.env.user:
            raise UserError(
                self.env._("Only the one who took a contact gives it back.")
            )
        return rows_sudo
