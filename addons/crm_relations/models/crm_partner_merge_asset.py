from odoo import api, models


class CrmCustomerAsset(models.Model):
    _inherit = "crm.customer.asset"

    @api.model
    def _follow_holders(self, asset_ids):
        """Customer, salesperson and team of assets whose holder SQL has changed."""
        assets_sudo = self.sudo().browse(asset_ids).exists()
        assets_sudo.modified(["partner_id"])
        self.env.flush_all()


class CrmPartnerMergeLog(models.Model):
    _inherit = "crm.partner.merge.log"

    @api.model
    def _recompute_people(self, rows):
        result = super()._recompute_people(rows)
        self.env["crm.customer.asset"]._follow_holders(
            [
                res_id
                for table, column, _key, ids in rows
                for res_id in ids
                if (table, column) == ("crm_customer_asset", "partner_id")
            ]
        )
        return result


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "asset_id"]
