from odoo import fields, models

from .crm_funnel import EVENTS


class CrmFunnelTrigger(models.Model):
    """What moves a deal of a funnel by itself, and where to. Never backwards."""

    _name = "crm.funnel.trigger"
    _description = "Automatic Move"
    _order = "funnel_id, sequence, id"
    _rec_name = "event"

    funnel_id = fields.Many2one(
        "crm.funnel", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    event = fields.Selection(
        EVENTS,
        string="When",
        required=True,
        help="Sent and confirmed: one quotation or order of the deal is enough. The "
        "others wait until all its confirmed orders are delivered, invoiced by posted "
        "invoices, or paid.",
    )
    stage_id = fields.Many2one(
        "crm.stage",
        string="Move to",
        required=True,
        ondelete="cascade",
        domain="[('id', 'in', parent.stage_ids)]",
        help="A deal that is already further stays where it is.",
    )

    _event_uniq = models.Constraint(
        "UNIQUE(funnel_id, event)", "A funnel moves its deals once for each event."
    )
