from odoo import fields, models
from odoo.tools import SQL


class CrmLoyaltyBalance(models.Model):
    """What the host's card says beside what its entries sum to, card by card."""

    _name = "crm.loyalty.balance"
    _description = "Points of Cards beside the Ledger"
    _auto = False
    _order = "id DESC"
    _rec_name = "card_id"
    _depends = {
        "loyalty.card": ["program_id", "partner_id", "company_id", "points"],
        "crm.loyalty.entry": ["card_ref", "points", "lot_id", "company_id"],
        "loyalty.program": ["crm_point_value", "currency_id"],
    }

    card_id = fields.Many2one("loyalty.card", readonly=True)
    program_id = fields.Many2one("loyalty.program", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    points = fields.Float(
        string="On the Card", digits=(16, 3), readonly=True, help="As the card has it."
    )
    booked = fields.Float(
        string="In the Ledger",
        digits=(16, 3),
        readonly=True,
        help="The sum of the card's entries.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    liability = fields.Monetary(
        string="Worth",
        readonly=True,
        help="What is left of points that the companies in use gave, at the worth of a "
        "point that the program says; a balance below zero is worth nothing to us.",
    )
    difference = fields.Float(
        digits=(16, 3),
        readonly=True,
        help="What somebody changed behind the ledger, by an import or in SQL.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT COALESCE(card.id, ledger.card_ref) AS id, card.id AS card_id,
                   COALESCE(card.program_id, ledger.program_id) AS program_id,
                   card.partner_id,
                   COALESCE(card.company_id, ledger.company_id) AS company_id,
                   COALESCE(round(card.points::numeric, 3), 0) AS points,
                   COALESCE(ledger.points, 0) AS booked,
                   COALESCE(round(card.points::numeric, 3), 0)
                   - COALESCE(ledger.points, 0) AS difference,
                   program.currency_id,
                   round(COALESCE(ledger.owed, 0)
                         * COALESCE(program.crm_point_value::numeric, 0),
                         money.decimal_places) AS liability
              FROM loyalty_card card
              FULL JOIN (SELECT card_ref, SUM(points) AS points,
                                max(program_id) AS program_id,
                                -- several gave: each of them sees the card, and what
                                -- is left of its own points
                                CASE WHEN min(company_id) = max(company_id)
                                     THEN max(company_id) END AS company_id,
                                SUM(points) FILTER (WHERE lot_id IS NOT NULL
                                    AND company_id = ANY(%s)) AS owed
                           FROM crm_loyalty_entry GROUP BY card_ref) ledger
                ON ledger.card_ref = card.id
              LEFT JOIN loyalty_program program
                ON program.id = COALESCE(card.program_id, ledger.program_id)
              LEFT JOIN res_currency money ON money.id = program.currency_id
            """,
            self.env.companies.ids,
        )

    def action_book(self):
        """Ask for the reason, then book."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Book the Difference"),
            "res_model": "crm.loyalty.difference",
            "view_mode": "form",
            "target": "new",
            "context": {**self.env.context, "active_ids": self.ids},
        }

    def _describe(self):
        """Lines for the health page: what the card says / what is booked."""
        return "\n".join(
            f"{row.card_id.display_name or row.id}: {row.points:g} / {row.booked:g}"
            for row in self
        )
