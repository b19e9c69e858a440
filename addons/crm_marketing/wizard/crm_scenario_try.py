from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_datetime

from ..models.crm_scenario_step import WAYS
from ..tools.scenario_text import fill
from ..tools.scenario_time import to_local, wait_until


class CrmScenarioTry(models.TransientModel):
    """What one person would get and when: nothing is sent, no run is written."""

    _name = "crm.scenario.try"
    _description = "Try a Scenario on One Person"

    scenario_id = fields.Many2one("crm.scenario", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Person")
    answer = fields.Selection(
        [("no", "No"), ("yes", "Yes")],
        string="Suppose every question is answered",
        required=True,
        default="yes",
    )
    trace = fields.Html(compute="_compute_trace", sanitize=False)

    @api.depends("partner_id", "answer", "scenario_id")
    def _compute_trace(self):
        now = fields.Datetime.now()
        for attempt in self:
            attempt.trace = attempt.partner_id and attempt._get_trace(now)

    def _get_trace(self, now):
        """A line for each step he would come to."""
        scenario = self.scenario_id._with_own_company()
        partner = self.partner_id.with_env(scenario.env)._origin
        zone, _why = partner._get_crm_time_zones(now)[partner.id]
        lines, moment = [], now
        step = scenario.step_ids.sorted()[:1]
        while step:
            moment = wait_until(moment, zone, **step._get_wait())
            lines.append(self._describe(step, partner, moment, zone))
            step = step._get_next(self.answer == "yes")
        head = self._describe_start(scenario, partner, zone)
        return Markup("<p>%s</p><ol>%s</ol>") % (
            head,
            Markup().join(Markup("<li>%s</li>") % line for line in lines),
        )

    def _describe_start(self, scenario, partner, zone):
        ((is_control,),) = self.env.execute_query(scenario._control_query(partner))
        words = self.env._(
            "If it started now (%(time)s there, %(zone)s):",
            time=f"{to_local(fields.Datetime.now(), zone):%H:%M}",
            zone=zone,
        )
        if is_control:
            words += " " + self.env._(
                "by chance this person is in the control group and would get nothing. "
                "Without that:"
            )
        return words

    def _describe(self, step, partner, moment, zone):
        """When by his clock, what, by which way, and what the gate says of then."""
        when = format_datetime(self.env, moment, tz=zone, dt_format="EEE d MMM HH:mm")
        words = step._get_trial_words(partner)
        summary = fill(step.summary, words)
        parts = [Markup("<b>%s</b> %s") % (when, summary)]
        if step.kind == "check":
            answers = dict(self._fields["answer"]._description_selection(self.env))
            parts.append(Markup(" → %s") % answers[self.answer])
        elif step.kind in WAYS or step.kind == "message":
            parts.append(
                Markup(" → %s") % self._describe_way(step, partner, moment, zone)
            )
        return Markup().join(parts)

    def _describe_way(self, step, partner, moment, zone):
        wanted = (
            partner._crm_scenario_ways()
            if step.kind == "message"
            else partner._crm_reachable([WAYS[step.kind]])
        )
        choice = self.env["crm.scenario.event"]._pick_way(
            step.scenario_id, partner, wanted, moment
        )
        kinds = dict(self.env["crm.consent"]._selection_kind())
        reasons = dict(self.env["crm.scenario.event"]._selection_reason())
        if choice.way:
            return kinds.get(choice.way) or self.env._("Letter by post")
        reason = reasons.get(choice.reason, choice.reason)
        if choice.until:
            return self.env._(
                "waits until %(when)s (%(reason)s)",
                when=format_datetime(
                    self.env, choice.until, tz=zone, dt_format="EEE HH:mm"
                ),
                reason=reason,
            )
        return self.env._("skipped: %(reason)s", reason=reason)
