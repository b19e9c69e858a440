from datetime import timedelta

from odoo import api, fields, models


class CrmHealthCheck(models.Model):
    """One row per nightly check: when it ran and how many problems it found."""

    _name = "crm.health.check"
    _description = "Health Check"
    _order = "problem_count DESC, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True)
    description = fields.Text(
        translate=True, help="What is compared, and what a problem means."
    )
    last_run_at = fields.Datetime(readonly=True)
    problem_count = fields.Integer(
        string="Problems",
        readonly=True,
        help="Differences the last run found and repaired.",
    )
    message = fields.Text(readonly=True, help="What the last run wants to say.")
    expected_hours = fields.Integer(
        default=26, help="A check that has not run for so many hours is late."
    )
    state = fields.Selection(
        [
            ("never", "Never ran"),
            ("late", "Late"),
            ("problems", "Problems"),
            ("ok", "In order"),
        ],
        compute="_compute_state",
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "This check exists already.")

    @api.depends("last_run_at", "problem_count", "expected_hours")
    def _compute_state(self):
        now = fields.Datetime.now()
        for check in self:
            check.state = check._get_state(now)

    def _get_state(self, now):
        self.ensure_one()
        if not self.last_run_at:
            return "never"
        if self.last_run_at < now - timedelta(hours=self.expected_hours):
            return "late"
        return "problems" if self.problem_count else "ok"

    @api.model
    def _report(self, code, problem_count, now, message=False, name=None):
        """A nightly check tells what it found; an unknown code makes its own row."""
        # sudo: checks run as whoever calls them, the page is for administrators
        checks_sudo = self.sudo()
        check_sudo = checks_sudo.search([("code", "=", code)])
        if not check_sudo:
            check_sudo = checks_sudo.create({"code": code, "name": name or code})
        check_sudo.write(
            {"last_run_at": now, "problem_count": problem_count, "message": message}
        )
        return check_sudo
