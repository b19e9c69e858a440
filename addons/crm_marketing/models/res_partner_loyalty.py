from odoo import api, fields, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    # sudo: a level is what everybody who serves the customer should know
    crm_loyalty_level_id = fields.Many2one(
        "crm.loyalty.level",
        string="Loyalty Level",
        compute="_compute_crm_loyalty_level",
        compute_sudo=True,
    )

    @api.depends_context("company")
    @api.depends("commercial_partner_id")
    def _compute_crm_loyalty_level(self):
        rows = self._crm_get_level_rows()
        for partner in self:
            row = rows.get(partner.commercial_partner_id.id)
            partner.crm_loyalty_level_id = row and row.level_id

    def _get_crm_queue_bonuses(self):
        """Whoever has a level is answered sooner, as it says."""
        bonuses = super()._get_crm_queue_bonuses()
        for customer, row in self._crm_get_level_rows().items():
            bonuses[customer] = bonuses.get(customer, 0) + row.level_id.queue_bonus
        return bonuses

    def _crm_get_level_rows(self):
        """{customer id: crm.customer.level} in the company in use."""
        # sudo: a level is what everybody who serves the customer should know
        levels_sudo = self.env["crm.customer.level"].sudo()
        if not self.env["crm.loyalty.level"]._is_used():
            return {}
        rows = levels_sudo.search(
            [
                ("customer_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ]
        )
        return {row.customer_id.id: row for row in rows}

    def _crm_get_level_text(self):
        """For documents and the portal: the level and the way to the next, or nothing."""
        self.ensure_one()
        row = self._crm_get_level_rows().get(self.commercial_partner_id.id)
        return row._get_text() if row else ""

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Levels are worked out anew for the one that stays; he keeps what he has."""
        # sudo: whoever merges customers knows nothing of holdouts
        self.env["crm.loyalty.side"].sudo()._keep(list(source_ids), destination)
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_customer_level WHERE customer_id = ANY(%s)",
                list(source_ids),
            )
        )
        self.env["crm.customer.level"].invalidate_model(flush=False)
        return super()._crm_merge_partners(source_ids, destination)

    def _erase_interactions(self):
        """Words about points and the codes for friends go with the person."""
        if self.ids:
            self._crm_erase_points()
        return super()._erase_interactions()

    def _crm_erase_points(self):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH words AS (
                    UPDATE crm_loyalty_entry SET note = NULL
                     WHERE note IS NOT NULL AND card_id IN (
                           SELECT id FROM loyalty_card WHERE partner_id = ANY(%(ids)s))
                 RETURNING history_id
                ), codes AS (
                    DELETE FROM crm_referral_code WHERE partner_id = ANY(%(ids)s)
                )
                UPDATE loyalty_history SET description = '–'
                 WHERE id IN (SELECT history_id FROM words)
                """,
                ids=self.ids,
            )
        )
        for model in ("crm.loyalty.entry", "crm.referral.code", "loyalty.history"):
            self.env[model].invalidate_model(flush=False)
