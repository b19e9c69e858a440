from odoo import api, fields, models


class CrmScriptReply(models.Model):
    """What a customer answered to a step of a script; the last answer counts.

    Kept on the lead or deal, or, where the script of a queue is said before there is
    one, on the contact itself.
    """

    _name = "crm.script.reply"
    _description = "Reply to a Script"
    _order = "replied_at DESC, id DESC"
    _rec_name = "step_id"

    lead_id = fields.Many2one("crm.lead", string="Lead or Deal", ondelete="cascade")
    interaction_id = fields.Many2one(
        "crm.interaction",
        string="Contact",
        ondelete="cascade",
        help="The call or message in which it was asked, when there was no lead yet.",
    )
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
    _interaction_step_uniq = models.UniqueIndex(
        "(interaction_id, step_id) WHERE interaction_id IS NOT NULL"
    )

    @api.model
    def _keep_sudo(self, owner, values, step_id, answer_id, words):
        """Keep the answer to a step; the last one counts.

        sudo: replies are written here only; whoever calls has asked for the rights on
        the record they belong to.

        :param dict owner: ``{"lead_id": id}`` or ``{"interaction_id": id}``
        :param dict values: what else a new reply says of the record
        """
        step = self.env["crm.script.step"].browse(step_id)
        step.check_access("read")
        answer = step.answer_ids.filtered(lambda row: row.id == answer_id)
        values = {
            **values,
            "answer_id": answer.id,
            "words": (words or "").strip() or False,
            "user_id": self.env.uid,
            "replied_at": self.env.cr.now(),
        }
        [[name, record_id]] = owner.items()
        replies_sudo = self.sudo()
        known_sudo = replies_sudo.search(
            [(name, "=", record_id), ("step_id", "=", step.id)]
        )
        if known_sudo:
            known_sudo.write(values)
        else:
            values |= {**owner, "script_id": step.script_id.id, "step_id": step.id}
            replies_sudo.create(values)
