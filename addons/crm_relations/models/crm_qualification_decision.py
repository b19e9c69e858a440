from odoo import api, fields, models

ASIDE = ("nurture", "rejected")
# column of the lead -> column of the decision
ASIDE_DETAILS = {
    "reject_reason_id": "reason_id",
    "reject_product_id": "product_id",
    "reject_words": "words",
    "nurture_until": "nurture_until",
}


class CrmQualificationDecision(models.Model):
    """One row each time a lead is qualified, put aside or rejected.

    The score is the one it was judged by. What marketing and heads count (source,
    medium, campaign, team) follows the lead, so that a corrected source is counted
    right.
    """

    _name = "crm.qualification.decision"
    _description = "Qualification Decision"
    _order = "decided_at DESC, id DESC"
    _rec_name = "lead_id"

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade", index=True)
    state = fields.Selection(
        [("qualified", "Qualified"), ("nurture", "Nurture"), ("rejected", "Rejected")],
        required=True,
    )
    decided_at = fields.Datetime(required=True, default=lambda self: self.env.cr.now())
    ended_at = fields.Datetime(
        string="Taken Back at",
        help="When the lead was restored or came back by itself.",
    )
    is_standing = fields.Boolean(
        string="Stands",
        default=True,
        help="This decision holds now: the lead was not restored since.",
    )
    decider_id = fields.Many2one("res.users", string="Decided by", ondelete="restrict")
    reason_id = fields.Many2one(
        "crm.reject.reason", string="Reason", ondelete="restrict"
    )
    product_id = fields.Many2one(
        "product.product", string="Product", ondelete="restrict"
    )
    words = fields.Char(string="In Words")
    nurture_until = fields.Date()
    score = fields.Integer(aggregator="avg", help="The score the lead was judged by.")
    verdict = fields.Selection("_selection_verdict")
    expected_revenue = fields.Monetary(
        help="What the lead was expected to bring when it was decided about."
    )
    currency_id = fields.Many2one(related="lead_id.company_currency", depends=())
    # Not stored: reports join the lead, so that its every write costs nothing here. Nor
    # does a write look for decisions to forget them: that is what depends=() saves.
    company_id = fields.Many2one(related="lead_id.company_id", depends=())
    team_id = fields.Many2one(
        related="lead_id.team_id", depends=(), string="Sales Team"
    )
    user_id = fields.Many2one(
        related="lead_id.user_id", depends=(), string="Salesperson"
    )
    source_id = fields.Many2one(related="lead_id.source_id", depends=())
    medium_id = fields.Many2one(related="lead_id.medium_id", depends=())
    campaign_id = fields.Many2one(related="lead_id.campaign_id", depends=())
    lead_created_at = fields.Datetime(
        related="lead_id.create_date", depends=(), string="Lead Created on"
    )

    # the report's usual question: standing decisions of a time, by state
    _standing_idx = models.Index("(state, decided_at) WHERE is_standing")

    @api.model
    def _selection_verdict(self):
        return (
            self.env["crm.lead"]
            ._fields["qualification_verdict"]
            ._description_selection(self.env)
        )

    @api.model
    def _record(self, leads, decided_before):
        """Write the new decisions of ``leads``, close the standing ones.

        :param decided_before: those of leads that have a standing decision
        """
        # sudo: nobody writes history by hand, not even the salesperson who makes it
        decisions_sudo = self.sudo()
        if decided_before:
            decisions_sudo.search(
                [("lead_id", "in", decided_before.ids), ("is_standing", "=", True)]
            ).write({"is_standing": False, "ended_at": self.env.cr.now()})
        decided = leads.filtered(lambda lead: lead.qualification_state != "open")
        return decisions_sudo.create(
            [self._prepare_decision_values(lead) for lead in decided]
        )

    @api.model
    def _prepare_decision_values(self, lead):
        values = {
            "lead_id": lead.id,
            "state": lead.qualification_state,
            "decider_id": self.env.uid,
            "score": lead.qualification_score,
            "verdict": lead.qualification_verdict,
            "expected_revenue": lead.expected_revenue,
        }
        if lead.qualification_state in ASIDE:
            values.update(self._prepare_aside_values(lead))
        return values

    @api.model
    def _prepare_aside_values(self, lead):
        return {
            column: lead._fields[name].convert_to_write(lead[name], lead)
            for name, column in ASIDE_DETAILS.items()
        }

    @api.model
    def _correct(self, leads):
        """A reason or date changed later belongs to the decision that stands."""
        aside = leads.filtered(lambda lead: lead.qualification_state in ASIDE)
        if not aside:
            return
        # sudo: see _record
        standing_sudo = self.sudo().search(
            [("lead_id", "in", aside.ids), ("is_standing", "=", True)]
        )
        for decision_sudo in standing_sudo:
            decision_sudo.write(self._prepare_aside_values(decision_sudo.lead_id))

    def action_open_lead(self):
        """Open the lead this decision is about."""
        self.ensure_one()
        return self.lead_id._get_records_action()
