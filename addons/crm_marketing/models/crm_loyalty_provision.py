"""Outstanding points in the books: a draft entry for the accountant. Nothing is posted."""

from datetime import datetime, time

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date


class CrmLoyaltyProvision(models.Model):
    """What customers' points were worth at the end of a month, and its draft entry.

    The entry is the difference to what earlier entries say in the books: what the
    accountant changed in them or reversed counts as he left it. An entry that he deleted
    or cancelled says nothing: its difference comes with the next month's, or when he
    asks for the entry himself.
    """

    _name = "crm.loyalty.provision"
    _description = "Outstanding Points of a Month"
    _order = "month DESC, id DESC"
    _rec_name = "month"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(
        string="Month's End", required=True, readonly=True, help="Its last day."
    )
    liability = fields.Monetary(
        string="Outstanding Points",
        readonly=True,
        help="At the worth of a point that the programs said then.",
    )
    difference = fields.Monetary(
        string="Of the Entry", readonly=True, help="Plus: the debt has grown."
    )
    move_id = fields.Many2one(
        "account.move",
        string="Entry",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    account_id = fields.Many2one(
        "account.account",
        string="Account of Points",
        readonly=True,
        ondelete="set null",
        help="Where the debt stands; the settings may name another one by now.",
    )
    move_state = fields.Selection(related="move_id.state", string="State")

    _company_month_uniq = models.Constraint(
        "UNIQUE(company_id, month)", "This month has its outstanding points already."
    )

    @api.model
    def _cron_prepare(self):
        """After each month's end, for companies that have the accounts for it."""
        for company in self.env["res.company"].search(
            [("crm_loyalty_journal_id", "!=", False)]
        ):
            month = self._get_last_month(company)
            # once: what the accountant threw away does not come back by itself
            if not self.search_count(
                [("company_id", "=", company.id), ("month", "=", month)], limit=1
            ):
                self._prepare_month(company, month)

    @api.model
    def _get_last_month(self, company):
        """Its last day, by the company's own clock."""
        here = self.with_context(tz=company.partner_id.tz or "UTC")
        return fields.Date.context_today(here).replace(day=1) - relativedelta(days=1)

    @api.model
    def action_prepare_last_month(self):
        """The accountant asks for last month's entry."""
        company = self.env.company
        month = self._get_last_month(company)
        if not company._crm_has_loyalty_accounts():
            raise UserError(
                self.env._(
                    "Choose the journal and both accounts first: Settings, Invoicing, "
                    "Loyalty Points."
                )
            )
        found = self._prepare_month(company, month)
        if not found.move_id:
            raise UserError(
                self.env._(
                    "Nothing has changed: outstanding points of %(month)s are in the books.",
                    month=format_date(self.env, month),
                )
            )
        return found.action_open_move()

    def action_open_move(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "views": [(False, "form")],
        }

    @api.model
    def _prepare_month(self, company, month):
        """The row of a month with its draft entry; the same one, whenever it is asked.

        :param month: the month's last day
        """
        if not company._crm_has_loyalty_accounts():
            return self.browse()
        found = self.search([("company_id", "=", company.id), ("month", "=", month)])
        if found.move_id and found.move_id.state != "cancel":
            return found
        liability = self._get_liability(company, month)
        booked = self._get_booked(company, found)
        difference = company.currency_id.round(liability - booked)
        values = {"liability": liability, "difference": difference, "move_id": False,
                  "account_id": company.crm_loyalty_liability_account_id.id}  # fmt: skip
        if found:
            found.write(values)
        else:
            found = self.create({**values, "company_id": company.id, "month": month})
        if not company.currency_id.is_zero(difference):
            found.move_id = self.env["account.move"].create(found._prepare_move())
        return found

    @api.model
    def _get_booked(self, company, but):
        """What entries that stand say of the debt by now, posted or draft.

        As the books have them: changed by the accountant, and with what reverses them.
        """
        rows = self.search([("company_id", "=", company.id), ("id", "not in", but.ids)])
        moves = fresh = rows.move_id
        while fresh := fresh.reversal_move_ids - moves:
            moves |= fresh
        accounts = rows.account_id | company.crm_loyalty_liability_account_id
        lines = moves.line_ids.filtered(
            lambda line: line.parent_state in ("draft", "posted")
            and line.account_id in accounts
        )
        return -sum(lines.mapped("balance"))

    @api.model
    def _get_liability(self, company, month):
        """Worth of what was left in the lots that the company gave, at the end of its day.

        Who is below zero after a refund owes us nothing that anybody will pay: his debt
        lowers no other customer's points.
        """
        zone = pytz.timezone(company.partner_id.tz or "UTC")
        last = zone.localize(datetime.combine(month + relativedelta(days=1), time.min))
        end = last.astimezone(pytz.utc).replace(tzinfo=None)
        [[amount]] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(card.amount), 0)
                  FROM (SELECT round(SUM(entry.points) * program.crm_point_value::numeric,
                                     %(places)s) AS amount
                          FROM crm_loyalty_entry entry
                          JOIN loyalty_program program ON program.id = entry.program_id
                         WHERE entry.company_id = %(company)s AND entry.at < %(end)s
                           AND entry.lot_id IS NOT NULL
                           AND program.currency_id = %(currency)s
                           AND program.crm_point_value > 0
                         GROUP BY entry.card_ref, program.id) card
                """,
                places=company.currency_id.decimal_places,
                company=company.id,
                end=end,
                currency=company.currency_id.id,
            )
        )
        return float(amount)

    def _prepare_move(self):
        """A draft: the code never posts it."""
        self.ensure_one()
        company = self.company_id
        name = self.env._(
            "Outstanding loyalty points, %(month)s",
            month=format_date(self.env, self.month),
        )
        amount = abs(self.difference)
        expense, debt = (
            company.crm_loyalty_expense_account_id,
            company.crm_loyalty_liability_account_id,
        )
        debit, credit = (expense, debt) if self.difference > 0 else (debt, expense)
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company.crm_loyalty_journal_id.id,
            "date": self.month,
            "ref": name,
            "line_ids": [
                fields.Command.create(
                    {"name": name, "account_id": account.id, side: amount}
                )
                for account, side in ((debit, "debit"), (credit, "credit"))
            ],
        }
