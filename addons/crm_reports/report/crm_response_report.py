from odoo import fields, models
from odoo.tools import SQL

FAST_SECONDS = 3600


class CrmResponseReport(models.Model):
    """One row per contact by a person: how long the customer waited for an answer."""

    _name = "crm.response.report"
    _description = "Response Times"
    _auto = False
    _order = "started_at DESC, id DESC"
    _rec_name = "started_at"

    _depends = {
        "crm.interaction": [
            "company_id", "channel_id", "direction", "started_at", "answered_at", "ended_at",
            "is_automatic", "user_id", "owner_id", "team_id", "customer_id", "outcome",
        ],
        "crm.channel": ["kind"],
    }  # fmt: skip

    started_at = fields.Datetime(string="Date", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    channel_id = fields.Many2one("crm.channel", readonly=True)
    direction = fields.Selection(
        [("in", "Incoming"), ("out", "Outgoing")], readonly=True
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", string="Employee", readonly=True)
    owner_id = fields.Many2one("res.users", readonly=True)
    customer_id = fields.Many2one("res.partner", readonly=True)
    contact_count = fields.Integer(string="Contacts", readonly=True)
    incoming_count = fields.Integer(
        string="Incoming",
        readonly=True,
        help="Contacts in which the customer spoke first and a person should answer.",
    )
    answered_count = fields.Integer(string="Answered", readonly=True)
    unanswered_count = fields.Integer(
        string="Not Answered", readonly=True, help="Missed, or still waiting."
    )
    wait_seconds = fields.Integer(
        string="Average Wait (s)", readonly=True, aggregator="avg"
    )
    wait_median = fields.Float(
        string="Median Wait (s)",
        digits=(12, 0),
        readonly=True,
        aggregator="avg",
        help="Half of the customers waited less, half more. One forgotten e-mail does "
        "not spoil it, as it spoils the average.",
    )
    fast_share = fields.Float(
        string="Answered Within an Hour",
        readonly=True,
        aggregator="avg",
        help="Share of incoming contacts answered within an hour. Those still waiting "
        "for less than an hour are left out, those closed without an answer too.",
    )
    handling_seconds = fields.Integer(string="Handling (s)", readonly=True)

    @property
    def _table_query(self) -> SQL:
        return SQL("%s %s %s", self._select(), self._from(), self._where())

    def _select(self) -> SQL:
        return SQL(
            """
            SELECT i.id, i.started_at, i.company_id, i.channel_id, i.direction, i.team_id,
                   i.user_id, i.owner_id, i.customer_id,
                   1 AS contact_count,
                   due::int AS incoming_count,
                   (due AND i.answered_at IS NOT NULL)::int AS answered_count,
                   (due AND i.answered_at IS NULL)::int AS unanswered_count,
                   CASE WHEN due THEN i.wait_seconds END AS wait_seconds,
                   CASE WHEN due THEN i.wait_seconds END AS wait_median,
                   CASE WHEN NOT due THEN NULL
                        WHEN i.wait_seconds <= %(fast)s THEN 1.0
                        WHEN i.answered_at IS NOT NULL THEN 0.0
                        WHEN i.started_at > %(now)s - %(fast)s * INTERVAL '1 second'
                             THEN NULL
                        ELSE 0.0
                   END AS fast_share,
                   i.handling_seconds
            """,
            fast=FAST_SECONDS,
            now=fields.Datetime.now(),
        )

    def _from(self) -> SQL:
        # "due": a person should answer it. A row closed as needing no answer is not.
        return SQL(
            """
            FROM crm_interaction i
            JOIN crm_channel c ON c.id = i.channel_id
            CROSS JOIN LATERAL (
                SELECT i.direction = 'in' AND c.kind NOT IN ('ad', 'mailing')
                       AND i.outcome IS DISTINCT FROM 'cancelled' AS due
            ) AS d
            """
        )

    def _where(self) -> SQL:
        return SQL("WHERE i.is_automatic IS NOT TRUE")

    def _read_group_select(self, aggregate_spec, query):
        """The median of a group is no average of medians."""
        if aggregate_spec != "wait_median:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %s)",
            self._field_to_sql(self._table, "wait_median", query),
        )
