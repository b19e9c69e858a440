from odoo import api, models
from odoo.tools import SQL

from .crm_customer_month_source import CONTACT_MONTH, CONTACT_ZONE

FIELDS = {
    "customer_id", "partner_id", "company_id", "user_id", "started_at", "answered_at",
    "ended_at", "is_automatic",
}  # fmt: skip

# A contact changes what it costs to serve its customer, and when he was last heard of.
MARK_MONEY = SQL(
    """
    INSERT INTO crm_customer_dirty (customer_id, company_id, month)
    SELECT DISTINCT i.customer_id, i.company_id, %s
      FROM (SELECT customer_id, company_id, started_at FROM updated
             UNION ALL
            SELECT customer_id, company_id, started_at FROM created) i
    %s
     WHERE i.customer_id IS NOT NULL
    """,
    CONTACT_MONTH,
    CONTACT_ZONE,
)


class CrmInteraction(models.Model):
    """What people do with contacts by hand; feeds mark by set (crm_interaction_upsert)."""

    _inherit = "crm.interaction"

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._crm_mark_money()
        return rows

    def write(self, vals):
        if not FIELDS & vals.keys():
            return super().write(vals)
        self._crm_mark_money()
        result = super().write(vals)
        self._crm_mark_money()
        return result

    def unlink(self):
        self._crm_mark_money()
        return super().unlink()

    def _get_upsert_marks(self):
        return SQL("%s, money_mark AS (%s)", super()._get_upsert_marks(), MARK_MONEY)

    def _crm_mark_money(self):
        """Queue the months of these contacts."""
        if not self.ids:
            return
        self.flush_model()
        # sudo: the queue belongs to the engine
        self.env["crm.customer.dirty"].sudo()._mark(
            SQL(
                "SELECT DISTINCT i.customer_id, i.company_id, %s FROM crm_interaction i %s "
                "WHERE i.id = ANY(%s) AND i.customer_id IS NOT NULL",
                CONTACT_MONTH,
                CONTACT_ZONE,
                self.ids,
            )
        )
