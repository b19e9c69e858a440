"""What a program brings: its members against those whom it holds out by chance."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_amount, format_date, formatLang

from ..tools.lift import FEW, Sample, newcombe, welch

MONEY = ("revenue", "margin", "cost", "net")


def _sign(value):
    return "+" if value > 0 else "-" if value < 0 else ""


class CrmLoyaltyResult(models.TransientModel):
    """Both groups are as drawn, whether or not somebody used the program since.

    Compared are customers who had bought in the twelve months before the draw, and those
    whose first invoice came after it, once they were customers before the period: who is
    counted depends on nothing that the program could have changed.
    """

    _inherit = "crm.loyalty.result"

    program_id = fields.Many2one(
        "loyalty.program",
        domain="[('program_type', '=', 'loyalty'), "
        "('company_id', 'in', [company_id, False])]",
        compute="_compute_program_id",
        store=True,
        readonly=False,
        help="Its members are compared with the customers whom it leaves out.",
    )

    @api.depends("company_id")
    def _compute_program_id(self):
        """The program that holds customers out, if there is one."""
        programs = self.env["loyalty.program"]
        for result in self:
            found = [
                one.program_id
                for one in programs._crm_get_holdouts()
                if one.is_of(result.company_id)
            ]
            result.program_id = programs.browse(found[:1])

    @api.depends("company_id", "program_id", "date_from", "date_to")
    def _compute_result_html(self):
        return super()._compute_result_html()

    def _prepare_result(self):
        return {**super()._prepare_result(), "control": self._prepare_control()}

    def _prepare_control(self):
        """Values of the template's first part.

        ``{"text": why there are no figures}``, or ``{"numbers": (members, held out),
        "rows": [{name, texts, spread, is_certain}], "note": since when, "is_few"}``
        """
        # sudo: whose group a customer is in is no secret of who may read this report
        holdout = self.program_id and self.program_id.sudo()._crm_get_holdout()
        if not holdout:
            return {"text": self._get_missing_text()}
        since = fields.Datetime.context_timestamp(self, holdout.since).date()
        first = since.replace(day=1) + relativedelta(months=1)
        if self.date_to < first:
            text = self.env._(
                "%(percent)g %% are left out since %(day)s: there is no full month yet.",
                percent=holdout.percent,
                day=format_date(self.env, since),
            )
            return {"text": text}
        date_from = max(first, self.date_from)
        groups = self._get_control_groups(holdout, date_from)
        numbers = tuple(groups[side]["people"] for side in (False, True))
        return {
            "text": "",
            "numbers": numbers,
            "rows": self._prepare_control_rows(groups),
            "note": self.env._(
                "%(percent)g %% are left out since %(since)s. Counted from %(day)s on.",
                percent=holdout.percent,
                since=format_date(self.env, since),
                day=format_date(self.env, date_from),
            ),
            "is_few": min(numbers) < FEW,
        }

    def _get_missing_text(self):
        if not self.program_id:
            return self.env._(
                "No program of the company leaves customers out (Loyalty Programs, Points, "
                "Left out): nobody can tell what a program brings."
            )
        return self.env._(
            "%(program)s leaves nobody out: nobody can tell what it brings.",
            program=self.program_id.name,
        )

    def _prepare_control_rows(self, groups):
        member, held = groups[False], groups[True]
        rows = [
            self._prepare_control_share(
                self.env._("Retention: bought in the period"), member, held, "kept"
            ),
            self._prepare_control_share(
                self.env._("Repeat rate: bought twice or more"),
                member,
                held,
                "repeated",
            ),
        ]
        names = {"revenue": self.env._("Revenue per customer")}
        if self.env.user.has_group("crm_relations.group_see_margin"):
            names["margin"] = self.env._("Margin per customer")
            names["cost"] = self.env._("Cost of points per customer")
            names["net"] = self.env._("Margin less cost of points")
        for what, name in names.items():
            rows.append(self._prepare_control_money(name, member[what], held[what]))
        return rows

    def _prepare_control_share(self, name, member, held, part):
        lift = newcombe(member[part], member["people"], held[part], held["people"])
        texts = [
            f"{self._format_percent(one[part] / one['people'])} %"
            if one["people"]
            else "–"
            for one in (member, held)
        ]

        def show(value):
            return _sign(value) + self._format_percent(abs(value))

        return self._prepare_control_row(name, texts, lift, show)

    def _format_percent(self, share):
        return formatLang(self.env, 100 * share, digits=1)

    def _prepare_control_money(self, name, member, held):
        texts = [
            format_amount(self.env, one.mean, self.company_id.currency_id)
            if one.number
            else "–"
            for one in (member, held)
        ]

        def show(value):
            currency = self.company_id.currency_id
            return _sign(value) + format_amount(self.env, abs(value), currency)

        return self._prepare_control_row(name, texts, welch(member, held), show)

    def _prepare_control_row(self, name, texts, lift, show):
        spread = lift and self.env._(
            "%(difference)s (%(low)s to %(high)s)",
            difference=show(lift.difference),
            low=show(lift.low),
            high=show(lift.high),
        )
        return {
            "name": name,
            "texts": texts,
            "spread": spread or "",
            "is_certain": bool(lift) and lift.is_certain,
        }

    def _get_control_groups(self, holdout, date_from):
        """``{is held out: {people, kept, repeated, revenue, margin, cost, net}}``

        The last four are a :class:`Sample` of all the group, of the period.
        """
        self.env["crm.customer.month"].flush_model()
        self.env["loyalty.program"]._crm_flush_sides()
        rows = self.env.execute_query(self._control_query(holdout, date_from))
        empty = {
            "people": 0,
            "kept": 0,
            "repeated": 0,
            **dict.fromkeys(MONEY, Sample(0, 0.0, 0.0)),
        }
        groups = {False: empty, True: empty}
        for is_held, people, kept, repeated, *numbers in rows:
            groups[is_held] = {"people": people, "kept": kept, "repeated": repeated}
            for place, what in enumerate(MONEY):
                mean, variance = numbers[2 * place : 2 * place + 2]
                groups[is_held][what] = Sample(
                    people, float(mean or 0), float(variance or 0)
                )
        return groups

    def _control_query(self, holdout, date_from):
        customer = SQL("buyer.customer_id")
        amounts = {
            "revenue": SQL("COALESCE(later.revenue, 0)"),
            "margin": SQL("COALESCE(later.margin, 0)"),
            "cost": SQL("COALESCE(later.cost, 0)"),
            "net": SQL("COALESCE(later.margin - later.cost, 0)"),
        }
        drawn = holdout.since.date().replace(day=1)
        return SQL(
            """
            WITH buyer AS (
                SELECT customer_id FROM crm_customer_month
                 WHERE company_id = %(company)s AND invoice_count > 0
                   AND month < %(from)s
                 GROUP BY customer_id
                HAVING MIN(month) >= %(drawn)s
                    OR bool_or(month >= %(before)s AND month < %(drawn)s)
            ), side AS (
                SELECT customer_id, %(held)s AS is_held FROM buyer WHERE %(compared)s
            ), later AS (
                SELECT customer_id, SUM(invoice_count) AS bills, SUM(revenue) AS revenue,
                       SUM(revenue - cost) AS margin, SUM(loyalty_cost) AS cost
                  FROM crm_customer_month
                 WHERE company_id = %(company)s
                   AND month >= %(from)s AND month <= %(until)s
                 GROUP BY customer_id
            )
            SELECT side.is_held, COUNT(*), COUNT(*) FILTER (WHERE later.bills > 0),
                   COUNT(*) FILTER (WHERE later.bills > 1), %(measures)s
              FROM side LEFT JOIN later ON later.customer_id = side.customer_id
             GROUP BY side.is_held
            """,
            company=self.company_id.id,
            drawn=drawn,
            before=drawn - relativedelta(months=12),
            until=self.date_to,
            held=holdout.held_sql(customer),
            compared=holdout.compared_sql(customer),
            measures=SQL(", ").join(
                SQL("AVG(%s), VAR_SAMP(%s)", amounts[what], amounts[what])
                for what in MONEY
            ),
            **{"from": date_from},
        )
