"""Points for a review: ratings are the host's, where a module brings them."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

# A night that was missed is made good; switching on does not reward the past.
REVIEW_DAYS = 3


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    @api.model
    def _crm_give_reviews(self, now):
        """Whoever rated something these days, good or bad, where a program thanks for it.

        :return: number of gifts
        """
        programs = self.env["loyalty.program"].search(
            [("crm_review_points", ">", 0), ("program_type", "=", "loyalty")]
        )
        if "rating.rating" not in self.env or not programs:
            return 0
        ratings = self.env["rating.rating"]
        ratings.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, partner_id FROM rating_rating WHERE consumed AND rating > 0 "
                "AND partner_id IS NOT NULL AND write_date > %s ORDER BY id",
                now - timedelta(days=REVIEW_DAYS),
            )
        )
        companies = programs.company_id or self.env.company
        count = 0
        for rating_id, partner_id in rows:
            partner = self.env["res.partner"].browse(partner_id)
            if any(user._is_internal() for user in partner.user_ids):
                continue  # colleagues who try it out
            company = partner.company_id or companies[:1]
            given = self.with_company(company)._crm_grant(
                partner, "review", ratings.browse(rating_id)
            )
            count += bool(given)
        return count
