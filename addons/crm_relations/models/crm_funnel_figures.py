from datetime import timedelta

from odoo import api, fields, models

WINDOW_DAYS = 90


class CrmFunnel(models.Model):
    _inherit = "crm.funnel"

    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", export_string_translation=False
    )
    open_count = fields.Integer(
        string="Open",
        compute="_compute_open",
        help="Leads and deals neither won nor lost.",
    )
    open_amount = fields.Monetary(
        compute="_compute_open", help="What the open ones are expected to bring."
    )
    won_share = fields.Integer(
        string="Won, %",
        compute="_compute_won_share",
        help="Of those that were won or lost in the last 90 days, how many were won.",
    )
    closed_count = fields.Integer(
        string="Closed",
        compute="_compute_won_share",
        help="Leads and deals won or lost in the last 90 days.",
    )
    waiting_count = fields.Integer(
        string="Without Funnel",
        compute="_compute_waiting_count",
        help="Leads and deals of these teams from before the funnel: use Take Over.",
    )

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        # amounts are summed in the currency of the company one works in
        self.currency_id = self.env.company.currency_id

    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_open(self):
        groups = self.env["crm.lead"]._read_group(
            [("funnel_id", "in", self.ids), ("won_status", "=", "pending")],
            ["funnel_id"],
            ["__count", "expected_revenue:sum_currency"],
        )
        figures = {funnel.id: (count, amount) for funnel, count, amount in groups}
        for funnel in self:
            funnel.open_count, funnel.open_amount = figures.get(funnel.id, (0, 0))

    @api.depends_context("uid")
    def _compute_won_share(self):
        since = fields.Datetime.now() - timedelta(days=WINDOW_DAYS)
        groups = self.env["crm.lead.stage.log"]._read_group(
            [
                ("funnel_id", "in", self.ids),
                ("exit", "in", ("won", "lost")),
                ("left_at", ">=", since),
            ],
            ["funnel_id", "exit"],
            ["__count"],
        )
        counts = {(funnel.id, how): count for funnel, how, count in groups}
        for funnel in self:
            won = counts.get((funnel.id, "won"), 0)
            total = won + counts.get((funnel.id, "lost"), 0)
            funnel.closed_count = total
            funnel.won_share = round(100 * won / total) if total else 0

    @api.depends("team_ids", "company_id")
    def _compute_waiting_count(self):
        leads = self.env["crm.lead"].with_context(active_test=False)
        groups = leads._read_group(
            [("team_id", "in", self.team_ids.ids), ("funnel_id", "=", False)],
            ["team_id", "company_id"],
            ["__count"],
        )
        for funnel in self:
            owners = {False, funnel.company_id.id}
            funnel.waiting_count = sum(
                count
                for team, company, count in groups
                if team in funnel.team_ids
                and (not funnel.company_id or company.id in owners)
            )

    @api.model
    @api.readonly
    def get_column_figures(self, funnel_id, days=WINDOW_DAYS):
        """What the heads of a funnel's board say about each stage.

        Of the visits that began in the last ``days`` days and that the user may read.

        :param int funnel_id: the funnel of the board.
        :return: ``{stage id: {"entered", "left", "share", "hours"}}``; share and median
            working hours are False while nothing has left the stage.
        """
        since = fields.Datetime.now() - timedelta(days=days)
        groups = self.env["crm.lead.stage.report"]._read_group(
            [
                ("funnel_id", "=", funnel_id),
                ("entered_at", ">=", since),
                ("stage_id", "!=", False),
            ],
            ["stage_id"],
            ["entered_count:sum", "left_count:sum", "on_share:avg", "median_hours:avg"],
        )
        return {
            stage.id: {
                "entered": entered,
                "left": left,
                "share": round(share) if left else False,
                "hours": round(hours, 1) if left else False,
            }
            for stage, entered, left, share, hours in groups
        }

    # -- buttons -----------------------------------------------------------------

    def action_open_pipeline(self):
        """The board of this funnel."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_funnel_pipeline_action"
        )
        teams = self.team_ids
        team = (teams & self.env.user.crm_team_ids or teams)[:1]
        return dict(
            action,
            display_name=self.name,
            domain=[("funnel_id", "=", self.id)],
            context={
                "default_funnel_id": self.id,
                "default_team_id": team.id,
                "default_type": "lead" if self.kind == "cold" else "opportunity",
            },
        )

    def action_open_report(self):
        """The stage report of this funnel."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_lead_stage_report_action"
        )
        return dict(action, domain=[("funnel_id", "=", self.id)], context={})
