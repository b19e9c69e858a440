from odoo import fields, models


class CrmScriptReply(models.Model):
    """What a customer answered to a step of a script; the last answer counts."""

    _name = "crm.script.reply"
    _description = "Reply to a Script"
    _order = "replied_at DESC, id DESC"
    _rec_name = "step_id"

    lead_id = fields.Many2one("crm.lead", string="Lead or Deal", ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner", string="Person", ondelete="set null", index="btree_not_null"
    )
    script_id = fields.Many2one(
        "crm.script", required=True, ondelete="cascade", index=True
    )
    step_id = fields.Many2one("crm.script.step", required=True, ondelete="cascade")
    answer_id = fields.Many2one("crm.script.answer", ondelete="restrict")
    words = fields.Char(string="In Words")
    user_id = fields.Many2one("res.users", string="Asked by", ondelete="set null")
    replied_at = fields.Datetime(required=True)
    company_id = fields.Many2one("res.company", ondelete="cascade")
    team_id = fields.Many2one("crm.team", string="Sales Team", ondelete="set null")

    _lead_step_uniq = models.UniqueIndex("(lead_id, step_id) WHERE lead_id IS NOT NULL")
