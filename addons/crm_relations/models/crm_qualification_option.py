from odoo import fields, models


class CrmQualificationOption(models.Model):
    """One of the answers to choose from."""

    _name = "crm.qualification.option"
    _description = "Qualification Choice"
    _order = "sequence, id"

    criterion_id = fields.Many2one(
        "crm.qualification.criterion", required=True, ondelete="cascade", index=True
    )
    name = fields.Char(string="Choice", required=True, translate=True)
    sequence = fields.Integer(default=10)
    share_percent = fields.Integer(
        string="Fits (%)",
        required=True,
        default=100,
        help="Share of the question's weight this answer earns: 100 fits, 0 does not.",
    )

    _share_percent_check = models.Constraint(
        "CHECK(share_percent BETWEEN 0 AND 100)", "A choice fits from 0 to 100 percent."
    )

    def write(self, vals):
        result = super().write(vals)
        if "share_percent" in vals:
            self.criterion_id._judge_open_answers_again()
        return result
