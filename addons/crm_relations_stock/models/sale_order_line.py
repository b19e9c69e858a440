from odoo import api, fields, models

WAITING = ("waiting", "confirmed", "assigned", "partially_available")


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    crm_free_qty = fields.Float(
        string="Free Now",
        compute="_compute_crm_stock",
        digits="Product Unit",
        help="In the order's warehouse, not reserved for anybody, in the line's unit.",
    )
    crm_next_receipt_at = fields.Datetime(
        string="Next Receipt",
        compute="_compute_crm_stock",
        help="When the next goods of this product are expected in the order's warehouse.",
    )

    @api.depends("product_id", "product_uom_id", "warehouse_id")
    def _compute_crm_stock(self):
        self.crm_free_qty = 0.0
        self.crm_next_receipt_at = False
        lines = self.filtered(lambda line: line.is_storable and line.warehouse_id)
        free = lines._crm_read_free_qty()
        receipts = lines._crm_read_next_receipts()
        for line in lines:
            key = (line.product_id.id, line.warehouse_id.id)
            line.crm_free_qty = line.product_id.uom_id._compute_quantity(
                free.get(key, 0.0),
                line.product_uom_id or line.product_id.uom_id,
                rounding_method="DOWN",  # never more than there is
            )
            line.crm_next_receipt_at = receipts.get(key, False)

    def _crm_read_free_qty(self):
        """``{(product id, warehouse id): quantity}`` by the host's own count."""
        quantities = {}
        for warehouse, lines in self.grouped("warehouse_id").items():
            # sudo: who sees the order may know what is on stock (accountants too)
            products_sudo = lines.product_id.sudo().with_context(
                warehouse_id=warehouse.id
            )
            for values in products_sudo.read(["free_qty"]):
                quantities[values["id"], warehouse.id] = values["free_qty"]
        return quantities

    def _crm_read_next_receipts(self):
        """``{(product id, warehouse id): datetime}`` of the earliest goods to come."""
        if not self:
            return {}
        # sudo: as above
        groups = (
            self.env["stock.move"]
            .sudo()
            ._read_group(
                [
                    ("product_id", "in", self.product_id.ids),
                    ("state", "in", WAITING),
                    ("location_dest_id.warehouse_id", "in", self.warehouse_id.ids),
                    ("location_id.usage", "in", ("supplier", "production", "transit")),
                ],
                ["product_id", "location_dest_id"],
                ["date:min"],
            )
        )
        receipts = {}
        for product, location, date in groups:
            key = (product.id, location.warehouse_id.id)
            receipts[key] = min(date, receipts.get(key, date))
        return receipts
