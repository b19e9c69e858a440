"""Points by what an invoice earned us: its frozen margin, credit notes deducted."""

from odoo import api, fields, models
from odoo.tools import SQL

from .loyalty_card import Change

BATCH = 500


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    crm_margin_points = fields.Float(
        string="Points for Margin",
        digits=(16, 4),
        help="Points for each unit of money that an invoice earned us, in the company's "
        "currency; lines whose cost is not known bring nothing. Given at night; credit "
        "notes and a cost that becomes known later correct them. 0: none.",
    )
    crm_margin_since = fields.Date(
        string="Points for Margin since",
        readonly=True,
        copy=False,
        help="Invoices from this day on; another rate begins anew.",
    )

    _crm_margin_check = models.Constraint(
        "CHECK(crm_margin_points >= 0)", "Points for margin are not below zero."
    )

    @api.model_create_multi
    def create(self, vals_list):
        today = fields.Date.context_today(self)
        for vals in vals_list:
            if vals.get("crm_margin_points"):
                vals.setdefault("crm_margin_since", today)
        return super().create(vals_list)

    def write(self, vals):
        """Switching on never rewards the past, and a new rate changes no old points."""
        if "crm_margin_points" in vals and "crm_margin_since" not in vals:
            vals = {**vals, "crm_margin_since": fields.Date.context_today(self)}
        return super().write(vals)


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    @api.model
    def _crm_give_margins(self):
        """Bring the points of invoices to what they earned by now; all of them, by batches.

        :return: number of invoices
        """
        count = 0
        programs = self.env["loyalty.program"].search(
            [("crm_margin_points", ">", 0), ("program_type", "=", "loyalty")]
        )
        for program in programs:
            companies = program.company_id or self.env["res.company"].search(
                [("currency_id", "=", program.currency_id.id)]
            )
            for company in companies:
                count += self.with_company(company)._crm_follow_margins(
                    program, company
                )
        return count

    @api.model
    def _crm_follow_margins(self, program, company):
        text = self.env._("What you bought")
        rows = self._crm_get_margins(program, company)
        for move_id, partner_id, milli, number in rows:
            partner = self.env["res.partner"].browse(partner_id)
            card = self._crm_get_card(program, partner)
            change = Change(
                "margin" if milli > 0 else "refund",
                milli,
                "account.move",
                move_id,
                key=f"margin:{program.id}:{number + 1}",
                of=("account.move", move_id) if milli < 0 else None,
            )
            if milli < 0 and not program.crm_may_owe:
                change = card._crm_cap(change)
            if change:
                card._crm_change_points({card.id: [change]}, text)
        return len(rows)

    @api.model
    def _crm_get_margins(self, program, company):
        """[(invoice, customer, thousandths to give or take, entries so far)]"""
        self.env["account.move"].flush_model()
        self.env["account.move.line"].flush_model()
        key = f"margin:{program.id}:%"
        return self.env.execute_query(
            SQL(
                """
                WITH earned AS (
                    SELECT COALESCE(move.reversed_entry_id, move.id) AS id,
                           SUM(-line.balance - cost.amount) AS margin
                      FROM account_move move
                      JOIN account_move_line line ON line.move_id = move.id
                      JOIN crm_invoice_cost cost ON cost.line_id = line.id
                       AND cost.source <> 'none'
                     WHERE move.state = 'posted' AND move.company_id = %(company)s
                       AND (move.move_type IN ('out_invoice', 'out_receipt')
                            OR move.move_type = 'out_refund'
                               AND move.reversed_entry_id IS NOT NULL)
                       AND move.date >= %(since)s
                     GROUP BY COALESCE(move.reversed_entry_id, move.id)
                ), given AS (
                    SELECT source_id AS id, (SUM(points) * 1000)::bigint AS milli,
                           COUNT(*) AS number
                      FROM crm_loyalty_entry
                     WHERE source_model = 'account.move' AND line_key LIKE %(key)s
                     GROUP BY source_id
                ), due AS (
                    SELECT invoice.id, invoice.partner_id,
                           CASE WHEN invoice.state = 'posted' THEN GREATEST(
                               round(COALESCE(earned.margin, 0) * %(rate)s * 1000), 0)
                           ELSE 0 END::bigint - COALESCE(given.milli, 0) AS milli,
                           COALESCE(given.number, 0) AS number
                      FROM account_move invoice
                      LEFT JOIN earned ON earned.id = invoice.id
                      LEFT JOIN given ON given.id = invoice.id
                     WHERE invoice.move_type IN ('out_invoice', 'out_receipt')
                       AND invoice.company_id = %(company)s
                       AND invoice.date >= %(since)s AND invoice.partner_id IS NOT NULL
                       AND (earned.id IS NOT NULL OR given.id IS NOT NULL)
                )
                SELECT id, partner_id, milli, number FROM due
                 WHERE milli <> 0 ORDER BY id LIMIT %(limit)s
                """,
                company=company.id,
                since=program.crm_margin_since,
                key=key,
                rate=program.crm_margin_points,
                limit=BATCH,
            )
        )
