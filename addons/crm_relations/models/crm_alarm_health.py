"""Is anybody awake? Checked outside cron: the host switches off a cron that fails."""

from datetime import timedelta

from odoo import api, fields, models

from .crm_alarm_pass import HEALTH_CODE


class CrmHealthCheck(models.Model):
    _inherit = "crm.health.check"

    expected_minutes = fields.Integer(
        help="For checks that run all the time: late after so many minutes. 0: hours "
        "count."
    )

    def _get_state(self, now):
        self.ensure_one()
        if self.expected_minutes and self.last_run_at:
            if self.last_run_at < now - timedelta(minutes=self.expected_minutes):
                return "late"
            return "problems" if self.problem_count else "ok"
        return super()._get_state(now)


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    @api.model
    def _get_dead_man_warning(self, now=None):
        """A sentence for administrators when the pass is dead or ill, else False.

        Asked at login and by the health page, not by a cron.
        """
        now = now or fields.Datetime.now()
        # sudo: administrators of anything see it
        if not self.env["crm.alarm.rule"].sudo().search_count([], limit=1):
            return False
        check_sudo = (
            self.env["crm.health.check"]
            .sudo()
            .search([("code", "=", HEALTH_CODE)], limit=1)
        )
        if not check_sudo or check_sudo._get_state(now) in ("late", "never"):
            return self.env._(
                "Alarms do not run since %(moment)s: nobody is told of what waits too "
                'long. See the scheduled action "CRM: alarms".',
                moment=check_sudo.last_run_at or self.env._("ever"),
            )
        return self._get_problem_text(self._count_problems())

    @api.model
    def _count_problems(self):
        """{kind: how many} of what is ill now."""
        # sudo: administrators of anything see it
        alarms_sudo = self.sudo()
        broken = [("is_broken", "=", True), ("state", "!=", "stopped")]
        events_sudo = alarms_sudo.env["crm.alarm.event"]
        rules_sudo = alarms_sudo.env["crm.alarm.rule"]
        return {
            "broken": alarms_sudo.search_count(broken),
            "failed": events_sudo.search_count([("state", "=", "failed")]),
            "rules": rules_sudo.search_count(
                [("active", "=", True), ("last_error", "!=", False)]
            ),
        }

    @api.model
    def _report_problems(self, now):
        """The health page shows what is ill since the last full minute of work."""
        counts = self._count_problems()
        return self.env["crm.health.check"]._report(
            HEALTH_CODE, sum(counts.values()), now, self._get_problem_text(counts)
        )

    @api.model
    def _cron_compare(self):
        """Nightly: look at every record again; there should be nothing to do."""
        self._compare(fields.Datetime.now())

    @api.model
    def _compare(self, now):
        """Ask for a look at all records of every rule, and count what is ill."""
        rules = self.env["crm.alarm.rule"].search([("active", "=", True)])
        rules._set_quietly(scan_after=0)
        self._report_problems(now)

    @api.model
    def _get_problem_text(self, counts):
        broken, failed, rules = counts["broken"], counts["failed"], counts["rules"]
        lines = []
        if rules:
            lines.append(
                self.env._(
                    "%(count)s alarm rules fail: the reason is on the rule.",
                    count=rules,
                )
            )
        if broken:
            lines.append(
                self.env._(
                    "%(count)s alarms never come: their calendar has no working hours.",
                    count=broken,
                )
            )
        if failed:
            lines.append(
                self.env._("%(count)s notices could not be told.", count=failed)
            )
        return "\n".join(lines) or False


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        result = super().session_info()
        # of the system or of people's rights: whoever administers hears of it
        if result.get("is_system") or result.get("is_admin"):
            result["crm_alarm_warning"] = self.env["crm.alarm"]._get_dead_man_warning()
        return result
