from odoo import fields, models


class CrmInstruction(models.Model):
    """A regulation of the company or the job instruction of a role."""

    _name = "crm.instruction"
    _description = "Regulation or Job Instruction"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [("regulation", "Regulation"), ("job", "Job Instruction")],
        required=True,
        default="regulation",
    )
    body = fields.Html(translate=True, sanitize=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: valid in every company."
    )
    role_ids = fields.Many2many(
        "res.role", string="Roles", help="Whom it concerns. Empty: everybody."
    )
    stage_ids = fields.Many2many(
        "crm.stage",
        "crm_instruction_stage_rel",
        "instruction_id",
        "stage_id",
        string="Stages",
        help="Shown beside deals in these stages. Empty: in every stage.",
    )

    def _get_for_lead(self, lead):
        """What concerns the user at the lead's stage."""
        rows = self.search(
            [
                ("company_id", "in", [False, lead.company_id.id]),
                "|",
                ("stage_ids", "=", False),
                ("stage_ids", "in", lead.stage_id.ids),
            ]
        )
        # sudo: one's own roles are not secret
        return rows.filtered(
            lambda row: not row.role_ids
            or self.env.user in row.sudo().role_ids.user_ids
        )
