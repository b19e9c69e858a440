from datetime import UTC

from odoo import api, fields, models

from ..tools.working_time import WorkingTime

# a visit that ended so has no next stage, and keeps the reason
ENDED = ("lost", "rejected", "nurture")


class CrmLeadStageLog(models.Model):
    """One row for each visit of a lead or deal to a stage.

    Written by the move itself, once: the open visit is closed, the next one opened.
    A lead has at most one open visit. The row keeps the funnel, team and salesperson
    of that time, so that a hand-over does not rewrite last year's figures.
    """

    _name = "crm.lead.stage.log"
    _description = "Visit of a Stage"
    _order = "entered_at DESC, id DESC"
    _rec_name = "lead_id"
    _log_access = False

    lead_id = fields.Many2one(
        "crm.lead", string="Lead or Deal", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", ondelete="cascade")
    funnel_id = fields.Many2one("crm.funnel", ondelete="set null")
    team_id = fields.Many2one("crm.team", string="Sales Team", ondelete="set null")
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        ondelete="set null",
        help="Who was responsible during this visit.",
    )
    stage_id = fields.Many2one("crm.stage", ondelete="set null")
    from_stage_id = fields.Many2one(
        "crm.stage",
        string="Came from",
        ondelete="set null",
        help="Empty: it began here.",
    )
    to_stage_id = fields.Many2one("crm.stage", string="Went to", ondelete="set null")
    entered_at = fields.Datetime(string="In", required=True)
    left_at = fields.Datetime(string="Out", help="Empty: it is still here.")
    working_seconds = fields.Integer(
        string="Working Time (s)",
        help="Seconds of the company's working hours between in and out.",
    )
    working_hours = fields.Float(compute="_compute_working_hours")
    moved_by_id = fields.Many2one(
        "res.users", string="Moved by", ondelete="set null", help="Who brought it here."
    )
    kind = fields.Selection(
        [
            ("created", "Created"),
            ("manual", "By hand"),
            ("automatic", "Automatic"),
            ("funnel", "From another funnel"),
            ("override", "In spite of open checks"),
            ("restored", "Restored"),
            ("history", "From the history"),
        ],
        string="How",
        required=True,
        help="How it came here. From the history: found in the messages when the stage "
        "log was switched on.",
    )
    reason = fields.Char(help="Why it was moved here, in words.")
    exit = fields.Selection(
        [
            ("forward", "Went on"),
            ("back", "Went back"),
            ("won", "Won"),
            ("lost", "Lost"),
            ("rejected", "Rejected"),
            ("nurture", "Put aside"),
            ("funnel", "To another funnel"),
            ("merged", "Merged"),
        ],
        string="Left as",
        help="How the visit ended. Empty: it is still here.",
    )
    check_count = fields.Integer(
        string="Checks", help="How many checks the stage had when it was left."
    )
    check_done_count = fields.Integer(string="Checks Done")
    lost_reason_id = fields.Many2one("crm.lost.reason", ondelete="set null")
    reject_reason_id = fields.Many2one("crm.reject.reason", ondelete="set null")
    product_id = fields.Many2one(
        "product.product", ondelete="set null", help="The product it was lost about."
    )
    words = fields.Char(
        string="In Words", help="Why it was lost or rejected, in the customer's words."
    )

    # every move looks for the open visit; and there is never more than one
    _open_uniq = models.UniqueIndex("(lead_id) WHERE left_at IS NULL")
    # a lead's history
    _lead_entered_idx = models.Index("(lead_id, entered_at)")
    # the board's figures and the report: visits to a stage in a time
    _stage_entered_idx = models.Index("(stage_id, entered_at)")
    _team_entered_idx = models.Index("(team_id, entered_at)")

    @api.depends("working_seconds")
    def _compute_working_hours(self):
        for visit in self:
            visit.working_hours = visit.working_seconds / 3600

    def _is_here(self):
        """Whether this open visit shows where its lead is now."""
        self.ensure_one()
        lead = self.lead_id
        return (self.stage_id, self.funnel_id) == (lead.stage_id, lead.funnel_id)

    def _close(self, exits, now, moved_to=None):
        """Close the open visits; ``exits`` is ``{lead: (how it left, to stage)}``.

        :param moved_to: the lead they belong to from now on (merge)
        """
        if not self:
            return
        companies = [visit.company_id for visit in self]
        clocks = self._get_clocks(companies, min(self.mapped("entered_at")), now)
        checks = self._count_checks()
        for visit in self:
            how, to_stage = exits[visit.lead_id]
            clock = clocks[visit.company_id.id]
            values = {
                "left_at": now,
                "exit": how,
                "to_stage_id": to_stage.id,
                **checks.get(visit, {}),
                "working_seconds": _seconds_between(clock, visit.entered_at, now),
            }
            if how in ENDED:
                values.update(visit.lead_id._prepare_exit_values(how))
            visit.write(values)
        if moved_to:
            self.lead_id = moved_to
        # the database allows one open visit: close these before the next are opened
        self.flush_recordset()

    def _count_checks(self):
        """``{visit: its check counts}`` of those whose stage has checks."""
        checks = self.env["crm.stage.check"]
        checked = checks._get_checked_stage_ids() & set(self.stage_id.ids)
        if checked:
            checks = checks.search([("stage_id", "in", list(checked))])
        if not checks:
            return {}
        done = self.lead_id._get_done_checks(checks)
        by_stage = checks.grouped("stage_id")
        return {
            visit: {
                "check_count": len(by_stage[visit.stage_id]),
                "check_done_count": len(by_stage[visit.stage_id] & done[visit.lead_id]),
            }
            for visit in self
            if visit.stage_id in by_stage
        }

    @api.model
    def _get_clocks(self, companies, start, end):
        """``{company id or False: WorkingTime}``, the company's hours in UTC seconds.

        Where there is no company the first one's, whoever moves the lead.
        """
        calendars = {}
        for company in dict.fromkeys(companies):
            # sudo: see _get_clock
            measure_sudo = company.sudo() or self.env["res.company"].sudo().search(
                [], order="id", limit=1
            )
            calendars[company.id] = measure_sudo.resource_calendar_id
        by_calendar = {
            calendar: self._get_clock(calendar, start, end)
            for calendar in set(calendars.values())
        }
        return {
            company_id: by_calendar[calendar]
            for company_id, calendar in calendars.items()
        }

    @api.model
    def _get_clock(self, calendar, start, end):
        # nothing to measure between two writes of one transaction
        if (
            not calendar or start == end
        ):  # a company without calendar works round the clock
            return WorkingTime([(_timestamp(start), _timestamp(end))])
        # sudo: everybody's moves are measured by the company's hours and holidays
        intervals = calendar.sudo()._work_intervals_batch(
            start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)
        )[False]
        return WorkingTime(
            [
                (first.timestamp(), last.timestamp())
                for first, last, _attendance in intervals
            ]
        )


def _timestamp(moment):
    return moment.replace(tzinfo=UTC).timestamp()


def _seconds_between(clock, start, end):
    return round(clock.between(_timestamp(start), _timestamp(end)))
