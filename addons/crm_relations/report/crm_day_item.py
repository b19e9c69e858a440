from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import MO, relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

# bucket -> its place in the day; the order of the columns and of the list
BUCKETS = {
    "waiting": 1,
    "overdue": 2,
    "today": 3,
    "promised": 4,
    "new": 5,
    "idle": 6,
    "later": 7,
}
# what a calendar's drag and drop sends
DRAGGED = {"start_at", "stop_at", "is_all_day", "due_date"}


class CrmDayItem(models.Model):
    """The salesperson's day: everything that somebody waits for, in one list.

    Open activities, promises, new leads that nobody touched, deals without a next
    step, customers who wait for an answer, and meetings. Nothing is stored: a row is
    gone when its work is done. Whose rows: own, of the people of the teams one leads,
    all (security/crm_day_item_rule.xml).
    """

    _name = "crm.day.item"
    _description = "Day's Work"
    _auto = False
    _order = "rank, due_date, start_at, since_at, id"
    _rec_name = "name"

    kind = fields.Selection(
        [
            ("activity", "Activity"),
            ("promise", "Promise"),
            ("lead", "Lead"),
            ("contact", "Customer's message"),
            ("meeting", "Meeting"),
        ],
        string="What it is",
        readonly=True,
    )
    bucket = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("overdue", "Overdue"),
            ("today", "Today"),
            ("promised", "Promised"),
            ("new", "New"),
            ("idle", "No next step"),
            ("later", "Later"),
        ],
        string="When",
        readonly=True,
        group_expand=True,
        help="Waiting: a customer whom nobody has answered. Promised: by today or "
        "earlier. New: assigned, and nobody has been in touch yet. No next step: an open "
        "deal for which nothing is planned.",
    )
    rank = fields.Integer(string="Urgency", readonly=True, aggregator=None)
    name = fields.Char(string="What", readonly=True)
    record_name = fields.Char(string="About", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        readonly=True,
        falsy_value_label=_lt("Nobody's"),  # pylint: disable=translation-field,prefer-env-translation
        help="Whose work it is; while he is away, his deputy's.",
    )
    owner_id = fields.Many2one(
        "res.users",
        string="In Place of",
        readonly=True,
        help="Who is away, and whose work this is otherwise.",
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    due_date = fields.Date(string="Due", readonly=True)
    start_at = fields.Datetime(string="Starts", readonly=True)
    stop_at = fields.Datetime(string="Ends", readonly=True)
    is_all_day = fields.Boolean(readonly=True, export_string_translation=False)
    since_at = fields.Datetime(
        string="Since",
        readonly=True,
        help="Since when the customer waits, or since when it is assigned.",
    )
    value = fields.Monetary(
        readonly=True,
        help="Expected revenue of the deal, total of the order, what is left to pay of "
        "the invoice, or the amount promised; in the company's currency.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    res_model = fields.Char(readonly=True, export_string_translation=False)
    res_id = fields.Many2oneReference(
        model_field="res_model", readonly=True, export_string_translation=False
    )
    activity_id = fields.Many2one("mail.activity", readonly=True)
    activity_type_id = fields.Many2one("mail.activity.type", readonly=True)
    promise_id = fields.Many2one("crm.promise", readonly=True)
    interaction_id = fields.Many2one("crm.interaction", readonly=True)
    event_id = fields.Many2one("calendar.event", string="Meeting", readonly=True)
    icon = fields.Char(compute="_compute_icon", export_string_translation=False)
    is_mine = fields.Boolean(
        compute="_compute_is_mine", export_string_translation=False
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT day.*, ranks.rank
              FROM (%s) AS day
              JOIN (VALUES %s) AS ranks(bucket, rank) ON ranks.bucket = day.bucket
            """,
            SQL(" UNION ALL ").join(
                SQL("(%s)", branch) for branch in self._get_branches(self._get_clock())
            ),
            SQL(", ").join(SQL("(%s, %s)", *item) for item in BUCKETS.items()),
        )

    @api.model
    def _get_clock(self):
        """{"now": naive UTC, "today": date there, "tz": name} of who looks."""
        tz = self.env.context.get("tz") or self.env.user.tz or "UTC"
        return {
            "now": fields.Datetime.now(),
            "today": fields.Date.context_today(self),
            "tz": tz if tz in pytz.all_timezones_set else "UTC",
        }

    @api.depends("kind", "activity_type_id")
    def _compute_icon(self):
        icons = {
            "promise": "fa-handshake-o",
            "lead": "fa-star-o",
            "contact": "fa-comment-o",
            "meeting": "fa-users",
        }
        for item in self:
            item.icon = (
                item.activity_type_id.icon or icons.get(item.kind) or "fa-clock-o"
            )

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for item in self:
            item.is_mine = item.user_id == self.env.user

    # ------------------------------------------------------------- reschedule

    def write(self, vals):  # pylint: disable=method-required-super
        """Nothing is stored here: a new day, as a calendar sends it, moves the work."""
        if not vals or vals.keys() - DRAGGED:
            raise UserError(self.env._("Open the record itself to change it."))
        self.check_access("write")
        if vals.get("start_at"):
            start = fields.Datetime.to_datetime(vals["start_at"])
            meetings = self.filtered(lambda item: item.kind == "meeting")
            meetings._move_meetings(start)
            (self - meetings)._reschedule(self._get_local(start).date())
        elif vals.get("due_date"):
            self._reschedule(fields.Date.to_date(vals["due_date"]))
        return True

    @api.model
    def _get_local(self, moment):
        """The moment (naive UTC) on the clock of who looks."""
        zone = pytz.timezone(self._get_clock()["tz"])
        return pytz.utc.localize(moment).astimezone(zone)

    def _move_meetings(self, start):
        for item in self:
            event = item.event_id
            event.write({"start": start, "stop": start + (event.stop - event.start)})

    def _reschedule(self, day):
        """Everything of these rows is due on ``day``; a meeting keeps its hour."""
        self.check_access("write")
        if any(item.bucket in ("waiting", "new", "idle") for item in self):
            raise UserError(
                self.env._("Nothing is planned there yet: plan the next step.")
            )
        # sudo: whose row it is was checked above; a head plans for his people
        self.activity_id.sudo().filtered("active").date_deadline = day
        self.promise_id.sudo().due_date = day
        for item in self.filtered(lambda row: row.event_id and not row.activity_id):
            local = item._get_local(item.event_id.start)
            zone = pytz.timezone(self._get_clock()["tz"])
            moved = zone.localize(
                datetime.combine(day, local.time().replace(tzinfo=None) or time())
            )
            item._move_meetings(moved.astimezone(pytz.utc).replace(tzinfo=None))
        self.invalidate_model()

    def action_today(self):
        """It is due today."""
        self._reschedule(fields.Date.context_today(self))

    def action_tomorrow(self):
        """It is due tomorrow."""
        self._reschedule(fields.Date.context_today(self) + timedelta(days=1))

    def action_next_week(self):
        """It is due on the next Monday."""
        today = fields.Date.context_today(self)
        self._reschedule(today + relativedelta(days=1, weekday=MO(1)))

    # ------------------------------------------------------------------ open

    def action_open(self):
        """The lead, order or customer; the promise or the meeting itself."""
        self.ensure_one()
        record = self.event_id or self.promise_id
        if not record and self.res_model in self.env:
            record = self.env[self.res_model].browse(self.res_id)
        if not record or not record.has_access("read"):
            # a head sees whose turn it is; the deal itself may be closed to him
            record = self.partner_id or self.activity_id
        if not record or not record.has_access("read"):
            raise UserError(self.env._("The record behind it is closed to you."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def _open_step(self, mode, name):
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "crm.day.step",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_mode": mode, "crm_day_item_id": self.id},
        }

    def action_done(self):
        """Done, in words, with the next step in the same form."""
        return self._open_step("done", self.env._("Done"))

    def action_plan(self):
        """Plan the next step."""
        return self._open_step("plan", self.env._("Plan the next step"))

    def action_task(self):
        """A task about this for a colleague."""
        return self._open_step("task", self.env._("Task for a colleague"))

    def action_reschedule(self):
        """Another day."""
        return self._open_step("move", self.env._("Reschedule"))

    def action_log_contact(self):
        """The quick form: the customer was answered."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_interaction_log_action_partner"
        )
        lead_id = self.res_id if self.res_model == "crm.lead" else False
        return dict(
            action,
            context={
                "default_partner_id": self.partner_id.id,
                "default_lead_id": lead_id,
            },
        )

    def action_no_answer(self):
        """The customer expects no answer: nobody waits any more."""
        self.check_access("write")
        # sudo: whose row it is was checked; the contact belongs to the same person
        self.interaction_id.sudo()._settle(fields.Datetime.now())
        self.invalidate_model()
