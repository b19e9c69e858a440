from odoo import api, models


class CrmSearch(models.AbstractModel):
    _inherit = "crm.search"

    @api.model
    def _get_groups(self):
        return [
            *super()._get_groups(),
            ("transfers", self.env._("Transfers"), "stock.picking"),
            ("serials", self.env._("Serial Numbers"), "stock.lot"),
        ]

    @api.model
    def _find_products(self, term, reached, limit):
        """What is free now, beside who bought it lately."""
        items = super()._find_products(term, reached, limit)
        # sudo: a salesperson may know what he can sell
        templates_sudo = self.env["product.template"].sudo()
        templates_sudo = templates_sudo.browse(item["id"] for item in items)
        stored_sudo = templates_sudo.filtered("is_storable")
        free = dict.fromkeys(stored_sudo.ids, 0.0)
        for variant_sudo in stored_sudo.product_variant_ids:
            free[variant_sudo.product_tmpl_id.id] += variant_sudo.free_qty
        units = {template.id: template.uom_id.name for template in stored_sudo}
        for item in items:
            if item["id"] in free:
                quantity = free[item["id"]]
                item["extra"]["free_qty"] = quantity
                stock = self.env._(
                    "free now: %(quantity)s %(unit)s",
                    quantity=f"{quantity:g}",
                    unit=units[item["id"]],
                )
                parts = [item["subtitle"], stock]
                item["subtitle"] = " · ".join(part for part in parts if part)
        return items

    @api.model
    def _find_transfers(self, term, _reached, limit):
        domain = self._words_domain("name", term)
        fields = ["name", "partner_id", "state", "scheduled_date"]
        found = self._find("stock.picking", domain, term, fields, limit, "name")
        states = dict(found._fields["state"]._description_selection(self.env))
        return [
            self._prepare_item(
                picking,
                picking.name,
                # sudo: a name only
                [picking.partner_id.sudo().display_name, states.get(picking.state)],
                {"date": str(picking.scheduled_date)},
            )
            for picking in found
        ]

    @api.model
    def _find_serials(self, term, _reached, limit):
        domain = self._words_domain("name", term)
        fields = ["name", "product_id"]
        return [
            self._prepare_item(lot, lot.name, [lot.product_id.display_name])
            for lot in self._find("stock.lot", domain, term, fields, limit, "name")
        ]
