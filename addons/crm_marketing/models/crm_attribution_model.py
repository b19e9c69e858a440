from odoo import fields, models

from ..tools.attribution import MODELS


class CrmAttributionModel(models.Model):
    """A way to share an invoice out among the touches before it; ten, fixed."""

    _name = "crm.attribution.model"
    _description = "Attribution Model"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(default=10)
    description = fields.Text(
        translate=True, required=True, help="Who gets how much, in a sentence."
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "Each model exists once.")
    _code_check = models.Constraint(
        f"CHECK(code IN {MODELS})",  # a tuple of texts reads the same in SQL
        "There is no arithmetic for this model.",
    )
