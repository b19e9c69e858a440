from odoo import models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_timeline import SOURCE_RANKS

SOURCE_RANKS["delivery"] = 50  # after its order, before its invoice


class CrmTimeline(models.AbstractModel):
    _inherit = "crm.timeline"

    def _get_kinds(self):
        kinds = super()._get_kinds()
        delivery = {
            "code": "delivery",
            "label": self.env._("Deliveries"),
            "name": self.env._("Delivery"),
            "icon": "fa-truck",
        }
        after = next(n for n, kind in enumerate(kinds, 1) if kind["code"] == "order")
        return [*kinds[:after], delivery, *kinds[after:]]

    def _get_sources(self):
        return [
            *super()._get_sources(),
            (SOURCE_RANKS["delivery"], self._select_deliveries),
        ]

    def _get_state_fields(self):
        return {**super()._get_state_fields(), "delivery": [("stock.picking", "state")]}

    def _get_documents(self, scope):
        return [
            *super()._get_documents(scope),
            SQL(
                "SELECT 'stock.picking', id FROM stock_picking WHERE partner_id = ANY(%s)",
                scope["family"],
            ),
        ]

    def _select_deliveries(self, scope, kinds, tail):
        """Transfers to the customer and back, at the moment they were done or are due."""
        return self._select_document(
            scope, kinds, tail,
            source="delivery", kind="delivery", model="stock.picking", table="stock_picking",
            at=SQL("COALESCE(d.date_done, d.scheduled_date, d.create_date)"),
            title=SQL("concat_ws(' · ', d.name, d.origin)"),
            state=SQL("d.state"),
            direction=SQL(
                "(SELECT CASE WHEN t.code = 'incoming' THEN 'in' ELSE 'out' END "
                "FROM stock_picking_type t WHERE t.id = d.picking_type_id)"
            ),
            user_id=SQL("d.user_id"),
            where=SQL(
                "EXISTS (SELECT FROM stock_picking_type t WHERE t.id = d.picking_type_id "
                "AND t.code IN ('outgoing', 'incoming'))"
            ),
        )  # fmt: skip
