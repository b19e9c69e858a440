from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLeadQualify(models.TransientModel):
    """Asked only when there is something to ask before a lead is qualified."""

    _name = "crm.lead.qualify"
    _description = "Qualify a Lead"

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade")
    verdict = fields.Selection(related="lead_id.qualification_verdict")
    score = fields.Integer(related="lead_id.qualification_score")
    candidate_ids = fields.Many2many(
        "res.partner", compute="_compute_candidate_ids", export_string_translation=False
    )
    candidate_count = fields.Integer(compute="_compute_candidate_ids")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', candidate_ids)]",
        help="These customers have the lead's phone or e-mail; choose the one it is.",
    )
    is_new = fields.Boolean(
        string="None of Them: Somebody New",
        help="A shared phone is not always one customer: a new card is made.",
    )
    words = fields.Char(
        string="Qualify Anyway Because", help="Kept in the history of the deal."
    )

    @api.depends("lead_id")
    def _compute_candidate_ids(self):
        for wizard in self:
            candidates = wizard.lead_id and wizard.lead_id._find_customer_candidates()
            wizard.candidate_ids = candidates
            wizard.candidate_count = len(candidates)

    @api.depends("lead_id")
    def _compute_partner_id(self):
        for wizard in self:
            wizard.partner_id = wizard.candidate_ids[:1]

    def action_apply(self):
        """Qualify with the chosen customer; a score that does not fit needs a word."""
        self.ensure_one()
        lead = self.lead_id
        lead._check_can_be_qualified()
        if self.verdict not in (False, "fit"):
            if not (self.words or "").strip():
                raise UserError(
                    self.env._(
                        "The answers do not say yes. Write why this lead is ours."
                    )
                )
            lead.message_post(
                body=Markup("<p>%s</p>")
                % self.env._(
                    "Qualified with a score of %(score)s because: %(words)s",
                    score=self.score,
                    words=self.words,
                )
            )
        if self.candidate_count > 1 and not self.partner_id and not self.is_new:
            raise UserError(self.env._("Choose which customer this lead is of."))
        lead._qualify(self.partner_id.browse() if self.is_new else self.partner_id)
        return lead.redirect_lead_opportunity_view()
