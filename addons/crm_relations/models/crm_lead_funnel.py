from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.stage_move import CONTEXT_KEY, StageReason


class CrmLead(models.Model):
    _inherit = "crm.lead"

    funnel_id = fields.Many2one(
        "crm.funnel",
        compute="_compute_funnel_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=16,
        domain="[('team_ids', 'in', team_id)]",
        help="The way of selling this lead or deal goes through: it says which stages "
        "there are. Another funnel: use Move to Funnel, which maps the stages.",
    )
    has_team_funnel = fields.Boolean(
        compute="_compute_has_team_funnel", export_string_translation=False
    )

    @api.depends("team_id", "company_id")
    def _compute_funnel_id(self):
        """The team's first funnel, or the one a stage given by hand belongs to."""
        funnels = self.env["crm.funnel"]
        stage_field = self._fields["stage_id"]
        for lead in self:
            choice = funnels._get_for_team(lead.team_id, lead.company_id)
            if lead.funnel_id and (lead.funnel_id in choice or not lead.team_id):
                continue
            # a stage that is still to be computed will follow the funnel
            if lead.id and choice and not self.env.is_to_compute(stage_field, lead):
                stage = lead.stage_id
                having = choice.filtered(
                    lambda row, stage=stage: stage in row.stage_ids
                )
                choice = having or choice
            lead.funnel_id = choice[:1]

    @api.depends("team_id", "company_id")
    def _compute_has_team_funnel(self):
        funnels = self.env["crm.funnel"]
        for lead in self:
            lead.has_team_funnel = bool(
                funnels._get_for_team(lead.team_id, lead.company_id)
            )

    @api.depends("funnel_id")
    def _compute_stage_id(self):
        """A lead whose funnel changes keeps its place: the stage is mapped."""
        for lead in self:
            funnel = lead.funnel_id
            if lead.stage_id and funnel and lead.stage_id not in funnel.stage_ids:
                lead.stage_id = funnel._map_stage(lead.stage_id)
        return super()._compute_stage_id()

    @api.constrains("funnel_id", "stage_id", "team_id")
    def _check_funnel(self):
        for lead in self:
            funnel = lead.funnel_id
            if not funnel:
                if lead.has_team_funnel and not lead._is_before_funnels():
                    raise ValidationError(
                        self.env._(
                            "“%(lead)s” needs a funnel: the team %(team)s has one.",
                            lead=lead.name,
                            team=lead.team_id.name,
                        )
                    )
            elif lead.team_id and lead.team_id not in funnel.team_ids:
                raise ValidationError(
                    self.env._(
                        "The team %(team)s does not work with the funnel “%(funnel)s”. "
                        "Use Move to Funnel.",
                        team=lead.team_id.name,
                        funnel=funnel.name,
                    )
                )
            elif lead.stage_id and lead.stage_id not in funnel.stage_ids:
                raise ValidationError(
                    self.env._(
                        "“%(stage)s” is not a stage of the funnel “%(funnel)s”. Use Move to "
                        "Funnel to take “%(lead)s” to another funnel.",
                        stage=lead.stage_id.name,
                        funnel=funnel.name,
                        lead=lead.name,
                    )
                )

    @api.depends("funnel_id")
    def _compute_qualification_profile_id(self):
        return super()._compute_qualification_profile_id()

    def _get_qualification_profile(self):
        profile = self.funnel_id.qualification_profile_id
        return profile if profile.active else super()._get_qualification_profile()

    def _is_before_funnels(self):
        """Leads that were here before the team's first funnel wait to be taken over."""
        self.ensure_one()
        return not self.stage_id.funnel_ids

    def write(self, vals):
        if {"team_id", "stage_id"} <= vals.keys() and "funnel_id" not in vals:
            vals = self._fit_funnel(vals)
        return super().write(vals)

    def _fit_funnel(self, vals):
        """The host's merge gives a team and a stage that need not fit our funnels."""
        team = self.env["crm.team"].browse(vals["team_id"])
        stage = self.env["crm.stage"].browse(vals["stage_id"])
        funnels = self.env["crm.funnel"]._get_for_team(team, self.company_id[:1])
        having = funnels.filtered(lambda funnel: stage in funnel.stage_ids)
        funnel = (having or funnels)[:1]
        if not (funnel and stage):
            return vals
        return {**vals, "funnel_id": funnel.id, "stage_id": funnel._map_stage(stage).id}

    # -- the host's ways to find a stage --------------------------------------

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """On a funnel's board: its stages only, though the host adds shared ones.

        On the pipeline, where all funnels of a team meet: of the stages that hold
        nothing only those of the team's first funnel, or five funnels would fill the
        screen with empty columns.
        """
        expanded = super()._read_group_stage_ids(stages, domain)
        funnels = self.env["crm.funnel"]
        if funnel_id := self.env.context.get("default_funnel_id"):
            return (stages | funnels.browse(funnel_id).stage_ids).sorted()
        empty = expanded - stages
        if not funnels._get_ids_by_team() or not empty:
            return expanded
        # the teams whose stages the host adds
        teams = self.env["crm.team"].browse(self.env.context.get("default_team_id"))
        if self.env.context.get("show_user_team_stages"):
            teams |= self.env.user.crm_team_ids
        for team in teams:
            funnels |= funnels._get_for_team(team, self.env.company)[:1]
        # sudo: which stages are a funnel's does not depend on who looks
        own = funnels.sudo().stage_ids.sudo(False)
        return expanded - (empty.sudo().filtered("funnel_ids").sudo(False) - own)

    def _stage_find(self, team_id=False, domain=None, order="sequence, id", limit=1):
        funnels = self.funnel_id
        if team_id and team_id not in funnels.team_ids.ids:
            team = self.env["crm.team"].browse(team_id)
            funnels = funnels._get_for_team(team, self.company_id[:1])[:1]
        if funnels:
            domain = [*(domain or []), ("funnel_ids", "in", funnels.ids)]
            if order == "sequence, id":  # stages of equal sequence as on the board
                order = self.env["crm.stage"]._order
        return super()._stage_find(
            team_id=team_id, domain=domain, order=order, limit=limit
        )

    def action_set_won(self):
        """Funnel by funnel: the host looks for one won stage for all leads at once."""
        for funnel, leads in self.grouped("funnel_id").items():
            if funnel and not any(funnel.stage_ids.mapped("is_won")):
                raise UserError(
                    self.env._(
                        "The funnel “%(funnel)s” has no won stage. Move the deal to a sales "
                        "funnel first.",
                        funnel=funnel.name,
                    )
                )
            super(CrmLead, leads).action_set_won()
        return True

    # -- automatic moves ---------------------------------------------------------

    def _move_on_event(self, event, text):
        """Move the deals on to the stage their funnel names for ``event``.

        Forward only, and never a deal that is archived or lost: a fact about an order
        does not bring a deal back by itself. ``text`` says why and is kept.
        """
        reason = StageReason("automatic", text)
        for funnel, leads in self.grouped("funnel_id").items():
            stage = funnel.trigger_ids.filtered(lambda row: row.event == event).stage_id
            ahead = leads.filtered(
                lambda lead, funnel=funnel, stage=stage: lead.active
                and lead.won_status != "lost"
                and funnel._is_ahead(stage, lead.stage_id)
            )
            if ahead:
                ahead._track_set_log_message(text)
                ahead.with_context(**{CONTEXT_KEY: reason}).write(
                    {"stage_id": stage.id}
                )
