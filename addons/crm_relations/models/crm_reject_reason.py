from odoo import fields, models


class CrmRejectReason(models.Model):
    """Why a lead is not ours, or not yet. Not the host's reason for a lost deal."""

    _name = "crm.reject.reason"
    _description = "Reject or Nurture Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    usage = fields.Selection(
        [("reject", "Reject"), ("nurture", "Nurture"), ("both", "Reject and nurture")],
        required=True,
        default="reject",
        help="Where the reason is offered: when a lead is rejected, when it is put "
        "aside until later, or both.",
    )
    needs_words = fields.Boolean(
        help="The salesperson must say in words what the reason means here."
    )
    decision_count = fields.Integer(
        string="Leads",
        compute="_compute_decision_count",
        help="Leads that stand rejected or put aside for this reason.",
    )

    def _compute_decision_count(self):
        groups = self.env["crm.qualification.decision"]._read_group(
            [("reason_id", "in", self.ids), ("is_standing", "=", True)],
            ["reason_id"],
            ["__count"],
        )
        counts = {reason.id: count for reason, count in groups}
        for reason in self:
            reason.decision_count = counts.get(reason.id, 0)

    def action_open_decisions(self):
        """Open the leads that stand rejected or put aside for this reason."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_qualification_decision_action"
        )
        action["domain"] = [("reason_id", "=", self.id)]
        return action
