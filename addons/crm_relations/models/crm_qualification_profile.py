from odoo import api, fields, models, tools
from odoo.tools import SQL


class CrmQualificationProfile(models.Model):
    """The questions that tell whether a lead is ours, for one team or more."""

    _name = "crm.qualification.profile"
    _description = "Qualification Profile"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Empty: usable by the teams of every company."
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", export_string_translation=False
    )
    threshold = fields.Integer(
        string="Fits from",
        required=True,
        default=60,
        help="Score from 0 to 100 at which a lead fits, once every must-have is met.",
    )
    criterion_ids = fields.One2many(
        "crm.qualification.criterion", "profile_id", string="Questions", copy=True
    )
    criterion_count = fields.Integer(compute="_compute_criterion_count")
    team_ids = fields.One2many(
        "crm.team",
        "qualification_profile_id",
        string="Sales Teams",
        check_company=True,
        help="New leads of these teams are asked these questions.",
    )

    _threshold_check = models.Constraint(
        "CHECK(threshold BETWEEN 0 AND 100)",
        "A lead fits from a score between 0 and 100.",
    )

    @api.model
    @tools.ormcache(cache="stable")
    def _is_used(self):
        """Whether anybody asks questions at all: companies without them pay nothing."""
        # sudo: the answer is the same for everybody
        profiles_sudo = self.sudo().with_context(active_test=False)
        return bool(profiles_sudo.search_count([], limit=1))

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache("stable")
        return super().create(vals_list)

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for profile in self:
            company = profile.company_id or self.env.company
            profile.currency_id = company.currency_id

    @api.depends("criterion_ids")
    def _compute_criterion_count(self):
        for profile in self:
            profile.criterion_count = len(profile.criterion_ids)

    def write(self, vals):
        result = super().write(vals)
        if "threshold" in vals:
            self._judge_open_leads_again()
        return result

    def _ask_open_leads(self):
        """Give every open lead of these profiles a row for each question it lacks.

        One statement: a profile may be asked on a hundred thousand leads.
        """
        if not self.ids:
            return
        answers = self.env["crm.qualification.answer"]
        self.env["crm.lead"].flush_model(
            ["qualification_profile_id", "qualification_state"]
        )
        self.env["crm.qualification.criterion"].flush_model()
        answers.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_qualification_answer
                    (lead_id, criterion_id, sequence, is_answered)
                SELECT l.id, c.id, c.sequence, FALSE
                  FROM crm_lead l
                  JOIN crm_qualification_criterion c
                    ON c.profile_id = l.qualification_profile_id AND c.active
                 WHERE l.qualification_profile_id = ANY(%s)
                   AND l.qualification_state IN ('open', 'nurture')
                ON CONFLICT (lead_id, criterion_id) DO NOTHING
                """,
                list(self.ids),
            )
        )
        answers.invalidate_model()
        self.env["crm.lead"].invalidate_model(["qualification_answer_ids"])
        self._judge_open_leads_again()

    def _judge_open_leads_again(self):
        """A changed question re-judges open leads; a decided lead keeps its score."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        # sudo: the questions changed for everybody's leads, not only for the manager's
        open_leads_sudo = leads.sudo().search(
            [
                ("qualification_profile_id", "in", self.ids),
                ("qualification_state", "in", ("open", "nurture")),
            ]
        )
        for name in ("qualification_score", "qualification_verdict"):
            self.env.add_to_compute(leads._fields[name], open_leads_sudo)
