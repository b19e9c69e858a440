from odoo import fields, models
from odoo.tools import SQL

MEDIANS = {"median_hours:avg": "average_hours", "median_days:avg": "average_days"}


class CrmLeadStageReport(models.Model):
    """The stage log as figures: what entered, left, was won, lost, rejected, how fast."""

    _name = "crm.lead.stage.report"
    _description = "Stage Report"
    _auto = False
    _order = "entered_at DESC, id DESC"
    _rec_name = "lead_id"
    _depends = {
        "crm.lead.stage.log": [
            "lead_id", "company_id", "funnel_id", "team_id", "user_id", "stage_id",
            "from_stage_id", "to_stage_id", "entered_at", "left_at", "working_seconds",
            "moved_by_id", "check_count", "check_done_count", "kind", "reason", "exit", "lost_reason_id",
            "reject_reason_id", "product_id", "words",
        ],
        "crm.lead": [
            "type", "partner_id", "source_id", "medium_id", "campaign_id", "expected_revenue",
        ],
    }  # fmt: skip

    lead_id = fields.Many2one("crm.lead", string="Lead or Deal", readonly=True)
    lead_type = fields.Selection(
        [("lead", "Lead"), ("opportunity", "Opportunity")], string="Type", readonly=True
    )
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    funnel_id = fields.Many2one("crm.funnel", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    stage_id = fields.Many2one("crm.stage", readonly=True)
    from_stage_id = fields.Many2one("crm.stage", string="Came from", readonly=True)
    to_stage_id = fields.Many2one("crm.stage", string="Went to", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    medium_id = fields.Many2one("utm.medium", readonly=True)
    campaign_id = fields.Many2one("utm.campaign", readonly=True)
    entered_at = fields.Datetime(string="In", readonly=True)
    left_at = fields.Datetime(string="Out", readonly=True)
    kind = fields.Selection(
        lambda self: self.env["crm.lead.stage.log"]
        ._fields["kind"]
        ._description_selection(self.env),
        string="How",
        readonly=True,
    )
    exit = fields.Selection(
        lambda self: self.env["crm.lead.stage.log"]
        ._fields["exit"]
        ._description_selection(self.env),
        string="Left as",
        readonly=True,
    )
    reason = fields.Char(string="Reason of the Move", readonly=True)
    lost_reason_id = fields.Many2one("crm.lost.reason", readonly=True)
    reject_reason_id = fields.Many2one("crm.reject.reason", readonly=True)
    product_id = fields.Many2one("product.product", string="Product", readonly=True)
    words = fields.Char(string="In Words", readonly=True)
    moved_by_id = fields.Many2one("res.users", string="Moved by", readonly=True)
    entered_count = fields.Integer(string="Entered", readonly=True)
    left_count = fields.Integer(string="Left", readonly=True)
    won_count = fields.Integer(string="Won", readonly=True)
    lost_count = fields.Integer(string="Lost", readonly=True)
    rejected_count = fields.Integer(string="Rejected", readonly=True)
    on_share = fields.Float(
        string="Went on, %",
        aggregator="avg",
        readonly=True,
        help="Of those that left the stage, how many went on to a later one or were won.",
    )
    check_count = fields.Integer(
        string="Checks",
        readonly=True,
        help="How many checks the stages had when they were left.",
    )
    checked_share = fields.Float(
        string="Went on Checked, %",
        aggregator="avg",
        readonly=True,
        help="Of those that went on from a stage with checks, how many had all of them "
        "done.",
    )
    average_hours = fields.Float(
        string="Average Working Hours",
        aggregator="avg",
        readonly=True,
        help="Average time in the stage, in the company's working hours, of those that left.",
    )
    median_hours = fields.Float(
        string="Median Working Hours",
        aggregator="avg",
        readonly=True,
        help="Half of those that left the stage were faster than this.",
    )
    average_days = fields.Float(
        aggregator="avg",
        readonly=True,
        help="Average time in the stage in calendar days, of those that left.",
    )
    median_days = fields.Float(
        aggregator="avg",
        readonly=True,
        help="Half of those that left the stage were faster than this, in calendar days.",
    )
    expected_revenue = fields.Float(readonly=True)

    @property
    def _table_query(self):
        return SQL("%s %s", self._select(), self._from())

    def _select(self):
        return SQL(
            """
            SELECT log.id, log.lead_id, log.company_id, log.funnel_id, log.team_id,
                   log.user_id, log.stage_id, log.from_stage_id, log.to_stage_id,
                   log.entered_at, log.left_at, log.kind, log.exit, log.reason,
                   log.lost_reason_id, log.reject_reason_id, log.product_id, log.words, log.moved_by_id,
                   lead.type AS lead_type, lead.partner_id, lead.source_id,
                   lead.medium_id, lead.campaign_id, lead.expected_revenue,
                   1 AS entered_count,
                   (log.left_at IS NOT NULL)::int AS left_count,
                   (log.exit = 'won')::int AS won_count,
                   (log.exit = 'lost')::int AS lost_count,
                   (log.exit = 'rejected')::int AS rejected_count,
                   CASE WHEN log.left_at IS NOT NULL
                        THEN (log.exit IN ('forward', 'won'))::int * 100.0 END AS on_share,
                   log.check_count,
                   CASE WHEN log.exit IN ('forward', 'won') AND log.check_count > 0
                        THEN (log.check_done_count >= log.check_count)::int * 100.0
                        END AS checked_share,
                   CASE WHEN log.left_at IS NOT NULL
                        THEN log.working_seconds / 3600.0 END AS average_hours,
                   CASE WHEN log.left_at IS NOT NULL
                        THEN log.working_seconds / 3600.0 END AS median_hours,
                   EXTRACT(EPOCH FROM log.left_at - log.entered_at) / 86400.0
                        AS average_days,
                   EXTRACT(EPOCH FROM log.left_at - log.entered_at) / 86400.0
                        AS median_days
            """
        )

    def _from(self):
        return SQL(
            "FROM crm_lead_stage_log log JOIN crm_lead lead ON lead.id = log.lead_id"
        )

    def _read_group_select(self, aggregate_spec, query):
        """The median is no aggregate of the host's: a pivot asks for it as an average."""
        if aggregate_spec not in MEDIANS:
            return super()._read_group_select(aggregate_spec, query)
        field = self._field_to_sql(self._table, MEDIANS[aggregate_spec], query)
        return SQL("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %s)", field)

    def action_open_lead(self):
        """Open the lead or deal of this visit."""
        self.ensure_one()
        return self.lead_id._get_records_action()
