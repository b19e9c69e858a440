from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import script_text


class CrmScriptStep(models.Model):
    _name = "crm.script.step"
    _description = "Step of a Script"
    _order = "script_id, sequence, id"
    _rec_name = "text"

    script_id = fields.Many2one(
        "crm.script", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    text = fields.Text(
        string="Words to Say",
        required=True,
        translate=True,
        help="{{person}}, {{customer}}, {{company}}, {{salesperson}}, {{deal}}, {{amount}}, "
        "{{city}} and {{phone}} are filled in with the customer's data.",
    )
    hint = fields.Text(translate=True, help="For the salesperson only; not said aloud.")
    answer_ids = fields.One2many(
        "crm.script.answer", "step_id", string="Answers", copy=True
    )

    @api.constrains("text")
    def _check_places(self):
        known = set(self.env["crm.lead"]._get_script_places())
        for step in self:
            unknown = [
                name for name in script_text.names(step.text) if name not in known
            ]
            if unknown:
                raise ValidationError(
                    self.env._(
                        "{{%(name)s}} is not known. Known are: %(known)s.",
                        name=unknown[0],
                        known=", ".join(sorted(known)),
                    )
                )
