"""Who is answered first: the longest wait, with what the customer's bonus adds to it."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# A bonus is a head start and no rank: nobody is overtaken by more than this.
MOST_MINUTES = 60


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    queue_bonus = fields.Integer(
        string="Head Start",
        compute="_compute_queue_bonus",
        help="Minutes that are added to the wait of a customer who is answered sooner, "
        "60 at most: such as those of a high loyalty level.",
    )
    queue_at = fields.Datetime(
        string="Turn",
        compute="_compute_queue_bonus",
        help="When the customer spoke, less his head start: the earliest comes first.",
    )

    @api.depends_context("allowed_company_ids")
    @api.depends("started_at", "is_waiting", "customer_id", "company_id")
    def _compute_queue_bonus(self):
        bonuses = self.filtered("is_waiting")._get_queue_bonuses()
        for row in self:
            key = (row.company_id.id, row.customer_id.id)
            row.queue_bonus = bonuses.get(key, 0) if row.is_waiting else 0
            row.queue_at = row.started_at and row.started_at - timedelta(
                minutes=row.queue_bonus
            )

    def _get_queue_bonuses(self):
        """{(company id, customer id): minutes} of these rows' customers who have any."""
        found = {}
        # sudo: who is answered sooner is told to whoever answers, the rest is not read
        for company, rows in self.sudo().grouped("company_id").items():
            customers = rows.customer_id.with_company(company)
            for customer, minutes in customers._get_crm_queue_bonuses().items():
                if minutes > 0:
                    found[company.id, customer] = min(minutes, MOST_MINUTES)
        return found

    @api.model
    def _get_waiting_bonuses(self):
        """The same of everybody who waits in the companies in use: one query for who."""
        # sudo: what orders the queue does not depend on who looks at it
        groups = self.sudo()._read_group(
            self._get_waiting_domain()
            & fields.Domain("company_id", "in", self.env.companies.ids)
            & fields.Domain("customer_id", "!=", False),
            ["company_id", "customer_id"],
        )
        customers = {}
        for company, customer in groups:
            customers.setdefault(company, self.env["res.partner"])
            customers[company] |= customer
        return {
            (company.id, customer): min(minutes, MOST_MINUTES)
            for company, people in customers.items()
            for customer, minutes in people.sudo()
            .with_company(company)
            ._get_crm_queue_bonuses()
            .items()
            if minutes > 0
        }

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """The list of who waits is sorted by the turn, which no column holds."""
        if field_name != "queue_at":
            return super()._order_field_to_sql(
                alias, field_name, direction, nulls, query
            )
        started = self._field_to_sql(alias, "started_at", query)
        bonuses = self._get_waiting_bonuses()
        if not bonuses:
            return SQL("%s %s %s", started, direction, nulls)
        return SQL(
            """
            %(started)s - COALESCE((
                SELECT bonus.minutes
                  FROM unnest(%(companies)s::int[], %(customers)s::int[],
                              %(minutes)s::int[]) bonus(company_id, customer_id, minutes)
                 WHERE bonus.company_id = %(company)s AND bonus.customer_id = %(customer)s
                   AND %(answered)s IS NULL AND %(ended)s IS NULL
                ), 0) * interval '1 minute' %(direction)s %(nulls)s
            """,
            started=started,
            companies=[company for company, _customer in bonuses],
            customers=[customer for _company, customer in bonuses],
            minutes=list(bonuses.values()),
            company=self._field_to_sql(alias, "company_id", query),
            customer=self._field_to_sql(alias, "customer_id", query),
            answered=self._field_to_sql(alias, "answered_at", query),
            ended=self._field_to_sql(alias, "ended_at", query),
            direction=direction,
            nulls=nulls,
        )
