"""What loyalty costs, and how its members buy beside other customers. No cause is claimed."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_amount

from ..tools.lift import FEW, newcombe


class CrmLoyaltyResult(models.TransientModel):
    """Customers of the year before, members and others, and what became of them since.

    Members had a card with points program before the period began: a card that came with
    a purchase of the period would make its owner a member *because* he bought.
    """

    _name = "crm.loyalty.result"
    _description = "What Loyalty Costs and Brings"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self._get_month() - relativedelta(months=12),
        help="The first day of a month.",
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: self._get_month() - relativedelta(days=1),
    )
    result_html = fields.Html(
        compute="_compute_result_html", string="Result", sanitize=False
    )

    @api.model
    def _get_month(self):
        return fields.Date.context_today(self).replace(day=1)

    @api.depends("company_id", "date_from", "date_to")
    def _compute_result_html(self):
        for result in self:
            values = result._prepare_result()
            result.result_html = self.env["ir.qweb"]._render(
                "crm_marketing.loyalty_result", values
            )

    def _prepare_result(self):
        groups = self._get_groups()
        member, other = groups[True], groups[False]
        rows = [
            self._prepare_share(
                self.env._("Bought again in the period"), groups, "kept", "people"
            ),
            self._prepare_share(
                self.env._("Of them: more than once"), groups, "repeated", "kept"
            ),
            self._prepare_money(
                self.env._("Cost of points per customer"), groups, "cost"
            ),
        ]
        if self.env.user.has_group("crm_relations.group_see_margin"):
            name = self.env._("Margin per customer")
            rows.append(self._prepare_money(name, groups, "margin"))
        has_few = min(member["people"], other["people"]) < FEW
        return {"groups": [member, other], "rows": rows, "has_few": has_few}

    def _prepare_share(self, name, groups, part, whole):
        member, other = groups[True], groups[False]
        lift = newcombe(member[part], member[whole], other[part], other[whole])
        texts = [
            f"{100 * one[part] / one[whole]:.0f} %" if one[whole] else "–"
            for one in (member, other)
        ]
        spread = (
            self.env._(
                "%(low)s to %(high)s points of percent",
                low=f"{100 * lift.low:+.0f}",
                high=f"{100 * lift.high:+.0f}",
            )
            if lift
            else ""
        )
        return {"name": name, "texts": texts, "spread": spread}

    def _prepare_money(self, name, groups, what):
        texts = [
            format_amount(
                self.env, one[what] / one["people"], self.company_id.currency_id
            )
            if one["people"]
            else "–"
            for one in (groups[True], groups[False])
        ]
        return {"name": name, "texts": texts, "spread": ""}

    def _get_groups(self):
        """``{is member: {people, kept, repeated, margin, cost}}`` of last year's customers."""
        self.env["crm.customer.month"].flush_model()
        self.env["loyalty.card"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH before AS (
                    SELECT customer_id FROM crm_customer_month
                     WHERE company_id = %(company)s AND invoice_count > 0
                       AND month >= %(before)s AND month < %(since)s
                     GROUP BY customer_id
                ), since AS (
                    SELECT customer_id, SUM(invoice_count) AS bills,
                           SUM(revenue - cost) AS margin, SUM(loyalty_cost) AS cost
                      FROM crm_customer_month
                     WHERE company_id = %(company)s
                       AND month >= %(since)s AND month <= %(until)s
                     GROUP BY customer_id
                ), members AS (
                    SELECT DISTINCT holder.commercial_partner_id AS customer_id
                      FROM loyalty_card card
                      JOIN loyalty_program program ON program.id = card.program_id
                       AND program.program_type = 'loyalty'
                       AND (program.company_id IS NULL OR program.company_id = %(company)s)
                      JOIN res_partner holder ON holder.id = card.partner_id
                     WHERE card.create_date < %(since)s
                )
                SELECT members.customer_id IS NOT NULL, COUNT(*),
                       COUNT(*) FILTER (WHERE since.bills > 0),
                       COUNT(*) FILTER (WHERE since.bills > 1),
                       COALESCE(SUM(since.margin), 0), COALESCE(SUM(since.cost), 0)
                  FROM before
                  LEFT JOIN since ON since.customer_id = before.customer_id
                  LEFT JOIN members ON members.customer_id = before.customer_id
                 GROUP BY 1
                """,
                company=self.company_id.id,
                before=self.date_from - relativedelta(months=12),
                since=self.date_from,
                until=self.date_to,
            )
        )
        names = ("people", "kept", "repeated", "margin", "cost")
        found = {member: dict.fromkeys(names, 0) for member in (True, False)}
        for member, *numbers in rows:
            found[member] = {
                name: float(number) if name in ("margin", "cost") else number
                for name, number in zip(names, numbers, strict=True)
            }
        return found
