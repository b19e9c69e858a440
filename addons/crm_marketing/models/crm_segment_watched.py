"""What changes who belongs to a segment: the places that tell the queue."""

from odoo import api, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        self.env["crm.segment"]._mark(partners.ids)
        return partners

    def write(self, vals):
        result = super().write(vals)
        segments = self.env["crm.segment"]
        if (segments._get_watched_fields() or frozenset()) & vals.keys():
            segments._mark(self.ids)
        return result


class CrmCustomerMonth(models.Model):
    """Invoices, payments and contacts: the hub's own queue has already gathered them."""

    _inherit = "crm.customer.month"

    @api.model
    def _recompute(self, keys):
        result = super()._recompute(keys)
        self.env["crm.segment"]._mark({customer for customer, *_rest in keys})
        return result


class CrmCustomerMetric(models.Model):
    _inherit = "crm.customer.metric"

    @api.model
    def _on_class_change(self, changes):
        result = super()._on_class_change(changes)
        self.env["crm.segment"]._mark({customer for customer, *_rest in changes})
        return result


class CrmCustomerAsset(models.Model):
    _inherit = "crm.customer.asset"

    @api.model_create_multi
    def create(self, vals_list):
        assets = super().create(vals_list)
        assets._crm_mark_segments()
        return assets

    def write(self, vals):
        if "partner_id" in vals:
            self._crm_mark_segments()
        result = super().write(vals)
        self._crm_mark_segments()
        return result

    def unlink(self):
        self._crm_mark_segments()
        return super().unlink()

    def _crm_mark_segments(self):
        self.env["crm.segment"]._mark(self.partner_id.ids)
