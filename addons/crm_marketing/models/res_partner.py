from odoo import api, models
from odoo.tools import SQL

ERASED = ["visitor_id", "click_ref", "utm_term"]


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _get_erased_columns(self):
        """Which ad brought somebody stays counted; who it was goes."""
        return super()._get_erased_columns() + ERASED

    def _get_erased_also(self):
        """A person's browsers are forgotten with him."""
        browsers = "DELETE FROM crm_touch_visitor WHERE partner_id = ANY(%s)"
        words = (
            "UPDATE crm_attribution_line SET utm_term = NULL WHERE utm_term IS NOT NULL AND "
            "interaction_id IN (SELECT id FROM crm_interaction WHERE partner_id = ANY(%s))"
        )
        return [
            *super()._get_erased_also(),
            SQL(browsers, self.ids),
            SQL(words, self.ids),
        ]

    def _erase_interactions(self):
        visitors = self.env["crm.touch.visitor"]
        visitors.flush_model()
        count = super()._erase_interactions()
        visitors.invalidate_model(flush=False)
        self.env["crm.attribution.line"].invalidate_model(flush=False)
        return count

    # ------------------------------------------------------------ credits of invoices

    def _crm_mark_family(self):
        """Who changes his company takes his touches along."""
        result = super()._crm_mark_family()
        self._crm_mark_attribution()
        return result

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Two customers' touches and invoices become one's."""
        everybody = self.browse(source_ids) | destination
        result = super()._crm_merge_partners(source_ids, destination)
        everybody._crm_mark_attribution()
        return result

    def _crm_mark_attribution(self):
        customers = self | self.commercial_partner_id
        # sudo: the queue belongs to the engine
        self.env["crm.attribution.dirty"].sudo()._mark_ids("customer", customers.ids)


class CrmPartnerMergeLog(models.Model):
    _inherit = "crm.partner.merge.log"

    def action_undo(self):
        result = super().action_undo()
        (self.source_id | self.destination_id)._crm_mark_attribution()
        return result
