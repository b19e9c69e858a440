from odoo import fields, models


class CrmStageCheckDone(models.Model):
    """Who closed a check of a deal, and when."""

    _name = "crm.stage.check.done"
    _description = "Check Done"
    _order = "done_at DESC, id DESC"
    _rec_name = "check_id"

    check_id = fields.Many2one("crm.stage.check", required=True, ondelete="cascade")
    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade", index=True)
    user_id = fields.Many2one("res.users", string="Done by", ondelete="set null")
    done_at = fields.Datetime(required=True)

    attachment_id = fields.Many2one(
        "ir.attachment",
        string="Document",
        ondelete="cascade",
        help="The document that closed it; deleted, the check is open again.",
    )

    # a document closes one check
    _attachment_uniq = models.UniqueIndex(
        "(attachment_id) WHERE attachment_id IS NOT NULL"
    )
    _check_lead_uniq = models.Constraint(
        "UNIQUE(lead_id, check_id)", "This check is done already."
    )
