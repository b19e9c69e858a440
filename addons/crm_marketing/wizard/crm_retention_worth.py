from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_amount, format_date, get_lang

from ..models.crm_retention_episode import MARGIN
from ..tools.retention import worth


class CrmRetentionWorth(models.TransientModel):
    """What a few points of retention more would be worth here, and how it is reckoned."""

    _name = "crm.retention.worth"
    _description = "Worth of Retention"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    points = fields.Integer(string="Points more", default=5, required=True)
    date_to = fields.Date(
        string="Year until",
        required=True,
        default=lambda self: (
            fields.Date.start_of(fields.Date.context_today(self), "month")
        ),
        help="The year is the 12 full months before this day's month.",
    )
    before_count = fields.Integer(
        string="Customers of the year before", compute="_compute_worth"
    )
    kept_count = fields.Integer(string="… who bought again", compute="_compute_worth")
    share = fields.Float(
        string="Retention, %", compute="_compute_worth", digits=(16, 1)
    )
    margin_each = fields.Monetary(
        string="Margin of one who stayed",
        compute="_compute_worth",
        groups=MARGIN,
        help="Revenue less cost of goods of the year, of those who bought in both years.",
    )
    more = fields.Float(
        string="Customers more", compute="_compute_worth", digits=(16, 1)
    )
    gain = fields.Monetary(
        string="Margin more in a year", compute="_compute_worth", groups=MARGIN
    )
    text = fields.Text(compute="_compute_worth", string="In words")

    @api.constrains("company_id")
    def _check_company(self):
        if self.company_id - self.env.companies:
            raise ValidationError(self.env._("Choose one of your companies."))

    @api.depends("company_id", "points", "date_to")
    def _compute_worth(self):
        for page in self:
            before, kept, margin = page._read_books()
            found = worth(before, kept, margin, page.points)
            page.before_count, page.kept_count = before, kept
            page.share = found.share * 100 if found else 0
            page.margin_each = found.margin_each if found else 0
            page.more = found.more if found else 0
            page.gain = found.gain if found else 0
            page.text = page._describe(found, before, kept)

    def _read_books(self):
        """(customers of the year before, of them bought again, their margin this year)"""
        end = fields.Date.start_of(self.date_to, "month")
        self.env["crm.customer.month"].flush_model()
        # sums of a company one works in; the page's own access says who reads them
        ((before, kept, margin),) = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (WHERE earlier), count(*) FILTER (
                           WHERE earlier AND later),
                       COALESCE(SUM(margin) FILTER (WHERE earlier AND later), 0)
                  FROM (SELECT bool_or(invoice_count > 0 AND month < %(middle)s) AS earlier,
                               bool_or(invoice_count > 0 AND month >= %(middle)s) AS later,
                               SUM(margin) FILTER (WHERE month >= %(middle)s) AS margin
                          FROM crm_customer_month
                         WHERE company_id = %(company)s
                           AND month >= %(start)s AND month < %(end)s
                         GROUP BY customer_id) years
                """,
                company=(self.company_id & self.env.companies).id or 0,
                start=end - relativedelta(years=2),
                middle=end - relativedelta(years=1),
                end=end,
            )
        )
        return before, kept, float(margin)

    def _describe(self, found, before, kept):
        if not found:
            return self.env._(
                "Nobody bought in the year before: there is nothing to compare with."
            )

        def money(amount):
            return format_amount(self.env, amount, self.currency_id)

        end = fields.Date.start_of(self.date_to, "month")
        lines = [
            self.env._(
                "Of %(before)s customers who bought in the 12 months before %(middle)s, "
                "%(kept)s bought again in the 12 months before %(end)s: %(share)s %%.",
                before=before, kept=kept, share=self._number(f"{found.share * 100:.1f}"),
                middle=format_date(self.env, end - relativedelta(years=1)),
                end=format_date(self.env, end),
            ),
        ]  # fmt: skip
        sees_margin = self.env.user.has_group(MARGIN)
        if sees_margin:
            lines.append(
                self.env._(
                    "Each of those who stayed brought a margin of %(each)s in that year.",
                    each=money(found.margin_each),
                )
            )
        lines.append(self._describe_more(found, before == kept, sees_margin, money))
        if found.years_now and found.years_then:
            lines.append(
                self.env._(
                    "At %(share)s %% a customer stays %(now)s years on average, 1 ÷ (1 − "
                    "retention); then it would be %(then)s.",
                    share=self._number(f"{found.share * 100:.1f}"),
                    now=self._number(f"{found.years_now:.1f}"),
                    then=self._number(f"{found.years_then:.1f}"),
                )
            )  # fmt: skip
        if sees_margin:
            lines.append(
                self.env._(
                    "It is assumed that those kept would buy like those who stay, and "
                    "nothing is deducted for keeping them. Margin is revenue less cost of "
                    "goods, as the books say."
                )
            )
        return "\n".join(lines)

    def _describe_more(self, found, is_everybody, sees_margin, money):
        """What so many points more are: customers, and margin for who may see it."""
        if is_everybody:
            return self.env._("All of them bought again: there is nobody more to keep.")
        if not sees_margin:
            return self.env._(
                "%(points)s points more are %(more)s customers who go on buying.",
                points=self.points, more=self._number(f"{found.more:g}"),
            )  # fmt: skip
        return self.env._(
            "%(points)s points more are %(more)s customers: %(more)s × %(each)s = "
            "%(gain)s of margin in a year.",
            points=self.points, more=self._number(f"{found.more:g}"),
            each=money(found.margin_each), gain=money(found.gain),
        )  # fmt: skip

    @api.model
    def _number(self, text):
        """A number of Python's as the reader writes it."""
        return text.replace(".", get_lang(self.env).decimal_point)

    def action_open_months(self):
        """The months it is reckoned from."""
        self.ensure_one()
        end = fields.Date.start_of(self.date_to, "month")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_customer_month_action"
        )
        return dict(
            action,
            domain=[
                ("company_id", "=", self.company_id.id),
                ("month", ">=", fields.Date.to_string(end - relativedelta(years=2))),
                ("month", "<", fields.Date.to_string(end)),
            ],
            context={},
        )
