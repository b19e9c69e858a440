from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError


class CrmDeputy(models.Model):
    """Somebody stands in for a colleague who is ill or on holiday, for a period.

    While it runs, arrivals, notices and activities of the absent person go to the
    deputy, who may open what belongs to him. On return the rest comes back with a
    summary. Only the pass changes the state, so all that asks "who is away" is cached.
    """

    _name = "crm.deputy"
    _description = "Deputy"
    _inherit = ["crm.course.mixin", "mail.thread"]
    _order = "date_from DESC, id DESC"
    _course_values = {"state": "planned", "started_at": False, "ended_at": False}

    user_id = fields.Many2one(
        "res.users",
        string="Away",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        tracking=True,
    )
    deputy_id = fields.Many2one(
        "res.users",
        string="Deputy",
        required=True,
        ondelete="restrict",
        domain="[('share', '=', False), ('id', '!=', user_id)]",
        tracking=True,
    )
    team_id = fields.Many2one(
        "crm.team", compute="_compute_team_id", store=True, string="Sales Team"
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        string="First Day",
        required=True,
        default=fields.Date.context_today,
        tracking=True,
    )
    date_to = fields.Date(
        string="Last Day",
        required=True,
        tracking=True,
        help="The last day away. The day after everything comes back.",
    )
    reason = fields.Selection(
        [
            ("holiday", "Holiday"),
            ("ill", "Ill"),
            ("trip", "Business trip"),
            ("other", "Other"),
        ],
        required=True,
        default="holiday",
    )
    note = fields.Text(help="What the deputy should know.")
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("active", "Away now"),
            ("done", "Back"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="planned",
        readonly=True,
        copy=False,
        tracking=True,
    )
    started_at = fields.Datetime(readonly=True, copy=False)
    ended_at = fields.Datetime(readonly=True, copy=False)

    _dates_check = models.Constraint(
        "CHECK(date_to >= date_from)", "The last day cannot be before the first."
    )
    _other_person_check = models.Constraint(
        "CHECK(user_id <> deputy_id)", "Nobody can be his own deputy."
    )
    # the pass: what begins or ends
    _state_idx = models.Index("(state, date_from) WHERE state IN ('planned', 'active')")

    @api.depends("user_id.sale_team_id")
    def _compute_team_id(self):
        for deputy in self:
            deputy.team_id = deputy.user_id.sale_team_id

    @api.depends("user_id", "deputy_id")
    def _compute_display_name(self):
        for deputy in self:
            if not deputy.deputy_id or not deputy.user_id:
                deputy.display_name = False
                continue
            deputy.display_name = self.env._(
                "%(deputy)s for %(user)s",
                deputy=deputy.deputy_id.name,
                user=deputy.user_id.name,
            )

    @api.constrains("user_id", "date_from", "date_to", "state")
    def _check_overlap(self):
        open_states = ("planned", "active")
        for deputy in self.filtered(lambda row: row.state in open_states):
            # sudo: a period that one may not read is in the way all the same
            if deputy.sudo().search_count(
                [
                    ("id", "!=", deputy.id),
                    ("user_id", "=", deputy.user_id.id),
                    ("state", "in", open_states),
                    ("date_from", "<=", deputy.date_to),
                    ("date_to", ">=", deputy.date_from),
                ],
                limit=1,
            ):
                raise ValidationError(
                    self.env._(
                        "%(user)s has a deputy in these days already.",
                        user=deputy.user_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        deputies = super().create(vals_list)
        self._wake_pass()
        return deputies

    def write(self, vals):
        vals = self._keep_own_values(vals)
        if {"user_id", "deputy_id", "date_from"} & vals.keys() and any(
            row.state != "planned" for row in self
        ):
            raise UserError(
                self.env._("It has begun already: end it, and plan a new period.")
            )
        last_days = {row: row.date_to for row in self if row.state == "active"}
        result = super().write(vals)
        self._check_changed()
        if {"state", "date_to"} & vals.keys():
            # record rules and the routing keep who is away in the cache
            self.env.registry.clear_cache()
            self.env["res.users"].invalidate_model(["crm_deputized_user_ids"])
        if "user_id" in vals:
            # the host asks before a write only: nobody stands in by renaming a period
            self.check_access("write")
        if "date_to" in vals and "state" not in vals:
            for row, last_day in last_days.items():
                row._change_last_day(last_day)
        if "state" not in vals:
            self._wake_pass()
        return result

    @api.model
    def _get_course_refusal(self):
        return self.env._("A period begins by its dates and ends by its button.")

    @api.ondelete(at_uninstall=False)
    def _unlink_planned_only(self):
        if any(row.state == "active" for row in self):
            raise UserError(self.env._("End the period before you delete it."))

    @api.model
    def _wake_pass(self):
        # sudo: the pass itself decides what is due
        self.env.ref("crm_relations.ir_cron_run_deputy").sudo()._trigger()

    # -- who is away --------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _get_away(self):
        """{id of who is away: (id of who acts for him, last day away)}"""
        # sudo: everybody's work is routed, whoever asks
        rows_sudo = self.sudo().search([("state", "=", "active")])
        deputies = {row.user_id.id: row.deputy_id.id for row in rows_sudo}
        away = {}
        for row in rows_sudo:
            __, acting = self._follow(row.user_id.id, deputies)
            if acting:
                away[row.user_id.id] = (acting, row.date_to)
        return away

    @api.model
    def _get_chains(self):
        """{id of who is away: [ids of who stand in, one for the other]}, as it is now."""
        # sudo: everybody's work is routed, whoever asks
        rows_sudo = self.sudo().search([("state", "=", "active")])
        deputies = {row.user_id.id: row.deputy_id.id for row in rows_sudo}
        return {absent: self._follow(absent, deputies)[0] for absent in deputies}

    @api.model
    def _follow(self, user_id, deputies):
        """(who stand in one for the other, the last of them or None in a circle)"""
        chain, absent = [], user_id
        while user_id in deputies:
            user_id = deputies[user_id]
            if user_id == absent or user_id in chain:
                return chain, None
            chain.append(user_id)
        return chain, user_id

    @api.model
    def _get_acting(self, user):
        """Who acts for this user now: himself, or his deputy."""
        acting, __ = self._get_away().get(user.id, (user.id, None))
        return user.browse(acting)

    # -- the pass -----------------------------------------------------------------

    @api.model
    def _cron_run(self):
        self._run(fields.Datetime.now())

    @api.model
    def _run(self, now):
        """Begin and end what is due at ``now``, by the calendar of who is away."""
        for row in self.search([("state", "in", ("planned", "active"))]):
            today = fields.Datetime.context_timestamp(
                row.with_context(tz=row.user_id.tz or "UTC"), now
            ).date()
            if row.date_to < today:
                row._finish(now)
            elif row.state == "planned" and row.date_from <= today:
                row._start(now)

    def action_end(self):
        """Back earlier, or the plan is off."""
        self.check_access("write")
        for row in self:
            if row.state == "planned":
                row.sudo().state = "cancelled"  # sudo: checked above
            elif row.state == "active":
                row._finish(fields.Datetime.now())
