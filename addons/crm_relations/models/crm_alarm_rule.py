import re
from ast import literal_eval

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# what only happens with time, never with a write: such a rule must be polled
TIME_WORDS = re.compile(
    r"\s*(?:=?(?:today|now)\b|[=+-]\s*(?:\d+[a-zA-Z]|\w+day\b|week_start\b))"
)
DOMAIN_FIELDS = ("start_domain", "pause_domain", "stop_domain")
WATCH_FIELDS = {
    "active", "model_id", "date_field_id", "offset_days", "follow_date",
    "responsible_field_id", "company_id", "valid_from", "calendar_id",
    "calendar_order", "clock", "quiet_from", "quiet_to", "progress_out",
    "progress_in", "progress_activity", "progress_stage", *DOMAIN_FIELDS,
}  # fmt: skip


class CrmAlarmRule(models.Model):
    """What must not wait too long, and who hears of it when it does."""

    _name = "crm.alarm.rule"
    _description = "Alarm Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    description = fields.Text(
        translate=True, help="In words: what it watches, who is told."
    )
    active = fields.Boolean(default=True, copy=False)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", help="Empty: records of every company are watched."
    )
    model_id = fields.Many2one(
        "ir.model",
        string="Watches",
        required=True,
        ondelete="cascade",
        domain="[('transient', '=', False), ('abstract', '=', False)]",
    )
    model = fields.Char(related="model_id.model", string="Model Name", store=True)
    start_domain = fields.Char(
        string="Starts When",
        required=True,
        default="[]",
        help="An alarm starts when a record comes to match, and stops when it no longer "
        "does.",
    )
    pause_domain = fields.Char(
        string="Pauses While", help="Meanwhile no time counts. Empty: never."
    )
    stop_domain = fields.Char(
        string="Stops When", help="The alarm is answered. Empty: see Starts When."
    )
    date_field_id = fields.Many2one(
        "ir.model.fields",
        string="Counts From",
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('store', '=', True), "
        "('ttype', 'in', ('date', 'datetime'))]",
        help="When the waiting began. A day counts from its end. Empty: from the moment "
        "the record comes to match.",
    )
    offset_days = fields.Integer(
        string="Days Later",
        help="Calendar days added to that date; less than 0: before.",
    )
    follow_date = fields.Boolean(
        string="Follows the Date",
        default=True,
        help="When the date is moved, the alarm starts anew from there.",
    )
    responsible_field_id = fields.Many2one(
        "ir.model.fields",
        string="Responsible",
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('relation', '=', 'res.users'), "
        "('ttype', '=', 'many2one')]",
        help="Who has to act. Empty: the field that this kind of record usually has.",
    )
    clock = fields.Selection(
        [("working", "Working time"), ("wall", "Every minute")],
        required=True,
        default="working",
    )
    calendar_order = fields.Selection(
        [
            ("team", "Team's, then the responsible's, then the company's"),
            ("user", "Responsible's, then the team's, then the company's"),
            ("company", "The company's only"),
        ],
        string="Whose Hours",
        required=True,
        default="team",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Hours of",
        ondelete="restrict",
        help="Always this calendar, whatever the team's or the responsible's is.",
    )
    quiet_from = fields.Float(
        default=22.0, help="With every minute counting, nobody is told after this hour."
    )
    quiet_to = fields.Float(default=7.0, help="The hour when telling begins again.")
    progress_out = fields.Boolean(
        string="Outgoing Contact", help="Somebody of ours reached the customer."
    )
    progress_in = fields.Boolean(
        string="Customer's Reply", default=True, help="The customer spoke to us."
    )
    progress_activity = fields.Boolean(
        string="Done Activity", help="An activity of the record was done."
    )
    progress_stage = fields.Boolean(string="Stage Change")
    progress_scope = fields.Selection(
        [
            ("record", "About this record or its deal"),
            ("customer", "With the customer, about anything"),
        ],
        string="Contacts",
        required=True,
        default="customer",
    )
    on_progress = fields.Selection(
        [
            ("stop", "Stops the alarm"),
            ("restart", "Starts the clock anew"),
        ],
        string="Progress",
        required=True,
        default="stop",
    )
    valid_from = fields.Datetime(
        default=fields.Datetime.now,
        copy=False,
        help="What began to wait before is left alone, unless you ask for it.",
    )
    bounce_minutes = fields.Integer(
        string="Bounce Guard (min)",
        default=30,
        help="A record that leaves and comes back within this time goes on with its old "
        "alarm: nobody resets the clock by dragging a card away and back.",
    )
    ack_minutes = fields.Integer(
        string="Acknowledged For (min)",
        default=240,
        help="Minutes of the rule's clock; then the alarm climbs on.",
    )
    snooze_max_hours = fields.Integer(
        string="Longest Snooze (h)", default=72, help="Hours by the wall clock."
    )
    record_notice_max = fields.Integer(
        string="Notices per Record",
        default=12,
        help="In 24 hours, over all rules; what is more is noted, not told.",
    )
    poll_minutes = fields.Integer(
        string="Looked at Every (min)",
        default=60,
        help="Only for records that cannot tell of their changes.",
    )
    next_poll_at = fields.Datetime(readonly=True, copy=False)
    poll_milliseconds = fields.Integer(
        string="Last Look Took (ms)", readonly=True, copy=False
    )
    is_polled = fields.Boolean(
        compute="_compute_is_polled",
        store=True,
        help="These records do not tell of changes, or the conditions speak of time: "
        "all of them are looked at, at an interval.",
    )
    version = fields.Integer(default=1, readonly=True, copy=False)
    step_ids = fields.One2many("crm.alarm.rule.step", "rule_id", copy=True)
    alarm_count = fields.Integer(string="Open Alarms", compute="_compute_alarm_count")

    _minutes_check = models.Constraint(
        "CHECK(poll_minutes > 0 AND ack_minutes > 0 AND snooze_max_hours > 0 "
        "AND bounce_minutes >= 0 AND record_notice_max > 0)",
        "Times must be positive.",
    )
    # the pass: rules whose records cannot tell of their changes
    _poll_idx = models.Index("(next_poll_at) WHERE active AND is_polled")

    @api.depends("model_id", *DOMAIN_FIELDS)
    def _compute_is_polled(self):
        for rule in self:
            known = rule.model in self.env and self._is_known(rule.model)
            rule.is_polled = bool(rule.model) and (not known or rule._has_time_words())

    @api.model
    def _is_known(self, model):
        """Whether records of ``model`` mark themselves dirty."""
        return getattr(self.env[model], "_crm_alarm_marks", False)

    def _has_time_words(self):
        return any(
            self._speaks_of_time(self._parse_domain(name)) for name in DOMAIN_FIELDS
        )

    @api.model
    def _speaks_of_time(self, domain):
        """Whether a condition compares with today or a moment relative to it."""
        for condition in domain.iter_conditions():
            value = condition.value
            if condition.operator in ("any", "not any"):
                if self._speaks_of_time(Domain(value)):
                    return True
                continue
            many = isinstance(value, (list, tuple, set)) or (
                not isinstance(value, str) and hasattr(value, "__iter__")
            )
            for word in value if many else [value]:
                if isinstance(word, str) and TIME_WORDS.match(word):
                    return True
        return False

    def _parse_domain(self, name):
        self.ensure_one()
        return Domain(literal_eval(self[name] or "[]"))

    @api.constrains("model_id", *DOMAIN_FIELDS)
    def _check_domains(self):
        for rule in self:
            model = self.env[rule.model]
            for name in DOMAIN_FIELDS:
                try:
                    model.sudo()._search(rule._parse_domain(name), limit=1)
                except (ValueError, SyntaxError, TypeError, KeyError) as error:
                    raise ValidationError(
                        self.env._(
                            "%(field)s cannot be read: %(error)s",
                            field=self._fields[name].string,
                            error=error,
                        )
                    ) from error

    @api.constrains("date_field_id", "responsible_field_id", "model_id")
    def _check_fields(self):
        for rule in self:
            for field in rule.date_field_id | rule.responsible_field_id:
                if field.model != rule.model:
                    raise ValidationError(
                        self.env._(
                            "%(field)s is no field of %(model)s.",
                            field=field.field_description,
                            model=rule.model_id.name,
                        )
                    )

    def _compute_alarm_count(self):
        counts = dict(
            self.env["crm.alarm"]._read_group(
                [("rule_id", "in", self.ids), ("state", "!=", "stopped")],
                ["rule_id"],
                ["__count"],
            )
        )
        for rule in self:
            rule.alarm_count = counts.get(rule, 0)

    # -- changes -------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self.env.registry.clear_cache()
        rules._request_look()
        return rules

    def write(self, vals):
        if vals.get("active") and "valid_from" not in vals:
            # chosen now: what waited before is back-filled on request only
            for rule in self.filtered(lambda row: not row.active):
                rule.valid_from = fields.Datetime.now()
        result = super().write(vals)
        if WATCH_FIELDS & vals.keys():
            self.env.registry.clear_cache()
            self._bump_version()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def _bump_version(self):
        """Conditions or steps changed: open alarms are computed again, closed never."""
        for rule in self:
            rule.version += 1
        self._request_look()

    def _request_look(self):
        """The next pass looks at all records of these rules."""
        self.env["crm.alarm.dirty"].sudo()._mark(
            [(self._name, rule.id) for rule in self]
        )

    def action_backfill(self):
        """Alarm also what began to wait before the rule did."""
        self.check_access("write")
        self.write({"valid_from": False})

    def action_open_alarms(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_alarm_action"
        )
        return dict(action, domain=[("rule_id", "=", self.id)])

    @api.model
    @tools.ormcache()
    def _get_watched_fields(self):
        """{model: names of fields whose change a rule must see, or None for any}"""
        if not self.pool.ready and not self._has_columns():
            return {}  # modules come or go: the table is not there, or not whole
        # sudo: what marks a record does not depend on who changes it
        rules_sudo = self.sudo().search([("active", "=", True)])
        watched = {"resource.calendar": None} if rules_sudo else {}
        for rule in rules_sudo:
            if rule.model not in self.env:
                continue
            names = watched.setdefault(rule.model, set())
            names |= rule._get_seen_fields()
            if rule.progress_in or rule.progress_out:
                watched.setdefault("crm.interaction", set()).update(
                    (
                        "lead_id",
                        "customer_id",
                        "res_id",
                        "outcome",
                        "started_at",
                        "answered_at",
                    )
                )
            if rule.progress_activity:
                watched["progress"] = None
        return watched

    @api.model
    def _has_columns(self):
        """Whether the database has every column of this model."""
        columns = tools.sql.table_columns(self.env.cr, self._table)
        return all(
            field.name in columns
            for field in self._fields.values()
            if field.column_type and field.store
        )

    def _get_seen_fields(self):
        """Fields of the watched model that decide about an alarm."""
        self.ensure_one()
        names = {"active", "company_id", "team_id", "stage_id", "won_status"}
        names |= {
            self.date_field_id.name,
            self._get_responsible_name(self.env[self.model]),
        }
        for name in DOMAIN_FIELDS:
            names |= {
                condition.field_expr.split(".")[0]
                for condition in self._parse_domain(name).iter_conditions()
            }
        return names - {False, None}

    def _set_quietly(self, **values):
        """The engine's own bookkeeping: neither a change of the rule nor a new look."""
        return super().write(values)
