from odoo import fields, models


class CrmCustomerDirty(models.Model):
    """Customers and months whose sums must be worked out again.

    Plain numbers instead of references: a row is appended by every posting, payment and
    contact, and nothing may make those wait or fail.
    """

    _name = "crm.customer.dirty"
    _inherit = "crm.dirty.mixin"
    _description = "Customer's Month to Work Out"
    _log_access = False
    _dirty_key = ("customer_id", "company_id", "month")

    customer_id = fields.Integer(required=True, export_string_translation=False)
    company_id = fields.Integer(required=True, export_string_translation=False)
    month = fields.Date(required=True, export_string_translation=False)
