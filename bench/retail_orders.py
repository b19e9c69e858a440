"""Documents of Online Retail as orders: confirmed, delivered, invoiced by the host."""

from datetime import datetime

from odoo.fields import Command

from . import retail


def order_values(number, rows, known, journal_id, prefix):
    """Values of one ``sale.order``, dated as the file's invoice."""
    return {
        "partner_id": known["partners"][retail.customer(rows)],
        "client_order_ref": f"{prefix}{number}",
        "date_order": moment(rows),
        "journal_id": journal_id,
        "order_line": [
            Command.create(
                {
                    "product_id": known["products"][row["StockCode"]],
                    "product_uom_id": known["uom"],
                    "name": row["Description"] or row["StockCode"],
                    "product_uom_qty": int(row["Quantity"]),
                    "price_unit": float(row["UnitPrice"]),
                    "discount": 0.0,
                    "tax_ids": [Command.clear()],
                }
            )
            for row in rows
        ],
    }


def moment(rows):
    """When the document was made, as the file says.

    >>> moment([{"InvoiceDate": "2011-02-01 08:26:00"}])
    datetime.datetime(2011, 2, 1, 8, 26)
    """
    return datetime.fromisoformat(rows[0]["InvoiceDate"])


def post(env, documents, known, journal_id, prefix):
    """Sell ``{number: rows}``: order, delivery and posted invoice of each."""
    if not documents:
        return
    orders = env["sale.order"].create(
        [
            order_values(number, rows, known, journal_id, prefix)
            for number, rows in documents.items()
        ]
    )
    orders.action_confirm()
    made = dict(zip(orders, map(moment, documents.values()), strict=True))
    for order, at in made.items():
        order.date_order = at  # confirming sets today
    _deliver(orders.picking_ids)
    for order, at in made.items():
        order.picking_ids.date_done = at
    invoices = orders._create_invoices(grouped=True)
    for invoice in invoices:
        at = made[invoice.line_ids.sale_line_ids.order_id]
        invoice.write({"invoice_date": at.date(), "date": at.date()})
    invoices._post(soft=False)


def _deliver(pickings):
    for move in pickings.move_ids:
        move.quantity = move.product_uom_qty
    pickings.move_ids.picked = True
    pickings._action_done()
