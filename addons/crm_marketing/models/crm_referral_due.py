"""What is due to referral partners, worked out every night as differences."""

from odoo import api, models
from odoo.tools import SQL


class CrmReferralPartner(models.Model):
    _inherit = "crm.referral.partner"

    @api.model
    def _cron_reward(self):
        self._reward()

    @api.model
    def _reward(self):
        """Append what changed since the last time; how many rows.

        A row is the difference between what is due for an invoice and what was written
        before, so that a second run, or one that was killed, writes nothing twice. What
        was written and is due no more (another partner named, the invoice back to draft)
        is taken back whole.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_referral_reward
                       (referral_id, company_id, lead_id, move_id, number, date, amount,
                        basis, terms, percent, fixed_amount)
                SELECT COALESCE(due.referral_id, known.referral_id),
                       COALESCE(due.company_id, known.company_id),
                       COALESCE(due.lead_id, known.lead_id),
                       COALESCE(due.move_id, known.move_id),
                       COALESCE(known.number, 0) + 1, CURRENT_DATE,
                       COALESCE(due.amount, 0) - COALESCE(known.amount, 0),
                       COALESCE(due.basis, 0), COALESCE(due.terms, known.terms),
                       COALESCE(due.percent, known.percent),
                       COALESCE(due.fixed_amount, known.fixed_amount)
                  FROM (SELECT found.*, ROUND(found.reward / money.rounding)
                               * money.rounding AS amount
                          FROM (%s) found
                          JOIN res_company company ON company.id = found.company_id
                          JOIN res_currency money ON money.id = company.currency_id) due
                  FULL JOIN (
                       SELECT referral_id, company_id, lead_id, move_id,
                              max(number) AS number, sum(amount) AS amount,
                              (array_agg(terms ORDER BY id))[1] AS terms,
                              (array_agg(percent ORDER BY id))[1] AS percent,
                              (array_agg(fixed_amount ORDER BY id))[1] AS fixed_amount
                         FROM crm_referral_reward
                        GROUP BY referral_id, company_id, lead_id, move_id) known
                    ON known.referral_id = due.referral_id
                       AND known.company_id = due.company_id
                       AND known.lead_id = due.lead_id AND known.move_id = due.move_id
                 WHERE COALESCE(due.amount, 0) <> COALESCE(known.amount, 0)
                    ON CONFLICT DO NOTHING
                """,
                self._due_sql(),
            )
        )
        count = self.env.cr.rowcount
        self.env["crm.referral.reward"].invalidate_model()
        if count and not self.env["crm.lead"]._is_lead_rewarded():
            self.env.registry.clear_cache()
        return count

    @api.model
    def _due_sql(self):
        """SELECT of what is due now for each invoice of a lead that was brought.

        The terms are those of its first reward, else of the lead's first one, else of
        today: an agreement changed later does not rewrite what was earned. What is not
        paid any more is due no more.
        """
        return SQL(
            """
            WITH line AS (%s), part AS (%s), net AS (%s), agreed AS (
                SELECT net.*, COALESCE(first.terms, partner.terms) AS terms,
                       COALESCE(first.percent, partner.percent) AS percent,
                       COALESCE(first.fixed_amount, partner.fixed_amount)
                       AS fixed_amount
                  FROM net
                  JOIN crm_referral_partner partner ON partner.id = net.referral_id
                  LEFT JOIN LATERAL (
                       SELECT old.terms, old.percent, old.fixed_amount
                         FROM crm_referral_reward old
                        WHERE old.referral_id = net.referral_id
                          AND old.lead_id = net.lead_id
                        ORDER BY (old.move_id = net.move_id) IS TRUE DESC, old.id
                        LIMIT 1) first ON TRUE
            ), ranked AS (
                SELECT agreed.*, row_number() OVER (
                           PARTITION BY referral_id, lead_id, terms
                           ORDER BY (paid <= 0), move_id) AS place
                  FROM agreed
            )
            SELECT referral_id, company_id, lead_id, move_id, paid AS basis, terms,
                   percent, fixed_amount,
                   CASE WHEN terms = 'percent' THEN paid * percent::numeric / 100
                        WHEN place = 1 AND paid > 0 THEN COALESCE(fixed_amount, 0)
                        ELSE 0 END AS reward
              FROM ranked
            """,
            self._due_lines_sql(),
            self._due_parts_sql(),
            self._due_net_sql(),
        )

    @api.model
    def _due_lines_sql(self):
        """Lines of posted invoices and credit notes that stem from the leads' orders.

        ``move_id`` is the invoice, of a credit note the one it takes back, NULL when it
        was made from the order. ``amount`` is negative when taken back.
        """
        return SQL(
            """
            SELECT partner.id AS referral_id, partner.company_id, lead.id AS lead_id,
                   sale.id AS sale_id, move.move_type = 'out_refund' AS back,
                   CASE WHEN move.move_type = 'out_refund' THEN move.reversed_entry_id
                        ELSE move.id END AS move_id,
                   -line.balance / share.parts AS amount
              FROM crm_referral_partner partner
              JOIN crm_lead lead ON lead.crm_referral_partner_id = partner.id
              JOIN sale_order sale ON sale.opportunity_id = lead.id
              JOIN sale_order_line bought ON bought.order_id = sale.id
              JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = bought.id
              JOIN account_move_line line ON line.id = rel.invoice_line_id
              JOIN account_move move ON move.id = line.move_id
              JOIN LATERAL (
                   SELECT count(*) AS parts FROM sale_order_line_invoice_rel other
                    WHERE other.invoice_line_id = line.id) share ON TRUE
             WHERE move.state = 'posted' AND move.company_id = partner.company_id
               AND move.move_type IN ('out_invoice', 'out_receipt', 'out_refund')
            """
        )

    @api.model
    def _due_parts_sql(self):
        """What an order has on an invoice, less what credit notes of it took back.

        ``before`` is what other invoices of the order can bear of a credit note that
        names none: those taken back go first, then the newest.
        """
        return SQL(
            """
            SELECT sold.*, move.payment_state IN ('paid', 'in_payment') AS is_paid,
                   GREATEST(amount, 0) AS room,
                   sum(GREATEST(amount, 0)) OVER (
                       PARTITION BY sale_id
                       ORDER BY (move.payment_state = 'reversed') DESC, move.id DESC)
                   - GREATEST(amount, 0) AS before
              FROM (SELECT referral_id, company_id, lead_id, sale_id, move_id,
                           sum(amount) AS amount,
                           sum(amount) FILTER (WHERE NOT back) AS gross
                      FROM line WHERE move_id IS NOT NULL
                     GROUP BY referral_id, company_id, lead_id, sale_id, move_id
                    HAVING bool_or(NOT back)) sold
              JOIN account_move move ON move.id = sold.move_id
            """
        )

    @api.model
    def _due_net_sql(self):
        """What is paid of an invoice and not taken back, down to nothing.

        Lines of its credit notes that stem from no order, such as an amount written by
        hand, take back their share of everything on it.
        """
        return SQL(
            """
            SELECT own.referral_id, own.company_id, own.lead_id, own.move_id,
                   CASE WHEN own.is_paid THEN GREATEST(0, own.amount
                        - CASE WHEN move.amount_untaxed_signed = 0 THEN 0
                               ELSE hand.amount * own.gross / move.amount_untaxed_signed
                          END) ELSE 0 END AS paid
              FROM (SELECT referral_id, company_id, lead_id, move_id, is_paid,
                           sum(gross) AS gross,
                           sum(part.amount - LEAST(room, GREATEST(
                               0, COALESCE(loose.amount, 0) - before))) AS amount
                      FROM part
                      LEFT JOIN (SELECT sale_id, -sum(amount) AS amount FROM line
                                  WHERE move_id IS NULL GROUP BY sale_id) loose
                           USING (sale_id)
                     GROUP BY referral_id, company_id, lead_id, move_id, is_paid) own
              JOIN account_move move ON move.id = own.move_id
              JOIN LATERAL (
                   SELECT COALESCE(sum(line.balance), 0) AS amount
                     FROM account_move back
                     JOIN account_move_line line ON line.move_id = back.id
                    WHERE back.reversed_entry_id = own.move_id
                      AND back.state = 'posted' AND back.move_type = 'out_refund'
                      AND line.display_type IN ('product', 'rounding')
                      AND NOT EXISTS (
                          SELECT FROM sale_order_line_invoice_rel rel
                           WHERE rel.invoice_line_id = line.id)) hand ON TRUE
            """
        )
