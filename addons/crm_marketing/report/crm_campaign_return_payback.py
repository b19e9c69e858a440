"""Pay-back of whatever is grouped: a campaign, a channel, an ad, a segment's part."""

from odoo import fields, models
from odoo.tools import SQL

from .crm_campaign_return import MARGIN


class CrmCampaignReturn(models.Model):
    """``payback_days`` of a group; the same rule as ``campaign_return.payback_days``."""

    _inherit = "crm.campaign.return"

    payback_days = fields.Integer(
        string="Pay-back (days)",
        readonly=True,
        aggregator="sum",
        groups=MARGIN,
        help="Days from the first cost until the margin had paid for all of it; nothing "
        "while it has not. Of each group by itself: days do not add up.",
    )

    @property
    def _table_query(self) -> SQL:
        return SQL(
            "SELECT ratio.*, NULL::integer AS payback_days FROM (%s) ratio",
            super()._table_query,
        )

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec.partition(":")[0] != "payback_days":
            return super()._read_group_select(aggregate_spec, query)
        columns = (
            SQL("ARRAY_AGG(%s)", self._field_to_sql(self._table, name, query))
            for name in ("kind", "date", "cost_amount", "margin_amount")
        )
        # the inner query reads only what this group has gathered, never the table again
        return SQL(
            """
            (SELECT GREATEST(MIN(told.date) FILTER (WHERE told.reached >= told.total)
                             - MIN(told.first), 0)
               FROM (SELECT piece.date,
                            SUM(piece.margin) FILTER (WHERE piece.kind = 'sale')
                                OVER (ORDER BY piece.date) AS reached,
                            SUM(piece.cost) OVER () AS total,
                            MIN(piece.date) FILTER (WHERE piece.kind = 'cost')
                                OVER () AS first
                       FROM UNNEST(%s) AS piece(kind, date, cost, margin)) told
              WHERE told.total > 0)
            """,
            SQL(", ").join(columns),
        )
