from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from ..tools import qualification
from .crm_qualification_decision import ASIDE, ASIDE_DETAILS

# what a lead forgets when it is open again
OPEN_AGAIN = {
    "qualification_state": "open",
    "reject_reason_id": False,
    "reject_product_id": False,
    "reject_words": False,
    "nurture_until": False,
}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    qualification_state = fields.Selection(
        [
            ("open", "Open"),
            ("qualified", "Qualified"),
            ("nurture", "Nurture"),
            ("rejected", "Rejected"),
        ],
        string="Qualification",
        required=True,
        default="open",
        copy=False,
        tracking=True,
        help="Rejected: not ours, never was. Nurture: not yet, comes back on its date. "
        "Neither is lost: only a deal can be lost.",
    )
    qualification_profile_id = fields.Many2one(
        "crm.qualification.profile",
        string="Questions",
        compute="_compute_qualification_profile_id",
        store=True,
        readonly=False,
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The questions that tell whether this lead is ours; the team's own.",
    )
    qualification_answer_ids = fields.One2many(
        "crm.qualification.answer",
        "lead_id",
        string="Answers",
        compute="_compute_qualification_answer_ids",
        store=True,
        readonly=False,
    )
    qualification_score = fields.Integer(
        string="Score",
        compute="_compute_qualification_score",
        store=True,
        aggregator="avg",
        help="From 0 to 100: the weight of fitting answers against all questions.",
    )
    qualification_verdict = fields.Selection(
        [
            (qualification.UNKNOWN, "Not known yet"),
            (qualification.FIT, "Fits"),
            (qualification.UNFIT, "Does not fit"),
        ],
        string="Verdict",
        compute="_compute_qualification_score",
        store=True,
    )
    reject_reason_id = fields.Many2one(
        "crm.reject.reason",
        string="Reason (Rejected, Nurture)",
        ondelete="restrict",
        copy=False,
        tracking=True,
    )
    reject_product_id = fields.Many2one(
        "product.product",
        string="Product Asked for",
        ondelete="restrict",
        copy=False,
        help="What the lead wanted when it was rejected or put aside.",
    )
    reject_words = fields.Char(string="Why, in Words", copy=False, tracking=True)
    nurture_until = fields.Date(
        copy=False, tracking=True, help="The lead comes back by itself on this day."
    )
    qualification_decision_ids = fields.One2many(
        "crm.qualification.decision", "lead_id", string="Decisions"
    )

    # the nurture pass: what is due
    _nurture_until_idx = models.Index(
        "(nurture_until) WHERE qualification_state = 'nurture'"
    )

    def _init_column(self, column_name):
        """Deals that were leads before us count as qualified, all others as open."""
        if column_name == "qualification_state":
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_lead SET qualification_state = 'qualified' "
                    "WHERE type = 'opportunity' AND date_conversion IS NOT NULL "
                    "AND qualification_state IS NULL"
                )
            )
        return super()._init_column(column_name)

    # ---- the host's view of a lead put aside: neither won, lost nor rotting

    @api.depends("qualification_state")
    def _compute_won_status(self):
        aside = self.filtered(lambda lead: lead.qualification_state in ASIDE)
        aside.won_status = "pending"
        return super(CrmLead, self - aside)._compute_won_status()

    def _get_rotting_depends_fields(self):
        return super()._get_rotting_depends_fields() + ["qualification_state"]

    def _get_rotting_domain(self):
        return super()._get_rotting_domain() & Domain(
            "qualification_state", "not in", ASIDE
        )

    # ---- questions and answers

    # State and answers are read but no triggers: what is decided or answered keeps the
    # questions it was asked. Answers come from the table, their field waits for this one.
    @api.depends("team_id")
    def _compute_qualification_profile_id(self):
        profiles = {}  # {lead: profile}, of those that would change
        for lead in self:
            profile = lead._get_qualification_profile()
            may_change = lead.qualification_state in ("open", "nurture")
            if profile != lead.qualification_profile_id and may_change:
                profiles[lead] = profile
        if not profiles:
            return
        origin_ids = [lead._origin.id for lead in profiles if lead._origin]
        groups = self.env["crm.qualification.answer"]._read_group(
            [("lead_id", "in", origin_ids), ("is_answered", "=", True)], ["lead_id"]
        )
        answered = {lead.id for [lead] in groups}
        for lead, profile in profiles.items():
            if lead._origin.id not in answered:
                lead.qualification_profile_id = profile

    def _get_qualification_profile(self):
        """The profile this lead is asked by; the funnel has a word in it too."""
        self.ensure_one()
        # sudo: a salesperson may not read every team he gets leads from
        profile_sudo = self.sudo().team_id.qualification_profile_id
        return profile_sudo if profile_sudo.active else profile_sudo.browse()

    @api.depends("qualification_profile_id")
    def _compute_qualification_answer_ids(self):
        if not self.env["crm.qualification.profile"]._is_used():
            return
        for lead in self:
            profile = lead.qualification_profile_id
            answers = lead.qualification_answer_ids
            useless = answers.filtered(
                lambda answer, profile=profile: not answer.is_answered
                and answer.criterion_id.profile_id != profile
            )
            asked = (answers - useless).criterion_id
            commands = [Command.delete(answer.id) for answer in useless]
            commands += [
                Command.create(
                    {"criterion_id": criterion.id, "sequence": criterion.sequence}
                )
                for criterion in profile.criterion_ids - asked
            ]
            if commands:
                lead.qualification_answer_ids = commands

    @api.depends(
        "qualification_profile_id",
        "qualification_answer_ids.share",
        "qualification_answer_ids.is_answered",
    )
    def _compute_qualification_score(self):
        for lead in self:
            profile = lead.qualification_profile_id
            if not profile:
                lead.qualification_score = 0
                lead.qualification_verdict = False
                continue
            verdict = qualification.judge(lead._get_judged_answers(), profile.threshold)
            lead.qualification_score = verdict.score
            lead.qualification_verdict = verdict.state

    def _get_judged_answers(self):
        """[Judged] of the profile's questions, for tools/qualification.py."""
        self.ensure_one()
        profile = self.qualification_profile_id
        return [
            qualification.Judged(
                answer.criterion_id.weight,
                answer.criterion_id.must_have,
                answer.share if answer.is_answered else None,
            )
            for answer in self.qualification_answer_ids
            if answer.criterion_id.profile_id._origin == profile._origin
            and answer.criterion_id.active
        ]

    # ---- the state keeps the lead's other fields true, whoever writes it

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [
            {**vals, "active": False}
            if vals.get("qualification_state") in ASIDE
            else vals
            for vals in vals_list
        ]
        leads = super().create(vals_list)
        decided = leads.filtered(lambda lead: lead.qualification_state != "open")
        if decided:
            self.env["crm.qualification.decision"]._record(decided, self)
        return leads

    def write(self, vals):
        state = vals.get("qualification_state")
        if state in ASIDE:
            return self._write_aside(vals)
        back = self._get_leads_back(vals)
        changing = back
        if state:
            changing |= self.filtered(lambda lead: lead.qualification_state != state)
        decided = changing.filtered(lambda lead: lead.qualification_state != "open")
        if back:
            super(CrmLead, back).write({**OPEN_AGAIN, "active": True, **vals})
        result = super(CrmLead, self - back).write(vals)
        if changing:
            self.env["crm.qualification.decision"]._record(changing, decided)
        if ASIDE_DETAILS.keys() & vals.keys():
            self.env["crm.qualification.decision"]._correct(self - changing)
        return result

    def _write_aside(self, vals):
        """Reject or nurture: archived with its probability, nothing closed."""
        state = vals["qualification_state"]
        self._check_put_aside(state)
        changing = self.filtered(lambda lead: lead.qualification_state != state)
        decided = changing.filtered(lambda lead: lead.qualification_state != "open")
        if state == "rejected":
            vals = {"nurture_until": False, **vals}
        result = super().write({**vals, "active": False})
        # the host dates what it archives as closed; nothing was closed here
        super().write({"date_closed": False})
        self.env["crm.qualification.decision"]._record(changing, decided)
        self.env["crm.qualification.decision"]._correct(self - changing)
        return result

    def _get_leads_back(self, vals):
        """Which of self stop being rejected or nurtured by this write."""
        state = vals.get("qualification_state")
        to_won = (
            vals.get("stage_id")
            and self.env["crm.stage"].browse(vals["stage_id"]).is_won
        )
        if not (state or vals.get("active") or to_won):
            return self.browse()
        return self.filtered(lambda lead: lead.qualification_state in ASIDE)

    def _check_put_aside(self, state):
        """A lost or won deal must be restored before it can be rejected, and so on."""
        for lead in self:
            name = lead.display_name
            if lead.won_status == "lost":
                raise UserError(
                    self.env._(
                        "%(lead)s is lost. Restore it first, then decide again.",
                        lead=name,
                    )
                )
            if lead.won_status == "won":
                raise UserError(
                    self.env._("%(lead)s is won: it cannot be put aside.", lead=name)
                )
            if lead.qualification_state == "rejected" and state == "nurture":
                raise UserError(
                    self.env._(
                        "%(lead)s is rejected. Restore it first, then decide again.",
                        lead=name,
                    )
                )
            if not lead.active and lead.qualification_state not in ASIDE:
                raise UserError(
                    self.env._(
                        "%(lead)s is archived. Restore it first, then decide again.",
                        lead=name,
                    )
                )

    def action_set_lost(self, **additional_values):
        aside = self.filtered(lambda lead: lead.qualification_state in ASIDE)
        if aside:
            raise UserError(
                self.env._(
                    "%(leads)s: rejected or put aside, so never a deal that could be "
                    "lost. Restore it first.",
                    leads=", ".join(aside.mapped("display_name")),
                )
            )
        return super().action_set_lost(**additional_values)

    def action_restore(self):
        """Open again; what was put aside comes back with the probability it had."""
        aside = self.filtered(lambda lead: lead.qualification_state in ASIDE)
        aside.action_unarchive()
        return super(CrmLead, self - aside).action_restore()

    def _convert_opportunity_data(self, customer, team_id=False):
        """Whichever way a lead becomes a deal, it has been qualified."""
        return {
            **super()._convert_opportunity_data(customer, team_id),
            "qualification_state": "qualified",
        }
