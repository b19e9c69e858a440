"""Each night: do entries sum to the cards' points? Nothing is repaired silently."""

from odoo import api, fields, models
from odoo.tools import SQL

CHECK_CODE = "loyalty_ledger"


class CrmLoyaltyEntry(models.Model):
    _inherit = "crm.loyalty.entry"

    @api.model
    def _cron_compare(self):
        self._compare(fields.Datetime.now())

    @api.model
    def _compare(self, now):
        """Count cards that differ and name the first; whoever may books the difference."""
        balances = self.env["crm.loyalty.balance"].sudo()  # all companies' cards
        different = balances.search([("difference", "!=", 0)])
        self.env["crm.health.check"]._report(
            CHECK_CODE, len(different), now, different[:10]._describe()
        )
        return different

    # ------------------------------------------------------------ the beginning

    @api.model
    def _open_balances(self):
        """Cards that were there before the ledger begin with what they have."""
        self.env["loyalty.card"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_loyalty_entry
                       (id, lot_id, card_id, card_ref, program_id, company_id, points,
                        reason, source_model, source_id, line_key, at)
                SELECT fresh.id, CASE WHEN fresh.points > 0 THEN fresh.id END, card_id,
                       card_id, program_id, company_id, points, 'opening',
                       'loyalty.card', card_id, 'opening', now() AT TIME ZONE 'UTC'
                  FROM (SELECT nextval(pg_get_serial_sequence('crm_loyalty_entry', 'id'))
                                   AS id,
                               card.id AS card_id, card.program_id, card.company_id,
                               round(card.points::numeric, 3) AS points
                          FROM loyalty_card card
                         WHERE round(card.points::numeric, 3) <> 0
                           AND NOT EXISTS (SELECT FROM crm_loyalty_entry entry
                                            WHERE entry.card_ref = card.id)) fresh
                """
            )
        )
        self.invalidate_model(flush=False)
        return self.env.cr.rowcount

    @api.model
    def _close_deleted(self, card_refs, note):
        """Empty the lots of cards that somebody deleted behind the ledger."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_loyalty_entry
                       (card_ref, program_id, company_id, points, reason, source_model,
                        source_id, line_key, lot_id, at, user_id, note)
                SELECT card_ref, max(program_id), max(company_id), -SUM(points),
                       'difference', 'loyalty.card', card_ref,
                       'deleted ' || COALESCE(lot_id, 0) || ' ' || max(id), lot_id,
                       now() AT TIME ZONE 'UTC', %s, %s
                  FROM crm_loyalty_entry WHERE card_ref = ANY(%s)
                 GROUP BY card_ref, lot_id HAVING SUM(points) <> 0
                """,
                self.env.uid,
                note,
                card_refs,
            )
        )
        self.invalidate_model(flush=False)
