from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.loyalty_card import Change
from ..tools.loyalty_ledger import to_milli


class CrmLoyaltyDifference(models.TransientModel):
    """Accept what a card says: the ledger gets an entry that says why. No card changes."""

    _name = "crm.loyalty.difference"
    _description = "Book a Difference of Points"

    reason = fields.Char(
        required=True, help="How the points came to differ: kept with the entry."
    )
    card_count = fields.Integer(compute="_compute_sums", string="Cards")
    points = fields.Float(
        digits=(16, 3),
        compute="_compute_sums",
        string="Difference",
        help="What will be booked: the cards' points less what is in the ledger.",
    )

    def _get_balances(self):
        """The chosen cards that differ, with the reader's own rights."""
        return self.env["crm.loyalty.balance"].search(
            [("id", "in", self.env.context.get("active_ids") or []),
             ("difference", "!=", 0)]
        )  # fmt: skip

    @api.depends_context("active_ids")
    def _compute_sums(self):
        balances = self._get_balances()
        self.card_count = len(balances)
        self.points = sum(balances.mapped("difference"))

    def action_book(self):
        self.ensure_one()
        balances = self._get_balances()
        if not balances:
            raise UserError(self.env._("Nothing differs any more."))
        # whoever may write the programs answers for their points
        balances.program_id.check_access("write")
        living = balances.filtered("card_id")
        # sudo: the ledger has no right to write for anybody
        entries_sudo = self.env["crm.loyalty.entry"].sudo()
        entries_sudo._close_deleted((balances - living).ids, self.reason)
        living.card_id._crm_book(
            {balance.card_id.id: [self._prepare_change(balance)] for balance in living}
        )
        balances.invalidate_recordset()
        return {"type": "ir.actions.act_window_close"}

    def _prepare_change(self, balance):
        card = balance.card_id
        milli = to_milli(balance.difference)
        return Change("difference", milli, card._name, card.id, note=self.reason)
