"""The pass: people start, go on from step to step, and are told."""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_pass_mixin import CONFLICTS

from ..tools.scenario_time import day_moment, wait_until

_logger = logging.getLogger(__name__)

BATCH = 500
LOCK = "crm_scenario_pass"
CHECK_CODE = "scenarios"


class CrmScenario(models.Model):
    _inherit = "crm.scenario"

    @api.model
    def _cron_run(self):
        """Every few minutes: start, go on, tell; as long as there is work and time."""
        self._run_all(fields.Datetime.now())

    @api.model
    def _run_all(self, now):
        """Whole passes at ``now``, committed piece by piece: killed at any moment."""
        runs, events = self.env["crm.scenario.run"], self.env["crm.scenario.event"]
        pieces = (self._look_around, runs._plan, runs._go_on_due, events._tell)
        busy = True
        while busy:  # what was told may be due for its next step at once
            busy = False
            for work in pieces:
                while True:
                    done = self._run_committed(work, now)
                    busy |= bool(done) and work == events._tell
                    if not done or work == self._look_around:
                        break
                    if not self.env["ir.cron"]._commit_progress(done):
                        return
        self._run_committed(self._report_health, now)

    @api.model
    def _report_health(self, now):
        """By whoever works alone now: another who works still tells it at his own end."""
        if not self._lock_pass():
            return 0
        failed = self.env["crm.scenario.event"]._count_failed(now)
        failed += self.search_count([("state", "=", "running"), ("error", "!=", False)])
        self.env["crm.health.check"]._report(CHECK_CODE, failed, now)
        return 0

    @api.model
    def _lock_pass(self):
        """Whether this transaction is the only worker of scenarios until it ends."""
        return self._lock_engine(LOCK)

    @api.model
    def _get_running(self):
        return self.search([("state", "=", "running")])

    @api.model
    def _get_measured(self, now):
        """Those that run, and those that were stopped while people had time left."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT scenario.id FROM crm_scenario scenario
                 WHERE scenario.goal <> 'none'
                   AND EXISTS (SELECT FROM crm_scenario_run run
                                WHERE run.scenario_id = scenario.id
                                  AND run.goal_at IS NULL
                                  AND run.started_at >= %s
                                      - (scenario.goal_days + 1) * interval '1 day')
                """,
                now,
            )
        )
        return self.browse(row[0] for row in rows)

    def _with_own_company(self):
        """Clocks, consent and words are those of the scenario's company."""
        self.ensure_one()
        return self.with_company(self.company_id).with_context(
            allowed_company_ids=self.company_id.ids, active_test=True
        )

    @api.model
    def _look_around(self, now):
        """New occurrences and reached goals of every scenario; how many."""
        if not self._lock_pass():
            return 0
        self.env.flush_all()
        count = 0
        for scenario in self._get_measured(now):
            count += scenario._try_alone(scenario._note_goals, now)
        for scenario in self._get_running():
            count += scenario._try_alone(scenario._start_everybody, now)
        self.env["crm.scenario.run"].invalidate_model()
        return count

    def _start_everybody(self, now):
        count = 0
        while started := self._start_people(now):
            count += started
        if self.error:
            self.error = False
        return count

    def _try_alone(self, work, now):
        """What breaks one scenario is kept on it and holds up no other; how many."""
        try:
            with self.env.cr.savepoint():
                return work(now)
        except CONFLICTS:
            raise
        except Exception as error:
            _logger.exception("%s: %s", self, work.__name__)
            if self.error != str(error)[:500]:
                self.error = str(error)[:500]
            return 0

    def _plan_past(self, now):
        """Those who were started although it was over: their first step is due."""
        self.ensure_one()
        runs = self.env["crm.scenario.run"]
        runs.invalidate_model()
        while found := runs.search(
            [("scenario_id", "=", self.id), ("state", "=", "new")], limit=BATCH
        ):
            found._plan_all(self, now, is_asked=True)


