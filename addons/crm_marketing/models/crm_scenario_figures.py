"""What a recipe shows: counts of each step, who was skipped and why, the lift."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.lift import FEW, newcombe, wilson
from .crm_scenario_trigger import Look

PREVIEW_DAYS = 30


class CrmScenarioStep(models.Model):
    _inherit = "crm.scenario.step"

    entered_count = fields.Integer(compute="_compute_counts", string="Entered")
    waiting_count = fields.Integer(compute="_compute_counts", string="Waiting")
    done_count = fields.Integer(compute="_compute_counts", string="Done")
    skipped_count = fields.Integer(compute="_compute_counts", string="Skipped")
    skipped_note = fields.Char(compute="_compute_counts", string="Skipped because")

    def _compute_counts(self):
        """Two queries, however many steps."""
        waiting = {
            step.id: count
            for step, count in self.env["crm.scenario.run"]._read_group(
                [("step_id", "in", self.ids), ("state", "=", "waiting")],
                ["step_id"],
                ["__count"],
            )
        }
        groups = self.env["crm.scenario.event"]._read_group(
            [("step_id", "in", self.ids)], ["step_id", "state", "reason"], ["__count"]
        )
        reasons = dict(self.env["crm.scenario.event"]._selection_reason())
        reasons[False] = self.env._("failed")
        counts = {}  # {step id: {state: {reason: number}}}
        for step, state, reason, count in groups:
            states = counts.setdefault(step.id, {})
            states.setdefault(state, {})[reason] = count
        for step in self:
            states = counts.get(step._origin.id, {})
            step.waiting_count = waiting.get(step._origin.id, 0)
            step.done_count = sum(states.get("sent", {}).values())
            skipped = {**states.get("skipped", {}), **states.get("failed", {})}
            step.skipped_count = sum(skipped.values())
            step.skipped_note = ", ".join(
                f"{reasons.get(reason, reason)}: {count}"
                for reason, count in sorted(skipped.items(), key=lambda item: -item[1])
            )
            # whose message waits to be sent has an event and waits too
            step.entered_count = (
                step.done_count + step.skipped_count + step.waiting_count
            )


class CrmScenario(models.Model):
    _inherit = "crm.scenario"

    run_count = fields.Integer(compute="_compute_figures", string="Started")
    waiting_count = fields.Integer(compute="_compute_figures", string="Waiting")
    control_count = fields.Integer(compute="_compute_figures", string="In control")
    preview_count = fields.Integer(
        compute="_compute_preview_count",
        string="Last 30 days",
        help="So many would have started in the last 30 days. “Start” sends them nothing, "
        "“Start, the Counted Ones too” does.",
    )
    ways_note = fields.Char(compute="_compute_ways_note")
    lift_text = fields.Text(compute="_compute_lift", string="What it brings")
    lift_percent = fields.Float(compute="_compute_lift", string="Lift, points")

    def _compute_figures(self):
        groups = self.env["crm.scenario.run"]._read_group(
            [("scenario_id", "in", self.ids), ("state", "!=", "past")],
            ["scenario_id", "state"],
            ["__count"],
        )
        counts = {}
        for scenario, state, count in groups:
            counts.setdefault(scenario.id, {})[state] = count
        for scenario in self:
            states = counts.get(scenario._origin.id, {})
            scenario.run_count = sum(states.values())
            scenario.waiting_count = states.get("waiting", 0) + states.get("new", 0)
            scenario.control_count = states.get("control", 0)

    @api.depends("step_ids.kind")
    @api.depends_context("lang")
    def _compute_ways_note(self):
        note = self.env["crm.scenario.step"]._describe_ways()
        for scenario in self:
            kinds = scenario.step_ids.mapped("kind")
            scenario.ways_note = note if "message" in kinds else False

    @api.depends_context("uid")
    @api.depends("trigger", "state", "offset_days", "offset_months", "asset_type_id",
                 "class_direction", "quotation_days", "rating_below", "intervals",
                 "segment_id", "audience_id", "categ_ids", "drop_percent", "company_id")  # fmt: skip
    def _compute_preview_count(self):
        now = fields.Datetime.now()
        for scenario in self:
            scenario.preview_count = scenario._count_past(now)

    def _count_past(self, now):
        """How many would have started in the last days, for whoever plans it."""
        if self.state == "running" or (
            self.trigger in ("segment_in", "segment_out") and not self.segment_id
        ):
            return 0
        self.env.flush_all()
        look = Look(self._get_preview_start(now), now)
        # sudo: a number only, the same for whoever plans
        people = self.sudo()._people_sql(look)
        ((count,),) = self.env.execute_query(
            SQL("SELECT count(DISTINCT partner_id) FROM (%s) found", people)
        )
        return count

    @api.model
    def _get_preview_start(self, now):
        """What happened since is counted before a start, and may be started with it."""
        return now - timedelta(days=PREVIEW_DAYS)

    def _get_goal_border(self, now):
        """Whoever started before it had his time for the goal."""
        return now - timedelta(days=self.goal_days)

    def _get_groups(self, now):
        """{is control: (people, of them reached the goal)} whose time is over.

        A customer counts once, however often the scenario met him and his people; one
        who came to be on both sides (cards were merged) counts on neither.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT is_control, count(*), count(*) FILTER (WHERE reached)
                  FROM (SELECT bool_and(run.is_control) AS is_control,
                               bool_or(run.goal_at IS NOT NULL) AS reached
                          FROM crm_scenario_run run
                          JOIN res_partner person ON person.id = run.partner_id
                         WHERE run.scenario_id = %s AND run.started_at < %s
                           AND run.state NOT IN ('past', 'gone', 'new')
                         GROUP BY person.commercial_partner_id
                        HAVING bool_and(run.is_control) = bool_or(run.is_control)
                       ) customers
                 GROUP BY is_control
                """,
                self._origin.id or 0,
                self._get_goal_border(now),
            )
        )
        return {is_control: (number, reached) for is_control, number, reached in rows}

    @api.depends("goal", "goal_days", "control_percent", "run_ids.goal_at")
    def _compute_lift(self):
        now = fields.Datetime.now()
        self.env["crm.scenario.run"].flush_model()
        for scenario in self:
            groups = scenario._get_groups(now) if scenario.goal != "none" else {}
            told, told_goal = groups.get(False, (0, 0))
            kept, kept_goal = groups.get(True, (0, 0))
            lift = newcombe(told_goal, told, kept_goal, kept)
            scenario.lift_percent = lift.difference * 100 if lift else 0.0
            scenario.lift_text = scenario._describe_lift(
                (told_goal, told), (kept_goal, kept), lift
            )

    def _describe_lift(self, told, kept, lift):
        if self.goal == "none":
            return False
        if not told[1]:
            return self.env._(
                "Nothing to say yet: nobody has had %(days)s days for it.",
                days=self.goal_days,
            )
        low, high = wilson(*told)
        lines = [
            self.env._(
                "%(share)s %% of %(number)s customers reached the goal (95 %% interval "
                "%(low)s to %(high)s %%).",
                share=_percent(told[0] / told[1]),
                number=told[1],
                low=_percent(low),
                high=_percent(high),
            )
        ]
        if not lift:
            lines.append(
                self.env._(
                    "Without a control group nobody knows how many would have done it "
                    "anyway."
                )
            )
            return " ".join(lines)
        lines.append(
            self.env._(
                "In the control group %(share)s %% of %(number)s. The scenario brought "
                "%(lift)s points (95 %% interval %(low)s to %(high)s).",
                share=_percent(kept[0] / kept[1]),
                number=kept[1],
                lift=_percent(lift.difference),
                low=_percent(lift.low),
                high=_percent(lift.high),
            )
        )
        if min(told[1], kept[1]) < FEW:
            lines.append(self.env._("That is too few customers to rely on."))
        elif not lift.is_certain:
            lines.append(self.env._("It may as well have brought nothing."))
        return " ".join(lines)


def _percent(share):
    return f"{share * 100:.1f}"
