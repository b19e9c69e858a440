"""Sides that the hash does not tell any more, because customers were merged."""

from odoo import api, fields, models
from odoo.tools import SQL


class CrmLoyaltySide(models.Model):
    """On which side of a program's holdout a merged customer is.

    Kept only where a merge brought somebody who bought or had a card: a second card of
    nobody changes nothing. Of two who both took part neither is compared any more,
    whatever their sides were: else the held out, who are few, would lose the more of
    those who buy most.
    """

    _name = "crm.loyalty.side"
    _description = "Merged Customer of a Loyalty Holdout"
    _order = "id DESC"
    _rec_name = "customer_id"

    program_id = fields.Many2one(
        "loyalty.program", required=True, readonly=True, ondelete="cascade"
    )
    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade", index=True
    )
    is_held = fields.Boolean(string="Left out", readonly=True)
    is_compared = fields.Boolean(string="Compared", readonly=True)

    _program_customer_uniq = models.Constraint(
        "UNIQUE(program_id, customer_id)", "A customer is on one side."
    )

    @api.model
    def _keep(self, source_ids, destination):
        """Before customers become one: which side the one that stays is on."""
        holdouts = self.env["loyalty.program"]._crm_get_holdouts()
        if not holdouts:
            return
        customer = destination.commercial_partner_id
        ids = [*source_ids, customer.id]
        for holdout in holdouts:
            rows = self._read_sides(holdout, ids)
            self.env.cr.execute(
                SQL(
                    "DELETE FROM crm_loyalty_side WHERE program_id = %s "
                    "AND customer_id = ANY(%s)",
                    holdout.program_id,
                    ids,
                )
            )
            side = self._decide(rows, customer.id)
            if side:
                self.create(
                    {
                        "program_id": holdout.program_id,
                        "customer_id": customer.id,
                        "is_held": side[0],
                        "is_compared": side[1],
                    }
                )
        self.invalidate_model(flush=False)

    @api.model
    def _read_sides(self, holdout, ids):
        """[(customer id, is held, is compared, is kept in a row)] of who took part."""
        self.env["loyalty.program"]._crm_flush_sides()
        customer = SQL("asked.id")
        return self.env.execute_query(
            SQL(
                """
                SELECT asked.id, %(held)s, %(compared)s,
                       EXISTS (SELECT FROM crm_loyalty_side side
                                WHERE side.program_id = %(program)s
                                  AND side.customer_id = asked.id)
                  FROM unnest(%(ids)s::int[]) asked(id)
                  JOIN res_partner partner ON partner.id = asked.id
                   AND partner.commercial_partner_id = partner.id
                 WHERE EXISTS (SELECT FROM account_move bought
                                WHERE bought.commercial_partner_id = asked.id
                                  AND bought.move_type IN ('out_invoice', 'out_receipt')
                                  AND bought.state = 'posted')
                    OR EXISTS (SELECT FROM res_partner holder
                                 JOIN loyalty_card card ON card.partner_id = holder.id
                                WHERE holder.commercial_partner_id = asked.id
                                  AND card.program_id = %(program)s)
                """,
                held=holdout.held_sql(customer),
                compared=holdout.compared_sql(customer),
                program=holdout.program_id,
                ids=ids,
            )
        )

    @api.model
    def _decide(self, rows, staying_id):
        """(is held, is compared) to keep, or None where the hash still tells it."""
        if not rows:
            return None
        if len(rows) == 1:
            ((customer_id, is_held, is_compared, is_kept),) = rows
            if customer_id == staying_id and not is_kept:
                return None
            return is_held, is_compared
        return all(row[1] for row in rows), False