class CrmScenarioRun(models.Model):
    _inherit = "crm.scenario.run"

    @api.model
    def _lock_runs(self, where, limit):
        """Runs of running scenarios to work on, held until the transaction ends."""
        if not self.env["crm.scenario"]._lock_pass():
            return self.browse()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT run.id FROM crm_scenario_run run
                  JOIN crm_scenario scenario ON scenario.id = run.scenario_id
                 WHERE scenario.state = 'running' AND %s
                 ORDER BY run.id LIMIT %s FOR NO KEY UPDATE OF run
                """,
                where,
                limit,
            )
        )
        self.invalidate_model()
        return self.browse(row[0] for row in rows)

    def _by_scenario(self):
        """(scenario, runs) with the environment of the scenario's company."""
        for scenario, runs in self.grouped("scenario_id").items():
            scenario = scenario._with_own_company()
            yield scenario, runs.with_env(scenario.env)

    # ------------------------------------------------------------ start

    @api.model
    def _plan(self, now, limit=BATCH):
        """When each new run begins, by the person's own clock; how many were planned."""
        found = self._lock_runs(SQL("run.state = 'new'"), limit)
        for scenario, runs in found._by_scenario():
            runs._plan_all(scenario, now)
        return len(found)

    def _plan_all(self, scenario, now, is_asked=False):
        zones = self.partner_id._get_crm_time_zones(now)
        first = scenario.step_ids.sorted()[:1]
        rows = []
        for run in self:
            zone = zones.get(run.partner_id.id, ("UTC", ""))[0]
            rows.append(run._plan_one(scenario, first, zone, now, is_asked))
        self._write_ways(rows, now)

    def _plan_one(self, scenario, first, zone, now, is_asked=False):
        """(id, state, step id, next_at) of a new run.

        :param is_asked: what was over before the start begins at once
        """
        base = self.occurred_at
        if self.occurred_on:
            base = day_moment(self.occurred_on, scenario.hour, zone)
        if not self.partner_id:
            return (self.id, "gone", None, None)
        if not is_asked and base < scenario.valid_from:
            return (self.id, "past", None, None)
        if self.is_control:
            return (self.id, "control", None, None)
        if base < now - timedelta(days=scenario.late_days + 1):
            base = now  # somebody asked to start what was over
        return (
            self.id,
            "waiting",
            first.id,
            wait_until(base, zone, **first._get_wait()),
        )

    def _write_ways(self, rows, now):
        """``[(id, state, step id, next_at)]`` in one statement."""
        if not rows:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_scenario_run run
                   SET state = fresh.state, step_id = fresh.step_id,
                       next_at = fresh.next_at,
                       ended_at = CASE WHEN fresh.state = 'waiting' THEN NULL
                                  ELSE %s::timestamp END
                  FROM unnest(%s::int4[], %s::varchar[], %s::int4[], %s::timestamp[])
                       AS fresh(id, state, step_id, next_at)
                 WHERE run.id = fresh.id
                """,
                now,
                *map(list, zip(*rows, strict=True)),
            )
        )
        self.invalidate_recordset(["state", "step_id", "next_at", "ended_at"])

    # ------------------------------------------------------------ on

    @api.model
    def _go_on_due(self, now, limit=BATCH):
        """Runs whose wait is over: ask, or write into the outbox; how many."""
        found = self._lock_runs(
            SQL("run.state = 'waiting' AND run.next_at <= %s", now), limit
        )
        for _scenario, runs in found._by_scenario():
            for step, group in runs.grouped("step_id").items():
                if not step:
                    group._write_ways(
                        [(run.id, "done", None, None) for run in group], now
                    )
                elif step.kind == "check":
                    group._answer(step, now)
                else:
                    group._decide(step, now)
        return len(found)

    def _answer(self, step, now):
        yes = self._ask(step)
        answers = {run: run.id in yes for run in self}
        self._add_events(step, "sent", now, answers)
        self._step_on(now, answers)

    def _decide(self, step, now):
        """It is to be said: the row in the outbox is the decision."""
        self._add_events(step, "pending", now)
        self._write_ways([(run.id, "waiting", step.id, None) for run in self], now)

    def _add_events(self, step, state, now, answers=None):
        words = {True: "yes", False: "no", None: None}
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_scenario_event
                       (run_id, scenario_id, company_id, step_id, step_key, kind, answer,
                        state, planned_at, sent_at, attempts)
                SELECT run.id, run.scenario_id, run.company_id, %(step)s, %(step)s,
                       %(kind)s, fresh.answer, %(state)s, COALESCE(run.next_at, %(now)s),
                       CASE WHEN %(state)s = 'sent' THEN %(now)s::timestamp END, 0
                  FROM unnest(%(ids)s::int4[], %(answers)s::varchar[]) AS fresh(id, answer)
                  JOIN crm_scenario_run run ON run.id = fresh.id
                 ORDER BY run.id
                """,
                step=step.id,
                kind=step.kind,
                state=state,
                now=now,
                ids=self.ids,
                answers=[words[(answers or {}).get(run)] for run in self],
            )
        )
        self.env["crm.scenario.event"].invalidate_model(flush=False)

    def _step_on(self, now, answers=None):
        """To the next step, whose wait begins now.

        :param answers: {run: bool} after a question
        """
        zones = self.partner_id._get_crm_time_zones(now)
        nexts, rows = {}, []  # {(step, answer): step}
        for run in self:
            way = (run.step_id, (answers or {}).get(run))
            if way not in nexts:
                nexts[way] = run.step_id._get_next(way[1])
            following = nexts[way]
            if not following or not run.partner_id:
                rows.append((run.id, "done", None, None))
                continue
            zone = zones[run.partner_id.id][0]
            at = wait_until(now, zone, **following._get_wait())
            rows.append((run.id, "waiting", following.id, at))
        self._write_ways(rows, now)


class CrmScenarioEvent(models.Model):
    _inherit = "crm.scenario.event"

    @api.model
    def _count_failed(self, now):
        """Of the last day, for the health page."""
        return self.search_count(
            [("state", "=", "failed"), ("planned_at", ">", now - timedelta(days=1))]
        )
