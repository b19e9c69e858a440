from odoo.addons.crm_relations.tests.common import RelationsCommon


class StockCommon(RelationsCommon):
    """A warehouse with a keeper, and a product that is kept there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = cls._make_user(
            "rel_keeper", "base.group_user,stock.group_stock_user"
        )
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.warehouse.crm_keeper_id = cls.keeper
        cls.customer = cls._make_customer(user_id=cls.olena.id)
        cls.tyre = cls._make_product("Tyre R16", 10)

    @classmethod
    def _make_product(cls, name, quantity=0):
        product = cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "list_price": 100,
                "invoice_policy": "delivery",
            }
        )
        if quantity:
            cls._put_on_stock(product, quantity)
        return product

    @classmethod
    def _put_on_stock(cls, product, quantity):
        cls.env["stock.quant"]._update_available_quantity(
            product, cls.warehouse.lot_stock_id, quantity
        )

    @classmethod
    def _make_receipt(cls, product, quantity, date):
        move = cls.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "picking_type_id": cls.warehouse.in_type_id.id,
                "location_id": cls.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": cls.warehouse.lot_stock_id.id,
                "date": date,
            }
        )
        move._action_confirm(merge=False)
        move.date = date
        return move

    def _make_order(self, user=None, product=None, quantity=2, **values):
        lines = [
            (0, 0, {"product_id": one.id, "product_uom_qty": quantity})
            for one in product or self.tyre
        ]
        orders = self.env["sale.order"].with_user(user or self.olena)
        return orders.create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "order_line": lines,
                **values,
            }
        )
