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
        return [*super()._get_erased_also(), SQL(browsers, self.ids)]

    def _erase_interactions(self):
        visitors = self.env["crm.touch.visitor"]
        visitors.flush_model()
        count = super()._erase_interactions()
        visitors.invalidate_model(flush=False)
        return count
