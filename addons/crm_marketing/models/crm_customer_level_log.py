from odoo import fields, models
from odoo.exceptions import UserError


class CrmCustomerLevelLog(models.Model):
    """Every change of a customer's level. Append-only."""

    _name = "crm.customer.level.log"
    _description = "Loyalty Level History"
    _order = "date DESC, id DESC"
    _rec_name = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    date = fields.Date(required=True, readonly=True)
    from_level_id = fields.Many2one(
        "crm.loyalty.level", string="From", readonly=True, ondelete="cascade"
    )
    level_id = fields.Many2one(
        "crm.loyalty.level", string="To", readonly=True, ondelete="cascade"
    )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The history of levels is not rewritten."))
