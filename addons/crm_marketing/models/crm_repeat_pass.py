"""The pass: who bought, who is due, what has ended, whose turn it is."""

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_repeat_due import FIND

LOCK = "crm_repeat_pass"
CHECK_CODE = "repeat_sales"
TAKE = 500


class CrmRepeatRule(models.Model):
    _inherit = "crm.repeat.rule"

    @api.model
    def _cron_run(self):
        self._run_all(fields.Datetime.now())

    @api.model
    def _run_all(self, now):
        """A whole pass at ``now``, committed piece by piece: killed at any moment."""
        pieces = (
            self._fill_some, self._note_buyers, self._look_around, self._open_some
        )  # fmt: skip
        for piece in pieces:
            work = piece
            while done := self._run_committed(work, now):
                if not self.env["ir.cron"]._commit_progress(done):
                    return
                if work == self._look_around:
                    work = self._find_due  # what has ended is closed once
        self._run_committed(self._report_health, now)

    @api.model
    def _report_health(self, now):
        """That somebody is alive, and what failed today; another may say it too."""
        failed = self.env["crm.repeat.need"].search_count(
            [("reason_code", "=", "error"), ("ended_at", ">", fields.Date.to_date(now))]
        )
        self.env["crm.health.check"]._report(CHECK_CODE, failed, now)
        return 0

    @api.model
    def _get_running(self):
        return self.search([("state", "=", "running")])

    @api.model
    def _get_measured(self, now):
        """Rules that run, and stopped ones whose deals are open or still measured."""
        self.flush_model(["state", "goal_days", "sequence"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT rule.id FROM crm_repeat_rule rule
                 WHERE rule.state = 'running'
                    OR EXISTS (SELECT FROM crm_repeat_need need
                                WHERE need.rule_id = rule.id AND need.state = 'opened')
                    OR EXISTS (SELECT FROM crm_repeat_need need
                                WHERE need.rule_id = rule.id
                                  AND need.company_id = rule.company_id
                                  AND need.decided_at
                                      >= %s - rule.goal_days * interval '1 day')
                 ORDER BY rule.state <> 'running', rule.sequence, rule.id
                """,
                now,
            )
        )
        return self.browse(key for [key] in rows)

    @api.model
    def _note_buyers(self, now, limit=TAKE):
        """Rhythms of those who bought, and that they did; how many."""
        if not self._lock_engine(LOCK):
            return 0
        pairs = self.env["crm.repeat.dirty"]._take(limit)
        customers = {}  # {company id: [customer id]}
        for customer, company in pairs:
            customers.setdefault(company, []).append(customer)
        for rule in self._get_measured(now) if customers else ():
            ids = customers.get(rule.company_id.id)
            if ids:
                if rule.state == "running" and rule.basis != "asset":
                    self.env["crm.repeat.rhythm"]._refresh(rule, ids)
                self.env["crm.repeat.need"]._note_purchases(rule, ids)
        return len(pairs)

    @api.model
    def _look_around(self, now):
        """What has ended, and who is due; how many are new."""
        if not self._lock_engine(LOCK):
            return 0
        needs = self.env["crm.repeat.need"]
        if self._get_measured(now):
            every = self.with_context(active_test=False).search(
                [("state", "!=", "draft")]
            )
            by_day = every.grouped(lambda rule: rule._get_today(now))
            for today, rules in by_day.items():
                needs._settle(now, today, rules)
                needs._ask_again(now, today, rules)
            needs._follow_owners()
        return self._find_due(now)

    @api.model
    def _find_due(self, now):
        """One piece of those who are due, of each rule whose rhythms are there."""
        if not self._lock_engine(LOCK):
            return 0
        found = [
            rule._insert_needs(rule._found_sql(), now, rule._get_today(now))
            for rule in self._get_running()
            if not rule.is_filling
        ]
        if FIND in found:
            # a table that grows faster than autovacuum looks at it: what reads it next
            # (whose turn it is, what has ended) is planned by what is there now
            self.env.cr.execute("ANALYZE crm_repeat_need")
        return sum(found)

    @api.model
    def _open_some(self, now):
        """One piece of deals; how many needs were decided on."""
        if not self._lock_engine(LOCK):
            return 0
        for rule in self._get_running():
            if done := rule._open_turns(now):
                return done
        return 0
