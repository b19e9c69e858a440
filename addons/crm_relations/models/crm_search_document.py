"""Documents by number, products by name or code."""

from odoo import api, models
from odoo.fields import Domain

from .crm_search import CANDIDATES, escape

SALE_MOVES = ("out_invoice", "out_refund", "out_receipt")


class CrmSearch(models.AbstractModel):
    _inherit = "crm.search"

    # ------------------------------------------------------------ documents

    @api.model
    def _find_orders(self, term, _reached, limit):
        if term.is_short:
            return []
        domain = Domain.OR(
            Domain(field, "ilike", escape(term.text))
            for field in ("name", "client_order_ref")
        )
        fields = [
            "name",
            "partner_id",
            "state",
            "amount_total",
            "currency_id",
            "date_order",
        ]
        return [
            self._prepare_document(order, order.date_order)
            for order in self._find("sale.order", domain, term, fields, limit, "name")
        ]

    @api.model
    def _find_invoices(self, term, _reached, limit):
        if term.is_short:
            return []
        domain = Domain("move_type", "in", SALE_MOVES) & Domain.OR(
            Domain(field, "ilike", escape(term.text))
            for field in ("name", "ref", "payment_reference")
        )
        fields = [
            "name",
            "partner_id",
            "state",
            "amount_total",
            "currency_id",
            "invoice_date",
        ]
        return [
            self._prepare_document(move, move.invoice_date)
            for move in self._find("account.move", domain, term, fields, limit, "name")
        ]

    @api.model
    def _prepare_document(self, document, date):
        states = dict(document._fields["state"]._description_selection(self.env))
        return self._prepare_item(
            document,
            document.name or document.display_name,
            # sudo: a name only
            [document.partner_id.sudo().name, states.get(document.state)],
            {
                "amount": document.amount_total,
                "currency_id": document.currency_id.id,
                "date": str(date) if date else False,
            },
        )

    # ------------------------------------------------------------ products

    @api.model
    def _find_products(self, term, _reached, limit):
        if term.is_short:
            return []
        templates = self.env["product.template"]
        codes = {term.text, term.text.upper()}
        by_code = Domain.OR(
            Domain("default_code", "=like", f"{escape(code)}%") for code in codes
        )
        variants = self.env["product.product"]
        variants = variants.browse(
            variants._search(
                by_code | Domain("barcode", "=", term.text), limit=CANDIDATES
            )
        )
        fields = ["name", "default_code", "list_price", "currency_id"]
        domain = Domain("sale_ok", "=", True)
        found = templates.search(
            domain & Domain("id", "in", variants.product_tmpl_id.ids)
        )
        found |= self._find(
            "product.template",
            domain & self._words_domain("name", term),
            term,
            fields,
            limit,
            "name",
        )
        found = found[:limit]
        extra = self._get_product_extra(found)
        return [
            self._prepare_item(
                product,
                product.name,
                [product.default_code],
                {"price": product.list_price, "currency_id": product.currency_id.id}
                | extra[product.id],
            )
            for product in found
        ]

    @api.model
    def _get_product_extra(self, templates):
        """{template id: {"bought_by": [last three customers: {"id", "name", "date"}]}}

        The stock glue adds what is on hand.
        """
        extra = {template.id: {"bought_by": []} for template in templates}
        lines = self.env["sale.order.line"]
        if not templates or not lines.has_access("read"):
            return extra
        lines = lines.search_fetch(
            [
                ("product_id", "in", templates.product_variant_ids.ids),
                ("state", "=", "sale"),
            ],
            ["product_id", "order_partner_id", "create_date"],
            order="id DESC",
            limit=CANDIDATES * 3,
        )
        for line in lines:
            buyers = extra[line.product_id.product_tmpl_id.id]["bought_by"]
            partner_sudo = line.order_partner_id.sudo()  # sudo: a name only
            if len(buyers) < 3 and all(
                buyer["id"] != partner_sudo.id for buyer in buyers
            ):
                date = str(line.create_date.date())
                buyers.append(
                    {"id": partner_sudo.id, "name": partner_sudo.name, "date": date}
                )
        return extra
