from odoo import fields, models


class CrmCustomerClassLog(models.Model):
    """When a customer came into which class: one row per change, never rewritten."""

    _name = "crm.customer.class.log"
    _description = "Change of a Customer's Class"
    _order = "date DESC, id DESC"
    _rec_name = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    date = fields.Date(required=True, readonly=True)
    old_class = fields.Selection("_selection_class", string="From", readonly=True)
    new_class = fields.Selection(
        "_selection_class", string="To", required=True, readonly=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        readonly=True,
        ondelete="set null",
        help="Who had the customer then; the record rules read it.",
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", readonly=True, ondelete="set null"
    )

    # the card: a customer's history
    _customer_date_idx = models.Index("(customer_id, company_id, date DESC)")

    def _selection_class(self):
        return self.env["crm.customer.metric"]._selection_class()
