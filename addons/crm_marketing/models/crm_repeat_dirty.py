from odoo import api, fields, models


class CrmRepeatDirty(models.Model):
    """Customers who bought something, or whose purchase was undone."""

    _name = "crm.repeat.dirty"
    _inherit = "crm.dirty.mixin"
    _description = "Customer to Look at for Repeat Sales"
    _log_access = False
    _dirty_key = ("customer_id", "company_id")

    customer_id = fields.Integer(required=True, export_string_translation=False)
    company_id = fields.Integer(required=True, export_string_translation=False)

    @api.model
    def _note(self, pairs):
        """Queue those whose company has a running rule.

        :param pairs: (customer id, company id)
        """
        watching = self.env["crm.repeat.rule"]._get_watching_companies()
        if watching:
            self._mark([pair for pair in pairs if pair[0] and pair[1] in watching])


class CrmCustomerMonth(models.Model):
    """The books: the hub's own queue has already gathered what changed."""

    _inherit = "crm.customer.month"

    @api.model
    def _recompute(self, keys):
        result = super()._recompute(keys)
        self.env["crm.repeat.dirty"]._note(
            {(customer, company) for customer, company, _month in keys}
        )
        return result


class SaleOrder(models.Model):
    """An order counts as soon as it is confirmed, not only when it is invoiced."""

    _inherit = "sale.order"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") in ("sale", "cancel"):
            self.env["crm.repeat.dirty"]._note(
                {
                    (order.partner_id.commercial_partner_id.id, order.company_id.id)
                    for order in self
                }
            )
        return result
