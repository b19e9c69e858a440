from odoo import models

from .base import trigram_index


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # crm.search: the customer's own number of an order
    _client_order_ref_trgm_idx = models.Index(
        lambda registry: trigram_index(registry, "client_order_ref")
    )
