from odoo import api, fields, models
from odoo.tools import SQL

from .crm_customer_month_source import CONTACT_MONTH, CONTACT_ZONE


class CrmEmployeeRate(models.Model):
    """What an hour of a person costs, from a day on. Needs no HR application."""

    _name = "crm.employee.rate"
    _description = "Cost of a Person's Hour"
    _order = "user_id, date_from DESC, id"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        ondelete="cascade",
        domain="[('share', '=', False)]",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    date_from = fields.Date(
        string="Since",
        required=True,
        default=fields.Date.context_today,
        help="The rate holds from this day until the next one of the same person.",
    )
    amount = fields.Monetary(
        string="Per Hour",
        required=True,
        help="Everything that an hour of work costs the company, taxes included.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")

    _user_day_uniq = models.Constraint(
        "UNIQUE(user_id, company_id, date_from)",
        "This person has a rate from this day already.",
    )
    _amount_check = models.Constraint(
        "CHECK(amount >= 0)", "An hour cannot cost less than nothing."
    )

    @api.model_create_multi
    def create(self, vals_list):
        rates = super().create(vals_list)
        rates._mark_contacts()
        return rates

    def write(self, vals):
        self._mark_contacts()
        result = super().write(vals)
        self._mark_contacts()
        return result

    def unlink(self):
        self._mark_contacts()
        return super().unlink()

    def _mark_contacts(self):
        """Months of customers whom these people served since these days."""
        self.flush_recordset()
        self.env["crm.interaction"].flush_model()
        # sudo: the queue belongs to the engine
        self.env["crm.customer.dirty"].sudo()._mark(
            SQL(
                """
                SELECT DISTINCT i.customer_id, i.company_id, %(month)s
                  FROM crm_employee_rate rate
                  JOIN crm_interaction i
                    ON i.user_id = rate.user_id AND i.company_id = rate.company_id
                   AND i.started_at >= rate.date_from - 1
                   AND i.customer_id IS NOT NULL AND i.handling_seconds > 0
                  %(zone)s
                 WHERE rate.id = ANY(%(ids)s)
                """,
                month=CONTACT_MONTH,
                zone=CONTACT_ZONE,
                ids=self.ids,
            )
        )
