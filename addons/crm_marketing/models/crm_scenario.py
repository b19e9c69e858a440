from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

BUTTON = object()  # no caller from outside has it
# what a running scenario has started people by: changed only when it stands still
FIXED = {
    "trigger", "offset_days", "offset_months", "hour", "asset_type_id", "class_direction",
    "quotation_days", "rating_below", "intervals", "segment_id", "audience_id",
    "categ_ids", "drop_percent", "control_percent", "goal", "goal_days", "company_id",
    "purpose_id", "step_ids",
}  # fmt: skip


class CrmScenario(models.Model):
    """The right word at the right moment: what happens to a person, then what we do.

    How people start is in crm_scenario_trigger.py, how they go on in crm_scenario_pass.py,
    how they are told in crm_scenario_send.py.
    """

    _name = "crm.scenario"
    _description = "Scenario"
    _inherit = ["mail.thread", "crm.pass.mixin"]
    _order = "state DESC, name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        help="Gets the tasks of customers who have no salesperson.",
    )
    purpose_id = fields.Many2one(
        "crm.contact.purpose",
        string="Reason for contact",
        required=True,
        ondelete="restrict",
        default=lambda self: self._default_purpose(),
        help="Whether consent is needed, quiet hours, and how often one may be contacted.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("stopped", "Stopped")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    valid_from = fields.Datetime(
        string="Since",
        readonly=True,
        copy=False,
        help="What happened before does not start it.",
    )
    error = fields.Char(
        readonly=True,
        copy=False,
        help="Why it could not look for people at the last pass.",
    )
    trigger = fields.Selection(
        "_selection_trigger", string="When", required=True, default="birthday"
    )
    offset_days = fields.Integer(
        string="Days after (before: minus)", help="-14: two weeks before that day."
    )
    offset_months = fields.Integer(
        string="Months after", help="24: when a warranty of two years ends."
    )
    hour = fields.Float(
        string="Hour of the day",
        default=10.0,
        help="Of the day, by the customer's own clock.",
    )
    asset_type_id = fields.Many2one(
        "crm.customer.asset.type", string="Of", help="Empty: things of every type."
    )
    class_direction = fields.Selection(
        [("any", "Any change"), ("up", "Rises"), ("down", "Falls")],
        string="Class",
        default="any",
        required=True,
    )
    quotation_days = fields.Integer(string="Days without an answer", default=3)
    rating_below = fields.Float(
        string="Rated at most", default=2.0, help="Of 5; the host's ratings."
    )
    intervals = fields.Float(
        string="Usual intervals",
        default=1.5,
        help="1.5: no purchase for half as long again as his own longer intervals (nine of "
        "ten are not longer). Only customers who bought on at least three days have a "
        "rhythm of their own.",
    )
    segment_id = fields.Many2one("crm.segment", ondelete="restrict")
    categ_ids = fields.Many2many(
        "product.category",
        "crm_scenario_category_rel",
        "scenario_id",
        "categ_id",
        string="Categories",
        help="Empty: whatever category he buys.",
    )
    drop_percent = fields.Float(string="Cheaper by at least, %", default=5.0)
    audience_id = fields.Many2one(
        "crm.segment",
        string="Only members of",
        ondelete="restrict",
        help="Looked up when it happens.",
    )
    step_ids = fields.One2many("crm.scenario.step", "scenario_id", string="Recipe")
    run_ids = fields.One2many("crm.scenario.run", "scenario_id")
    late_days = fields.Integer(
        string="Not later than (days)",
        default=5,
        required=True,
        help="After an outage, or while quiet hours and frequency hold it back: a word "
        "that is later than this is not said any more, and counted as skipped.",
    )
    goal = fields.Selection(
        [("none", "Nothing measured"), ("bought", "Bought"), ("answered", "Answered")],
        required=True,
        default="bought",
        help="Bought: an order was confirmed or an invoice posted. Answered: he wrote or "
        "called us.",
    )
    goal_days = fields.Integer(string="Within (days)", default=30, required=True)
    is_goal_end = fields.Boolean(
        string="Who reached the goal is left in peace", default=True
    )
    control_percent = fields.Float(
        string="Control group, %",
        default=0.0,
        help="So many, chosen by chance, get nothing: what they do shows what would have "
        "happened anyway. A customer stays on his side, with all his people.",
    )

    _hour_check = models.Constraint(
        "CHECK(hour >= 0 AND hour < 24)", "The hour must be within a day."
    )
    _since_check = models.Constraint(
        "CHECK(state <> 'running' OR valid_from IS NOT NULL)",
        "A running scenario has a start.",
    )
    _control_check = models.Constraint(
        "CHECK(control_percent >= 0 AND control_percent < 100)",
        "The control group must be less than everybody.",
    )
    _days_check = models.Constraint(
        "CHECK(goal_days > 0 AND late_days > 0)", "Days must be more than zero."
    )

    @api.model
    def _default_purpose(self):
        return self.env["crm.contact.purpose"].search(
            [("code", "=", "marketing")], limit=1
        )

    @api.model
    def _selection_trigger(self):
        """What may start a scenario; what needs an app that is not there is left out."""
        kinds = [
            ("birthday", self.env._("Birthday")),
            ("asset_service", self.env._("Service or renewal of his thing is due")),
            ("asset_since", self.env._("He has had his thing for … (warranty)")),
            ("first_purchase", self.env._("First purchase")),
            ("silent", self.env._("No purchase beyond his own rhythm")),
            ("class_change", self.env._("His class changes")),
            ("quotation", self.env._("A quotation is left without an answer")),
            ("segment_in", self.env._("Enters a segment")),
            ("segment_out", self.env._("Leaves a segment")),
            ("arrivals", self.env._("New arrivals in a category he buys")),
            ("price_drop", self.env._("A product he viewed gets cheaper")),
        ]
        if "stock.picking" in self.env:
            kinds.insert(4, ("delivery", self.env._("Delivery")))
        if "rating.rating" in self.env:
            kinds.append(("rating", self.env._("A bad rating")))
        return kinds

    # ------------------------------------------------------------ ORM

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # not by an import, nor by a default in the context
            for vals in vals_list:
                if vals.get("state", "draft") != "draft" or vals.get("valid_from"):
                    self._check_button(vals)
            vals_list = [
                {**vals, "state": "draft", "valid_from": False} for vals in vals_list
            ]
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self._check_button(vals)
        if FIXED & vals.keys():
            self._check_still()
        if {"state", "active", "trigger"} & vals.keys():
            self.env.registry.clear_cache()
        if vals.get("active") is False:
            self.filtered(lambda scenario: scenario.state == "running").action_stop()
        return super().write(vals)

    def _check_button(self, vals):
        """What starting and stopping check is checked by nobody else."""
        is_button = self.env.su or self.env.context.get("crm_button") is BUTTON
        if not is_button and {"state", "valid_from"} & vals.keys():
            raise UserError(
                self.env._("A scenario is started and stopped by its own buttons.")
            )

    def _switch(self, vals):
        return self.with_context(crm_button=BUTTON).write(vals)

    def _check_still(self):
        running = self.filtered(lambda scenario: scenario.state == "running")
        if running:
            raise UserError(
                self.env._(
                    "“%(name)s” is running: stop it before you change it.",
                    name=running[0].name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_never_used(self):
        if self.env["crm.scenario.run"].search_count(
            [("scenario_id", "in", self.ids)], limit=1
        ):
            raise UserError(
                self.env._(
                    "It has contacted people: archive it instead of deleting it."
                )
            )

    def copy(self, default=None):
        """The steps too, with their ways among themselves."""
        copies = super().copy(default)
        none = self.env["crm.scenario.step"]
        for old, new in zip(self, copies, strict=True):
            places = {}
            straight = {"scenario_id": new.id, "yes_to": "next", "no_to": "next"}
            for step in old.step_ids.sorted():
                places[step.id] = step.copy(straight)
            for step in old.step_ids:
                places[step.id].write(
                    {
                        "yes_to": step.yes_to,
                        "no_to": step.no_to,
                        "yes_step_id": places.get(step.yes_step_id.id, none).id,
                        "no_step_id": places.get(step.no_step_id.id, none).id,
                    }
                )
        return copies

    def copy_data(self, default=None):
        return [
            dict(values, name=self.env._("%(name)s (copy)", name=scenario.name))
            for scenario, values in zip(self, super().copy_data(default), strict=True)
        ]

    # ------------------------------------------------------------ buttons

    def action_start(self):
        """From now on: nothing of the past starts it."""
        self.check_access("write")
        self._start_from(fields.Datetime.now())

    def action_start_with_past(self):
        """From now on, and those whom the screen counts: what happened lately to them."""
        self.check_access("write")
        self._start_with_past(fields.Datetime.now())

    def _start_with_past(self, now):
        """Those whom the screen counts, and no one else: before segments look again."""
        since = self._get_preview_start(now)
        self.env.flush_all()
        # sudo: runs belong to the engine; whoever writes the scenario may start it
        for scenario in self.sudo():
            scenario = scenario._with_own_company()
            while scenario._start_people(now, since=since):
                pass
            scenario._plan_past(now)
        self._start_from(now)

    def _start_from(self, now):
        for scenario in self:
            if not scenario.step_ids:
                raise UserError(self.env._("Add a step first: what should happen?"))
            scenario._check_trigger()
            if scenario.trigger in ("segment_in", "segment_out"):
                # who is in it now and was not noticed yet comes from the past
                # sudo: members belong to the engine of segments
                scenario.segment_id.sudo()._refresh(now)
        self.step_ids._check_words()
        self.step_ids._prepare_mailings()
        self._switch({"state": "running", "valid_from": now, "error": False})

    def _check_trigger(self):
        if self.trigger in ("segment_in", "segment_out") and not self.segment_id:
            raise UserError(self.env._("Choose the segment first."))

    def action_stop(self):
        """At once: nobody gets anything more of it, nor what waits in the host's queues."""
        self.check_access("write")
        self._switch({"state": "stopped"})
        self.env["crm.scenario.event"]._withdraw(
            SQL("event.scenario_id = ANY(%s)", self.ids), "stopped"
        )
        self.env.flush_all()
        # sudo: runs and the outbox belong to the engine; whoever writes the scenario
        # may stop it
        now = fields.Datetime.now()
        self.sudo().env.cr.execute(
            SQL(
                """
                WITH unsaid AS (
                    UPDATE crm_scenario_event SET state = 'skipped', reason = 'stopped'
                     WHERE scenario_id = ANY(%(ids)s) AND state = 'pending'
                )
                UPDATE crm_scenario_run
                   SET state = 'stopped', next_at = NULL, ended_at = %(now)s
                 WHERE scenario_id = ANY(%(ids)s) AND state IN ('new', 'waiting')
                """,
                ids=self.ids,
                now=now,
            )
        )
        self.env["crm.scenario.run"].invalidate_model()
        self.env["crm.scenario.event"].invalidate_model()

    def action_open_runs(self):
        """Who is in it, and how far."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_scenario_run_action"
        )
        return dict(action, domain=[("scenario_id", "=", self.id)], context={})

    def action_open_events(self):
        """What was said, and what was not and why."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_scenario_event_action"
        )
        return dict(action, domain=[("scenario_id", "=", self.id)], context={})
