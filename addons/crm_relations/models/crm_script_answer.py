from odoo import fields, models


class CrmScriptAnswer(models.Model):
    _name = "crm.script.answer"
    _description = "Answer in a Script"
    _order = "step_id, sequence, id"

    step_id = fields.Many2one(
        "crm.script.step", required=True, ondelete="cascade", index=True
    )
    script_id = fields.Many2one(related="step_id.script_id")
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Answer", required=True, translate=True)
    next_step_id = fields.Many2one(
        "crm.script.step",
        ondelete="set null",
        domain="[('script_id', '=', script_id)]",
        help="Empty: the step below.",
    )
    is_end = fields.Boolean(
        string="Ends Here", help="After this answer nothing is left to say."
    )
