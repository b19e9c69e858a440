from textwrap import shorten

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# steps that are said to the person: {kind: way of the consent gate}
WAYS = {"mail": "email", "sms": "sms", "call": "call", "letter": "letter"}
# of a message, in this order when his own best channel does not reach him
ANY_WAY = ("email", "messenger", "sms", "call")


class CrmScenarioStep(models.Model):
    """One line of a recipe: wait, then ask or do."""

    _name = "crm.scenario.step"
    _description = "Step of a Scenario"
    _order = "scenario_id, sequence, id"
    _rec_name = "summary"

    scenario_id = fields.Many2one(
        "crm.scenario", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="scenario_id.company_id")
    sequence = fields.Integer(default=10)
    wait_days = fields.Integer(string="Wait, days")
    wait_hours = fields.Integer(string="Wait, hours")
    wait_until = fields.Selection(
        [
            ("no", "and go on"),
            ("hour", "and until the hour"),
            ("weekday", "and until the weekday and hour"),
        ],
        string="Then",
        required=True,
        default="no",
    )
    wait_weekday = fields.Selection("_selection_weekday", string="Weekday")
    wait_hour = fields.Float(
        string="Hour", default=10.0, help="By the customer's own clock."
    )
    kind = fields.Selection(
        "_selection_kind", string="Do", required=True, default="message"
    )
    question = fields.Selection(
        [
            ("opened", "Opened the letter?"),
            ("clicked", "Clicked a link of the letter?"),
            ("answered", "Answered?"),
            ("bought", "Bought?"),
            ("segment", "Is in the segment?"),
        ],
        default="opened",
    )
    segment_id = fields.Many2one("crm.segment", ondelete="restrict")
    yes_to = fields.Selection(
        "_selection_to", string="If yes", required=True, default="next"
    )
    yes_step_id = fields.Many2one("crm.scenario.step", ondelete="restrict", copy=False)
    no_to = fields.Selection(
        "_selection_to", string="If no", required=True, default="next"
    )
    no_step_id = fields.Many2one("crm.scenario.step", ondelete="restrict", copy=False)
    subject = fields.Char(translate=True, help="{name}, {thing}, {date}, {company}.")
    body = fields.Html(
        string="Letter",
        translate=True,
        help="{name}, {thing}, {date} and {company} are put in for each person.",
    )
    text = fields.Text(
        string="Words",
        translate=True,
        help="Of the SMS, of the messenger or of the task. {name}, {thing}, {date}, "
        "{company}.",
    )
    template_id = fields.Many2one(
        "mail.template",
        string="Template instead",
        domain="[('model', '=', 'res.partner')]",
        ondelete="restrict",
        help="Its subject and text are used instead of the letter here.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Task for",
        domain="[('share', '=', False)]",
        help="Empty: the customer's salesperson, else who is responsible here.",
    )
    deadline_days = fields.Integer(string="To be done in (days)", default=1)
    program_id = fields.Many2one(
        "loyalty.program",
        string="Coupon program",
        domain="[('program_type', 'in', ('coupons', 'gift_card', 'next_order_coupons'))]",
        ondelete="restrict",
        help="Its code stands for {coupon} in the steps after this one.",
    )
    coupon_points = fields.Float(
        string="Worth",
        default=1.0,
        help="Points of a coupon; of a gift card the money on it.",
    )
    coupon_days = fields.Integer(
        string="Valid for (days)", help="0: as long as its program."
    )
    mailing_id = fields.Many2one(
        "mailing.mailing",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The host's statistics of this letter: opened, clicked, answered.",
    )
    summary = fields.Char(compute="_compute_summary", string="Step")
    ways_note = fields.Char(compute="_compute_ways_note", string="How it goes")

    _wait_check = models.Constraint(
        "CHECK(wait_days >= 0 AND wait_hours >= 0)", "One cannot wait backwards."
    )
    _coupon_check = models.Constraint(
        "CHECK(coupon_points > 0 AND coupon_days >= 0)",
        "A coupon is worth something, and its days are not less than none.",
    )
    _hour_check = models.Constraint(
        "CHECK(wait_hour >= 0 AND wait_hour < 24)", "The hour must be within a day."
    )

    @api.model
    def _selection_weekday(self):
        return [
            ("0", self.env._("Monday")),
            ("1", self.env._("Tuesday")),
            ("2", self.env._("Wednesday")),
            ("3", self.env._("Thursday")),
            ("4", self.env._("Friday")),
            ("5", self.env._("Saturday")),
            ("6", self.env._("Sunday")),
        ]

    @api.model
    def _selection_kind(self):
        """Modules add kinds and a method ``_act_<kind>`` on crm.scenario.event."""
        return [
            ("check", self.env._("Ask")),
            ("message", self.env._("Message by his best channel")),
            ("mail", self.env._("E-mail")),
            *([("sms", self.env._("SMS"))] if "sms.sms" in self.env else []),
            ("call", self.env._("Call")),
            ("letter", self.env._("Letter by post")),
            ("coupon", self.env._("Coupon")),
            ("deal", self.env._("Deal")),
            ("task", self.env._("Task for a colleague")),
        ]

    @api.model
    def _selection_to(self):
        return [
            ("next", self.env._("the next step")),
            ("step", self.env._("a later step")),
            ("end", self.env._("end")),
        ]

    @api.depends(
        "kind", "question", "segment_id", "subject", "text", "wait_days", "wait_hours",
        "wait_until", "wait_weekday", "wait_hour", "yes_to", "no_to", "program_id",
    )  # fmt: skip
    def _compute_summary(self):
        kinds = dict(self._selection_kind())
        for step in self:
            what = kinds.get(step.kind, step.kind)
            more = step._describe_question() if step.kind == "check" else (
                step.subject or step.program_id.name or (step.text or "").partition("\n")[0]
            )  # fmt: skip
            line = f"{what}: {shorten(more, 60, placeholder='…')}" if more else what
            wait = step._describe_wait()
            step.summary = f"{wait}, {line}" if wait else line

    def _describe_question(self):
        """``Opened the letter? yes: the next step, no: end``"""
        names = dict(self._fields["question"]._description_selection(self.env))
        ways = dict(self._selection_to())
        question = names.get(self.question, "")
        if self.question == "segment" and self.segment_id:
            question = f"{question} {self.segment_id.name}"
        return self.env._(
            "%(question)s yes: %(yes)s, no: %(no)s",
            question=question,
            yes=ways.get(self.yes_to),
            no=ways.get(self.no_to),
        )

    def _describe_wait(self):
        """``after 3 days, until Monday 10:00``"""
        parts = []
        if self.wait_days:
            parts.append(self.env._("after %(days)s days", days=self.wait_days))
        if self.wait_hours:
            parts.append(self.env._("after %(hours)s hours", hours=self.wait_hours))
        clock = f"{int(self.wait_hour):02}:{round(self.wait_hour % 1 * 60):02}"
        if self.wait_until == "hour":
            parts.append(self.env._("at %(hour)s", hour=clock))
        elif self.wait_until == "weekday":
            weekday = dict(self._selection_weekday()).get(self.wait_weekday, "")
            parts.append(
                self.env._("on %(weekday)s at %(hour)s", weekday=weekday, hour=clock)
            )
        return " ".join(parts)

    def _get_kind_name(self):
        return dict(self._selection_kind()).get(self.kind, self.kind)

    @api.model
    def _get_ways(self):
        """Ways a message can go here, best first; an adapter adds ``_act_messenger``."""
        events = self.env["crm.scenario.event"]
        return [
            way
            for way in ANY_WAY
            if hasattr(events, f"_act_{way}")
            and (way != "sms" or "sms.sms" in self.env)
        ]

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_ways_note(self):
        note = self._describe_ways()
        for step in self:
            step.ways_note = note if step.kind == "message" else False

    @api.model
    def _describe_ways(self):
        """How a message goes, and that messengers are left out where none is connected."""
        ways = self._get_ways()
        names = dict(self.env["crm.consent"]._selection_kind())
        note = self.env._(
            "A message goes by the channel the person prefers or answers; if that does "
            "not reach him or he does not want it, by the first that does: %(ways)s.",
            ways=", ".join(names[way] for way in ways),
        )
        if "messenger" not in ways:
            note += " " + self.env._(
                "No messenger is connected: whoever prefers one gets it by the others."
            )
        return note

    # ------------------------------------------------------------ checks

    @api.constrains(
        "yes_step_id", "no_step_id", "yes_to", "no_to", "sequence", "scenario_id"
    )
    def _check_ways(self):
        """Only forward: nobody goes round in circles."""
        for scenario in self.scenario_id:
            places = {
                step: place for place, step in enumerate(scenario.step_ids.sorted())
            }
            for step in scenario.step_ids.filtered(lambda step: step.kind == "check"):
                for to, target in (
                    (step.yes_to, step.yes_step_id),
                    (step.no_to, step.no_step_id),
                ):
                    if to == "step" and places.get(target, -1) <= places[step]:
                        raise ValidationError(
                            self.env._(
                                "“%(step)s” must lead to a later step.",
                                step=step.summary,
                            )
                        )

    @api.constrains("wait_until", "wait_weekday")
    def _check_weekday(self):
        if self.filtered(
            lambda step: step.wait_until == "weekday" and not step.wait_weekday
        ):
            raise ValidationError(self.env._("Choose the weekday."))

    def _check_program(self):
        if not self.program_id:
            raise UserError(self.env._("“%(step)s” has no program.", step=self.summary))
        # sudo: whose it is, for whoever may not see it
        owner_sudo = self.sudo().program_id.company_id
        if owner_sudo - self.scenario_id.company_id:
            raise UserError(
                self.env._(
                    "“%(step)s” gives a coupon of another company.", step=self.summary
                )
            )

    def _check_words(self):
        """Nobody gets an empty letter."""
        for step in self:
            if step.kind == "coupon":
                step._check_program()
            has_letter = step.template_id or (step.subject and step.body)
            if step.kind == "mail" and not has_letter:
                raise UserError(
                    self.env._(
                        "“%(step)s” has no subject or no text.", step=step.summary
                    )
                )
            if step.kind == "message" and not (has_letter and step.text):
                raise UserError(
                    self.env._(
                        "“%(step)s” goes by whatever channel suits the person: write a "
                        "letter, and words for SMS and calls.",
                        step=step.summary,
                    )
                )
            if step.kind in ("sms", "call", "letter", "task", "deal") and not step.text:
                raise UserError(
                    self.env._("“%(step)s” has no words.", step=step.summary)
                )

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        steps.scenario_id._check_still()
        return steps

    def write(self, vals):
        if vals.keys() - {"mailing_id"}:
            self.scenario_id._check_still()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_still(self):
        self.scenario_id._check_still()

    # ------------------------------------------------------------ the engine's questions

    def _get_next(self, answer=None):
        """The step after this one; ``answer`` (bool) of a question; empty: the end."""
        self.ensure_one()
        if self.kind == "check":
            to, target = (
                (self.yes_to, self.yes_step_id)
                if answer
                else (self.no_to, self.no_step_id)
            )
            if to != "next":
                return target if to == "step" else self.browse()
        steps = self.scenario_id.step_ids.sorted()
        return steps[list(steps.ids).index(self.id) + 1 :][:1]

    def _get_wait(self):
        """Arguments of ``tools.scenario_time.wait_until``."""
        return {
            "days": self.wait_days,
            "hours": self.wait_hours,
            "weekday": int(self.wait_weekday) if self.wait_until == "weekday" else None,
            "hour": None if self.wait_until == "no" else self.wait_hour,
        }

    def _prepare_mailings(self):
        """The host's own statistics of letters: a mailing for each step that writes one."""
        for step in self.filtered(lambda step: step.kind in ("mail", "message")):
            values = {
                "subject": step.template_id.subject or step.subject,
                "name": f"{step.scenario_id.name}: {step.subject or step.template_id.name}",
            }
            # sudo: the mailing is a figure of the engine, whoever starts the scenario
            if step.mailing_id:
                step.mailing_id.sudo().write(values)
                continue
            step.mailing_id = (
                self.env["mailing.mailing"]
                .sudo()
                .create(
                    {
                        **values,
                        "mailing_type": "mail",
                        "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                        "state": "done",
                        "user_id": step.scenario_id.user_id.id,
                    }
                )
            )
