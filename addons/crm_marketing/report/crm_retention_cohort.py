from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL


class CrmRetentionCohort(models.Model):
    """Customers by the month of their first purchase, and how many bought later.

    A row for each month there was since, also for nobody; none for the running month and those to come.
    """

    _name = "crm.retention.cohort"
    _description = "Retention by Cohort"
    _auto = False
    _order = "cohort DESC, age"
    _rec_name = "cohort"
    _depends = {
        "crm.customer.month": ["customer_id", "company_id", "month", "invoice_count"]
    }

    company_id = fields.Many2one("res.company", readonly=True)
    cohort = fields.Date(
        string="First purchase", readonly=True, help="Month of the first invoice."
    )
    month = fields.Date(readonly=True)
    age = fields.Integer(
        string="Months after",
        readonly=True,
        aggregator=None,
        help="0: the month of the first purchase.",
    )
    age_label = fields.Char(
        string="Months later", readonly=True, help="For the columns of the table."
    )
    customers = fields.Integer(
        string="Bought", readonly=True, help="Different customers who bought."
    )
    base = fields.Integer(
        string="Of customers", readonly=True, help="Who came in the cohort's month."
    )
    share = fields.Float(
        string="Retention, %",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="Customers who bought in the month, of those of the cohort.",
    )

    @api.model
    def _get_last_month(self):
        """The last full one: half a month would look like a loss."""
        month = fields.Date.start_of(fields.Date.context_today(self), "month")
        return month - relativedelta(months=1)

    @property
    def _table_query(self):
        return SQL(
            """
            WITH bought AS (
                SELECT customer_id, company_id, month,
                       min(month) OVER (PARTITION BY customer_id, company_id) AS cohort
                  FROM crm_customer_month WHERE invoice_count > 0
            ), sizes AS (
                SELECT company_id, cohort, count(DISTINCT customer_id) AS base
                  FROM bought GROUP BY company_id, cohort
            ), months AS (
                SELECT sizes.*, step.month::date AS month
                  FROM sizes, generate_series(
                       sizes.cohort::timestamp, %(last)s::timestamp, '1 month') AS step(month)
            ), counts AS (
                SELECT company_id, cohort, month, count(DISTINCT customer_id) AS customers
                  FROM bought GROUP BY company_id, cohort, month
            ), cells AS (
                SELECT months.*, COALESCE(counts.customers, 0) AS customers,
                       (extract(year FROM age(months.month, months.cohort)) * 12
                        + extract(month FROM age(months.month, months.cohort)))::int AS age
                  FROM months LEFT JOIN counts USING (company_id, cohort, month)
            )
            SELECT row_number() OVER (ORDER BY company_id, cohort, age) AS id, company_id,
                   cohort, month, age, lpad(age::varchar, 2, '0') AS age_label, customers,
                   base, 100.0 * customers / base AS share
              FROM cells
            """,
            last=self._get_last_month(),
        )

    def _read_group_select(self, aggregate_spec, query):
        """The share of a group is of its customers, not the average of shares."""
        if aggregate_spec != "share:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100.0 * SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "customers", query),
            self._field_to_sql(self._table, "base", query),
        )

    def action_open_customers(self):
        """Those of the cohort who bought in this month."""
        self.ensure_one()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer_id FROM crm_customer_month
                 WHERE company_id = %s AND invoice_count > 0
                 GROUP BY customer_id
                HAVING min(month) = %s AND bool_or(month = %s)
                """,
                self.company_id.id,
                self.cohort,
                self.month,
            )
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "contacts.action_contacts"
        )
        return dict(
            action,
            name=self.env._("Customers"),
            domain=[("id", "in", [row[0] for row in rows])],
            context={},
        )
