from odoo import fields, models


class ResPartner(models.Model):
    """Who is answered sooner: one number for whoever queues or ranks calls.

    The hub knows no reason of its own; departments add theirs. Readable by everybody
    who serves a customer, in the company in use.
    """

    _inherit = "res.partner"

    crm_queue_bonus = fields.Integer(
        string="Call Queue Bonus",
        compute="_compute_crm_queue_bonus",
        compute_sudo=True,
        help="Minutes: so much sooner the customer is answered than others who wait as "
        "long.",
    )

    def _compute_crm_queue_bonus(self):
        bonuses = self._get_crm_queue_bonuses()
        for partner in self:
            partner.crm_queue_bonus = bonuses.get(partner.commercial_partner_id.id, 0)

    def _get_crm_queue_bonuses(self):
        """``{customer id: minutes of head start}``; modules add theirs to ``super()``'s."""
        return {}
