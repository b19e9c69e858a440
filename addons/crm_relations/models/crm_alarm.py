from odoo import api, fields, models
from odoo.fields import Domain

STATES = [
    ("running", "Running"),
    ("paused", "Paused"),
    ("acknowledged", "Acknowledged"),
    ("snoozed", "Snoozed"),
    ("exhausted", "All Told"),
    ("stopped", "Stopped"),
]
STOP_REASONS = [
    ("progress", "Progress"),
    ("stop", "Answered"),
    ("condition", "No longer matches"),
    ("resolved", "Resolved by hand"),
    ("moved", "Date moved"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("archived", "Archived"),
    ("deleted", "Deleted"),
    ("merged", "Merged"),
    ("company", "Company changed"),
    ("no_access", "Nobody may see it"),
    ("rule", "Rule switched off"),
]


class CrmAlarm(models.Model):
    """One thing that waits: a rule, a record, an episode.

    Light and without chatter: what happened is in its events. Columns that record
    rules read (company, responsible, team) are copied: rules never join.
    """

    _name = "crm.alarm"
    _inherit = ["crm.pass.mixin"]
    _description = "Alarm"
    _order = "severity DESC, started_at, id"
    _log_access = False
    _rec_name = "res_name"

    rule_id = fields.Many2one("crm.alarm.rule", required=True, ondelete="cascade")
    rule_version = fields.Integer(help="Version of the rule it was computed with.")
    res_model = fields.Char(string="Document Model", required=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", required=True
    )
    res_name = fields.Char(string="What", compute="_compute_res_name")
    episode = fields.Integer(required=True, default=1)
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    user_id = fields.Many2one("res.users", string="Responsible", ondelete="set null")
    team_id = fields.Many2one("crm.team", string="Sales Team", ondelete="set null")
    customer_id = fields.Many2one("res.partner", ondelete="set null")
    lead_id = fields.Many2one("crm.lead", string="Lead or Deal", ondelete="set null")
    calendar_id = fields.Many2one(
        "resource.calendar", string="Hours of", ondelete="set null"
    )
    state = fields.Selection(STATES, required=True, default="running")
    severity = fields.Selection(
        [("1", "Information"), ("2", "Warning"), ("3", "Urgent")], default="1"
    )
    started_at = fields.Datetime(
        required=True, help="When the waiting began; it may be still to come."
    )
    opened_at = fields.Datetime(help="When the alarm noticed.")
    resumed_at = fields.Datetime(help="Since when the clock runs without a pause.")
    consumed_seconds = fields.Integer(
        default=0, help="What the clock had run before the last pause."
    )
    next_fire_at = fields.Datetime(
        string="Next at", help="When the pass looks at it again."
    )
    is_broken = fields.Boolean(
        string="No Working Hours",
        help="Its calendar has no hours: the alarm never comes. A mistake of settings.",
    )
    step_id = fields.Many2one(
        "crm.alarm.rule.step", string="Step Reached", ondelete="set null"
    )
    level = fields.Integer(default=0, help="How many steps were reached.")
    reached_seconds = fields.Integer(
        default=-1, help="Limit of the step reached; -1: nobody was told yet."
    )
    repeat_no = fields.Integer(default=0)
    fired_at = fields.Datetime(string="Last Told")
    held_seconds = fields.Integer(
        default=0, help="By how much the steps above were put off."
    )
    hold_until = fields.Datetime(
        string="Held Until", help="Until when it is acknowledged or snoozed."
    )
    hold_user_id = fields.Many2one("res.users", string="Held by", ondelete="set null")
    hold_reason = fields.Char()
    snoozed_level = fields.Integer(
        default=-1, help="Level at which it was last snoozed: once per level."
    )
    acked_level = fields.Integer(
        default=-1, help="Level at which it was last acknowledged: once per level."
    )
    stopped_at = fields.Datetime()
    stop_reason = fields.Selection(STOP_REASONS)
    stop_note = fields.Char()
    stop_user_id = fields.Many2one("res.users", ondelete="set null")
    is_spent = fields.Boolean(
        help="Answered while the record still matches: it does not start by itself."
    )
    is_in_time = fields.Boolean(
        string="Answered in Time", help="It was answered, and nobody had to be told."
    )
    waited_seconds = fields.Integer(
        string="Waited (s)",
        aggregator=None,
        help="Of the rule's clock, until it ended.",
    )
    activity_id = fields.Many2one(
        "mail.activity", ondelete="set null", help="The to-do that tells of it."
    )
    notified_user_ids = fields.Many2many(
        "res.users", "crm_alarm_notified_rel", "alarm_id", "user_id", string="Told"
    )
    event_ids = fields.One2many("crm.alarm.event", "alarm_id")

    # one open alarm per rule and record: two passes cannot open it twice
    _open_uniq = models.UniqueIndex(
        "(rule_id, res_id) WHERE state <> 'stopped'", "This alarm is open already."
    )
    _episode_uniq = models.UniqueIndex(
        "(rule_id, res_id, episode)", "This episode is there already."
    )
    # the pass: what is due
    _due_idx = models.Index("(next_fire_at) WHERE next_fire_at IS NOT NULL")
    # strip on a record, merge
    _record_idx = models.Index("(res_model, res_id) WHERE state <> 'stopped'")
    # bell and list of a person, of a team
    _user_idx = models.Index(
        "(user_id, team_id) WHERE state <> 'stopped' AND level > 0"
    )
    # progress by contacts of a customer or about a lead; merge of partners
    _customer_idx = models.Index("(customer_id) WHERE customer_id IS NOT NULL")
    _lead_idx = models.Index(
        "(lead_id) WHERE lead_id IS NOT NULL AND state <> 'stopped'"
    )
    # deleted activities leave their alarms
    _activity_idx = models.Index("(activity_id) WHERE activity_id IS NOT NULL")
    # changed calendars, and the health page
    _broken_idx = models.Index("(calendar_id) WHERE is_broken")

    @api.depends("res_model", "res_id")
    def _compute_res_name(self):
        names = {}
        for model, alarms in self.grouped("res_model").items():
            if model not in self.env:
                continue
            # sudo: who sees the alarm may read what it is about
            records_sudo = self.env[model].sudo().browse(alarms.mapped("res_id"))
            for record in records_sudo.exists():
                names[model, record.id] = record.display_name
        for alarm in self:
            alarm.res_name = names.get((alarm.res_model, alarm.res_id), False)

    # -- what screens ask ----------------------------------------------------------

    @api.model
    def _get_bell(self, user=None, limit=50):
        """Alarms that wait for somebody, the most urgent first: five queries.

        :return: list of ``{"id", "rule", "severity", "state", "name", "model",
            "res_id", "customer", "user", "team", "level", "started_at", "next_fire_at",
            "hold_until", "hold_user", "hold_reason", "needs_ack"}``; times naive UTC
        """
        user = user or self.env.user
        alarms = self.with_user(user).search(
            self._get_bell_domain(user), limit=limit, order="severity DESC, started_at"
        )
        return alarms._to_rows()

    @api.model
    def _get_bell_domain(self, user):
        mine = Domain("user_id", "=", user.id) | Domain(
            "notified_user_ids", "in", user.ids
        )
        told = Domain("state", "!=", "stopped") & Domain("level", ">", 0)
        return told & mine

    @api.model
    def _get_for_records(self, model, ids):
        """Open alarms of records, those the user may see: ``{id: rows as the bell's}``.

        Alarms whose waiting has not begun are left out.
        """
        result = {row_id: [] for row_id in ids}
        alarms = self.search(
            [
                ("res_model", "=", model),
                ("res_id", "in", list(ids)),
                ("state", "!=", "stopped"),
                ("started_at", "<=", fields.Datetime.now()),
            ],
        )
        for row in alarms._to_rows():
            result[row["res_id"]].append(row)
        return result

    def _to_rows(self):
        # sudo: names of colleagues and customers on rows that are readable
        rules_sudo = self.sudo().rule_id
        rules_sudo.mapped("name")
        return [
            {
                "id": alarm.id,
                "rule": alarm.rule_id.name,
                "severity": alarm.severity,
                "state": alarm.state,
                "name": alarm.res_name,
                "model": alarm.res_model,
                "res_id": alarm.res_id,
                "customer": alarm.customer_id.name or False,
                "user": alarm.user_id.name or False,
                "team": alarm.team_id.name or False,
                "level": alarm.level,
                "started_at": alarm.started_at,
                "next_fire_at": alarm.next_fire_at,
                "hold_until": alarm.hold_until,
                "hold_user": alarm.hold_user_id.name or False,
                "hold_reason": alarm.hold_reason or False,
                "needs_ack": alarm.step_id.needs_ack,
            }
            for alarm in self.sudo()
        ]
