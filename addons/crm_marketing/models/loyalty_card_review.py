"""Points for a review: ratings are the host's, where a module brings them.

A customer is thanked for what he bought: once for each product or order, however often
he rates it, and only so often a month. Anybody may rate the documents he sees: that
alone brings nothing.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# A night that was missed is made good; switching on does not reward the past.
REVIEW_DAYS = 3
MONTH_DAYS = 30


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    crm_review_since = fields.Datetime(
        string="Points for Reviews since",
        readonly=True,
        copy=False,
        help="Ratings that were asked for or given from then on.",
    )
    crm_review_limit = fields.Integer(
        string="Reviews a Month",
        default=5,
        help="For how many ratings of one customer there are points within 30 days; "
        "0: for each.",
    )

    _crm_review_check = models.Constraint(
        "CHECK(crm_review_limit >= 0)", "The number of reviews is not below zero."
    )

    @api.model_create_multi
    def create(self, vals_list):
        now = fields.Datetime.now()
        for vals in vals_list:
            if vals.get("crm_review_points"):
                vals.setdefault("crm_review_since", now)
        return super().create(vals_list)

    def write(self, vals):
        """Switching on never rewards the past."""
        if vals.get("crm_review_points") and "crm_review_since" not in vals:
            off = self.filtered(lambda program: not program.crm_review_points)
            since = {"crm_review_since": fields.Datetime.now()}
            super(LoyaltyProgram, off).write(since)
        return super().write(vals)


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    @api.model
    def _crm_give_reviews(self, now):
        """Whoever rated what he bought these days, good or bad, where he is thanked for it.

        :return: number of gifts
        """
        programs = self.env["loyalty.program"].search_count(
            [("crm_review_points", ">", 0), ("program_type", "=", "loyalty")], limit=1
        )
        if "rating.rating" not in self.env or not programs:
            return 0
        rows = self._crm_get_reviews(now)
        partners = self.env["res.partner"].browse([row[2] for row in rows])
        people = {partner.id: partner for partner in partners}
        count = 0
        for model, res_id, partner_id, customer_id, company_id, asked_at in rows:
            partner = people[partner_id]
            if any(user._is_internal() for user in partner.user_ids):
                continue  # colleagues who try it out
            company = self.env["res.company"].browse(company_id)
            cards = self.with_company(company)
            program = cards._crm_get_gift_program("review")
            since = program.crm_review_since
            if (since and asked_at < since) or not cards._crm_may_review(
                program, customer_id, now
            ):
                continue
            source = self.env[model].browse(res_id)
            key = f"customer:{customer_id}"
            count += bool(cards._crm_grant(partner, "review", source, key=key))
        return count

    @api.model
    def _crm_get_reviews(self, now):
        """[(model, id, who rated, his company or himself, company that sold it, asked)]"""
        for name in ("rating.rating", "sale.order", "sale.order.line", "res.partner"):
            self.env[name].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT rating.res_model, rating.res_id, MIN(rating.partner_id),
                       who.commercial_partner_id, bought.company_id,
                       MIN(rating.create_date)
                  FROM rating_rating rating
                  JOIN res_partner who ON who.id = rating.partner_id
                 CROSS JOIN LATERAL (
                       SELECT sale.company_id FROM sale_order sale
                         JOIN res_partner buyer ON buyer.id = sale.partner_id
                         JOIN sale_order_line line ON line.order_id = sale.id
                         LEFT JOIN product_product product ON product.id = line.product_id
                        WHERE buyer.commercial_partner_id = who.commercial_partner_id
                          AND sale.state = 'sale'
                          AND rating.res_id = CASE rating.res_model
                              WHEN 'sale.order' THEN sale.id
                              WHEN 'product.product' THEN product.id
                              WHEN 'product.template' THEN product.product_tmpl_id END
                        ORDER BY sale.id LIMIT 1) bought
                 WHERE rating.consumed AND rating.rating > 0
                   AND COALESCE(rating.rated_on, rating.create_date) > %s
                 GROUP BY rating.res_model, rating.res_id, who.commercial_partner_id,
                          bought.company_id
                 ORDER BY MIN(rating.id)
                """,
                now - timedelta(days=REVIEW_DAYS),
            )
        )

    @api.model
    def _crm_may_review(self, program, customer_id, now):
        """Whether the customer has not been thanked as often as the program says."""
        if not program.crm_review_limit:
            return True
        count = self.env["crm.loyalty.entry"].search_count(
            [
                ("program_id", "=", program.id),
                ("reason", "=", "review"),
                ("card_id.partner_id.commercial_partner_id", "=", customer_id),
                ("at", ">", now - timedelta(days=MONTH_DAYS)),
            ],
            limit=program.crm_review_limit,
        )
        return count < program.crm_review_limit
