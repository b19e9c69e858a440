"""Points by what an invoice earned us: its frozen margin, credit notes deducted.

The key of an entry is ``margin:<program>:<rate>:<number>``: what was given follows its
invoice at the rate at which it was given, also when the program has another one by now,
none at all, or is archived. Entries without a rate follow at the program's.
"""

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import split_every

from ..tools.loyalty_ledger import to_milli
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
        help="Invoices from this day on; another rate begins anew. What was given before "
        "follows its invoices at the rate at which it was given.",
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


# Where the points of cards that were merged are now.
HEIRS = SQL(
    """
    merged AS (
        SELECT DISTINCT ON (entry.card_ref) entry.card_ref, entry.source_id AS holder
          FROM crm_loyalty_entry entry
          JOIN loyalty_card card ON card.id = entry.card_ref AND card.active IS NOT TRUE
         WHERE entry.reason = 'merged' AND entry.source_model = 'loyalty.card'
         ORDER BY entry.card_ref, entry.id DESC
    ), chain AS (
        SELECT card_ref, holder, 1 AS depth FROM merged
         UNION ALL
        SELECT chain.card_ref, merged.holder, chain.depth + 1
          FROM chain JOIN merged ON merged.card_ref = chain.holder
         WHERE chain.depth < 20
    ), heir AS (
        SELECT DISTINCT ON (card_ref) card_ref, holder FROM chain
         ORDER BY card_ref, depth DESC
    )
    """
)
# What an invoice and the notes that reverse it earned. Lines below zero (discounts,
# rewards) have no cost of their own: they lower the margin; lines whose cost is not
# known bring nothing.
EARNED = SQL(
    """
    SELECT COALESCE(SUM(-line.balance - COALESCE(cost.amount, 0)), 0) AS margin
      FROM (SELECT invoice.id
             UNION ALL
            SELECT note.id FROM account_move note
             WHERE note.reversed_entry_id = invoice.id AND note.state = 'posted'
               AND note.move_type = 'out_refund') piece
      JOIN account_move_line line ON line.move_id = piece.id
      LEFT JOIN crm_invoice_cost cost ON cost.line_id = line.id
     WHERE line.display_type = 'product' AND line.is_downpayment IS NOT TRUE
       AND (cost.source <> 'none' OR cost.id IS NULL AND line.price_unit < 0)
    """
)


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    @api.model
    def _crm_give_margins(self, save=None):
        """Bring the points of invoices to what they earned by now; all of them.

        :param save: called with a batch's number of changes; stops when it says so
        :return: number of changes
        """
        count = 0
        for program in self._crm_get_margin_programs():
            companies = program.company_id or self.env["res.company"].search(
                [("currency_id", "=", program.currency_id.id)]
            )
            for company in companies:
                cards = self.with_company(company)
                rows = cards._crm_get_margins(program, company)
                for batch in split_every(BATCH, rows):
                    cards._crm_follow_margins(program, batch)
                    count += len(batch)
                    if save and not save(len(batch)):
                        return count
        return count

    @api.model
    def _crm_get_margin_programs(self):
        """Those that give by margin, and those that once gave."""
        self.env["loyalty.program"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM loyalty_program program
                 WHERE program_type = 'loyalty' AND (active AND crm_margin_points > 0
                    OR EXISTS (SELECT FROM crm_loyalty_entry entry
                                WHERE entry.program_id = program.id
                                  AND entry.reason = 'margin'))
                 ORDER BY id
                """
            )
        )
        return self.env["loyalty.program"].browse([row_id for (row_id,) in rows])

    @api.model
    def _crm_follow_margins(self, program, rows):
        """Give and take what :meth:`_crm_get_margins` found."""
        invoices = self.env["account.move"].browse([row[0] for row in rows])
        found = {invoice.id: invoice for invoice in invoices.exists()}
        for move_id, card_id, milli, number, rate in rows:
            card = self.browse(card_id or ())
            if not card_id:
                partner = self._crm_get_buyer(found[move_id])
                card = self._crm_get_card(program, partner)
            lang = card.partner_id.lang
            text = self.with_context(lang=lang).env._("What you bought")
            changes = card._crm_prepare_margin(program, move_id, milli, number, rate)
            card._crm_change_points({card.id: changes}, text)

    @api.model
    def _crm_get_buyer(self, invoice):
        """Who ordered it, rather than the address that the invoice goes to."""
        buyers = invoice.line_ids.sale_line_ids.order_id.partner_id
        customer = invoice.commercial_partner_id
        same = buyers.filtered(lambda one: one.commercial_partner_id == customer)
        return same[:1] or invoice.partner_id

    def _crm_prepare_margin(self, program, move_id, milli, number, rate):
        """[Change]; where nobody may owe points, what he cannot pay is forgiven for good."""
        self.ensure_one()
        source = ("account.move", move_id)
        key = f"{program.id}:{rate:.4f}:{number + 1}"
        if milli > 0:
            return [Change("margin", milli, *source, key=f"margin:{key}")]
        taken = Change("refund", milli, *source, key=f"margin:{key}", of=source)
        missing = -milli - max(to_milli(self.points), 0)
        if program.crm_may_owe or missing <= 0:
            return [taken]
        given = Change("waived", missing, *source, key=f"waived:{key}", expires=False)
        return [taken, given]

    @api.model
    def _crm_get_margins(self, program, company):
        """[(invoice, card or None, thousandths to give or take, entries so far, rate)]

        What is on a card of somebody else, or of an invoice that is no more posted, goes;
        what was given on a card that was deleted is not given again.
        """
        for name in (
            "account.move",
            "account.move.line",
            "loyalty.card",
            "res.partner",
        ):
            self.env[name].flush_model()
        return self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE %(heirs)s, entry AS (
                    SELECT one.id, one.source_id, one.points, one.company_id,
                           COALESCE(heir.holder, one.card_ref) AS card_ref,
                           CASE WHEN split_part(one.line_key, ':', 4) <> ''
                                THEN split_part(one.line_key, ':', 3)::numeric END AS rate
                      FROM crm_loyalty_entry one
                      LEFT JOIN heir ON heir.card_ref = one.card_ref
                     WHERE one.source_model = 'account.move'
                       AND one.line_key LIKE %(key)s
                ), given AS (
                    SELECT source_id AS id, card_ref, COUNT(*) AS number,
                           (SUM(points) * 1000)::bigint AS milli, MAX(id) AS last_id
                      FROM entry GROUP BY source_id, card_ref
                ), past AS (
                    SELECT source_id AS id, COALESCE((array_agg(rate ORDER BY id)
                               FILTER (WHERE rate IS NOT NULL))[1], %(rate)s) AS rate,
                           (array_agg(company_id ORDER BY id))[1] AS company_id
                      FROM entry GROUP BY source_id
                ), target AS (
                    SELECT invoice.id, invoice.commercial_partner_id AS customer_id,
                           COALESCE(past.rate, %(rate)s) AS rate,
                           GREATEST(round(earned.margin * 1000
                               * COALESCE(past.rate, %(rate)s)), 0)::bigint AS milli
                      FROM account_move invoice
                      LEFT JOIN past ON past.id = invoice.id
                     CROSS JOIN LATERAL (%(earned)s) earned
                     WHERE invoice.move_type IN ('out_invoice', 'out_receipt')
                       AND invoice.state = 'posted' AND invoice.partner_id IS NOT NULL
                       AND invoice.company_id = %(company)s
                       AND (past.id IS NOT NULL OR %(open)s)
                ), held AS (
                    SELECT given.*, card.id IS NOT NULL AS is_there,
                           COALESCE(holder.commercial_partner_id = target.customer_id,
                                    FALSE) AS fits
                      FROM given
                      LEFT JOIN target ON target.id = given.id
                      LEFT JOIN loyalty_card card ON card.id = given.card_ref
                      LEFT JOIN res_partner holder ON holder.id = card.partner_id
                ), ranked AS (
                    SELECT held.*, row_number() OVER (PARTITION BY id
                           ORDER BY fits DESC, milli > 0 DESC, last_id DESC) AS rank
                      FROM held WHERE is_there
                ), due AS (
                    SELECT ranked.id, ranked.card_ref, ranked.number, past.rate,
                           CASE WHEN fits AND rank = 1 THEN target.milli ELSE 0 END
                               - ranked.milli AS milli
                      FROM ranked
                      JOIN past ON past.id = ranked.id
                      LEFT JOIN target ON target.id = ranked.id
                      LEFT JOIN account_move invoice ON invoice.id = ranked.id
                     WHERE COALESCE(invoice.company_id, past.company_id) = %(company)s
                     UNION ALL
                    SELECT target.id, NULL, 0, target.rate, target.milli FROM target
                     WHERE NOT EXISTS (
                           SELECT FROM held WHERE held.id = target.id
                              AND (fits OR NOT is_there AND milli > 0))
                )
                SELECT id, card_ref, milli, number, rate FROM due
                 WHERE milli <> 0 ORDER BY id, milli
                """,
                heirs=HEIRS,
                earned=EARNED,
                company=company.id,
                key=f"margin:{program.id}:%",
                rate=SQL("%s::numeric", program.crm_margin_points),
                open=self._crm_get_margin_condition(program, company),
            )
        )

    @api.model
    def _crm_get_margin_condition(self, program, company):
        """SQL: which invoices the program rewards anew, its members' only.

        A segment's members are those of the invoice's day: who joins later has earned
        nothing by what he bought before.
        """
        if not (program.active and program.crm_margin_points):
            return SQL("FALSE")
        since = SQL("invoice.date >= %s", program.crm_margin_since)
        if holdout := program._crm_get_holdout():
            programs = self.env["loyalty.program"]
            programs._crm_flush_sides()
            customer = SQL("invoice.commercial_partner_id")
            since = SQL("%s AND NOT %s", since, holdout.held_sql(customer))
        if not program.crm_segment_ids:
            return since
        return SQL(
            """
            %s AND EXISTS (
                SELECT FROM crm_segment_member member
                  JOIN crm_segment segment ON segment.id = member.segment_id
                   AND segment.active AND segment.company_id = ANY(%s)
                 WHERE member.segment_id = ANY(%s)
                   AND member.partner_id
                       IN (invoice.partner_id, invoice.commercial_partner_id)
                   AND member.entered_at::date <= invoice.date
                   AND COALESCE(member.left_at::date, invoice.date) >= invoice.date)
            """,
            since,
            (company | company.parent_id).ids,
            program.crm_segment_ids.ids,
        )
