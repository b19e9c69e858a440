"""What loyalty costs in a customer's month: points that came less points that went.

Rewards themselves are in the books already: a discount lowers revenue, goods given are
cost of goods. Counting them once more as loyalty cost would subtract them twice. What
the books do not know is the promise: so a point costs its value when it comes and gives
it back when it is spent, expires or is taken back. Over all months the cost of a
customer is what his outstanding points are worth.
"""

from odoo import api, models
from odoo.tools import SQL

# a point belongs to the month of the company's own clock
MONTH = SQL(
    "date_trunc('month', entry.at AT TIME ZONE 'UTC' "
    "AT TIME ZONE COALESCE(place.tz, 'UTC'))::date"
)
VALUED = SQL(
    """
      FROM crm_loyalty_entry entry
      JOIN loyalty_card card ON card.id = entry.card_id
      JOIN res_partner holder ON holder.id = card.partner_id
      JOIN loyalty_program program ON program.id = entry.program_id
      JOIN res_company company ON company.id = entry.company_id
      JOIN res_partner place ON place.id = company.partner_id
       AND company.currency_id = program.currency_id
     WHERE program.crm_point_value > 0 AND holder.commercial_partner_id IS NOT NULL
    """
)


class CrmCustomerMonth(models.Model):
    _inherit = "crm.customer.month"

    @api.model
    def _month_measures(self):
        loyalty = SQL(
            "SELECT holder.commercial_partner_id AS customer_id, entry.company_id, "
            "%s AS month, entry.points * program.crm_point_value::numeric AS amount %s",
            MONTH,
            VALUED,
        )
        return {**super()._month_measures(), "loyalty_cost": loyalty}


class CrmLoyaltyEntry(models.Model):
    _inherit = "crm.loyalty.entry"

    @api.model
    def _append(self, rows):
        result = super()._append(rows)
        valued = {row["program_id"] for row in rows}
        # sudo: what a point is worth is no secret of the one who sells
        programs_sudo = self.env["loyalty.program"].sudo().browse(filter(None, valued))
        if any(program.crm_point_value for program in programs_sudo):
            self._mark_months(
                SQL(
                    "AND entry.card_ref = ANY(%s) AND entry.at >= %s",
                    [row["card_ref"] for row in rows],
                    min(row["at"] for row in rows),
                )
            )
        return result

    @api.model
    def _mark_months(self, condition):
        """Queue the customers' months in which these entries have a value."""
        # whose card it is: a customer may be as new as his points
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        # sudo: the queue belongs to the engine
        self.env["crm.customer.dirty"].sudo()._mark(
            SQL(
                "SELECT DISTINCT holder.commercial_partner_id, entry.company_id, %s %s %s",
                MONTH,
                VALUED,
                condition,
            )
        )


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def write(self, vals):
        """Points go with their card: to its new holder, in all their months."""
        if "partner_id" not in vals:
            return super().write(vals)
        self._crm_mark_months()
        result = super().write(vals)
        self.flush_recordset(["partner_id"])
        self._crm_mark_months()
        return result

    def unlink(self):
        """What a card that is no more once cost sums to nothing: its months forget it."""
        self._crm_mark_months()
        return super().unlink()

    def _crm_mark_months(self):
        # sudo: what a point is worth is no secret of whoever may change the card
        if self.ids and any(self.program_id.sudo().mapped("crm_point_value")):
            entries = self.env["crm.loyalty.entry"]
            entries.flush_model()
            entries._mark_months(SQL("AND entry.card_ref = ANY(%s)", self.ids))


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    def write(self, vals):
        if "crm_point_value" not in vals:
            return super().write(vals)
        entries = self.env["crm.loyalty.entry"]
        condition = SQL("AND entry.program_id = ANY(%s)", self.ids)
        self.flush_model()
        entries._mark_months(condition)
        result = super().write(vals)
        self.flush_model()
        entries._mark_months(condition)
        return result
