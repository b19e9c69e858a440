from odoo import api, models
from odoo.fields import Domain


class CrmSearch(models.AbstractModel):
    _inherit = "crm.search"

    @api.model
    def _get_groups(self):
        return [
            *super()._get_groups(),
            ("assets", self.env._("Assets"), "crm.customer.asset"),
        ]

    @api.model
    def _find_assets(self, term, _reached, limit):
        """By plate or serial in any spelling, or by words: "red volkswagen"."""
        fields = ["name", "serial", "partner_id", "type_id", "next_service_date"]
        domain = Domain("find", "ilike", term.text)
        return [
            self._prepare_asset(asset)
            for asset in self._find("crm.customer.asset", domain, term, fields, limit)
        ]

    @api.model
    def _prepare_asset(self, asset):
        holder_sudo = asset.partner_id.sudo()  # a name only
        service = asset.next_service_date
        return self._prepare_item(
            asset,
            asset.display_name,
            [holder_sudo.display_name, asset.type_id.name],
            {"next_service": str(service) if service else False},
        )
