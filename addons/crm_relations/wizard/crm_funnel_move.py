from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.property_match import match
from ..tools.stage_move import CONTEXT_KEY, StageReason


class CrmFunnelMove(models.TransientModel):
    """Take deals to another funnel: which stage becomes which, and what gets lost."""

    _name = "crm.funnel.move"
    _description = "Move to Funnel"

    lead_ids = fields.Many2many("crm.lead", string="Leads and Deals", required=True)
    lead_count = fields.Integer(compute="_compute_lead_count")
    funnel_id = fields.Many2one("crm.funnel", string="To Funnel", required=True)
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', funnel_team_ids)]",
        help="Deals whose team does not work with the new funnel go to this team.",
    )
    funnel_team_ids = fields.Many2many(
        related="funnel_id.team_ids", string="Teams of the Funnel"
    )
    has_team_change = fields.Boolean(compute="_compute_lost_properties")
    line_ids = fields.One2many(
        "crm.funnel.move.line",
        "move_id",
        string="Stages",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    lost_properties = fields.Text(
        compute="_compute_lost_properties",
        help="Properties belong to a team. These have no place in the new team.",
    )
    reason = fields.Char(help="Why? Kept in the stage history.")

    @api.depends("lead_ids")
    def _compute_lead_count(self):
        for move in self:
            move.lead_count = len(move.lead_ids)

    @api.depends("funnel_id")
    def _compute_team_id(self):
        for move in self:
            teams = move.funnel_id.team_ids
            mine = teams & self.env.user.crm_team_ids
            move.team_id = (mine or teams)[:1]

    @api.depends("funnel_id", "lead_ids")
    def _compute_line_ids(self):
        for move in self:
            stages = (
                move.lead_ids.stage_id
                if move.funnel_id
                else move.lead_ids.stage_id.browse()
            )
            move.line_ids = [(5,)] + [
                (
                    0,
                    0,
                    {
                        "stage_id": stage.id,
                        "target_stage_id": move.funnel_id._map_stage(stage).id,
                        "lead_count": len(
                            move.lead_ids.filtered(
                                lambda lead, s=stage: lead.stage_id == s
                            )
                        ),
                    },
                )
                for stage in stages.sorted()
            ]

    @api.depends("funnel_id", "team_id", "lead_ids")
    def _compute_lost_properties(self):
        for move in self:
            going = move._get_team_changers()
            lines = []
            for lead in going:
                _kept, lost = move._match_properties(lead)
                lines += [
                    self.env._(
                        "%(lead)s: %(label)s = %(value)s",
                        lead=lead.name,
                        label=label,
                        value=value,
                    )
                    for label, value in lost
                ]
            move.has_team_change = bool(going)
            move.lost_properties = "\n".join(lines)

    def _get_team_changers(self):
        """The leads whose team does not work with the new funnel."""
        if not self.funnel_id:
            return self.lead_ids.browse()
        return self.lead_ids.filtered(
            lambda lead: not lead.team_id or lead.team_id not in self.funnel_id.team_ids
        )

    def _match_properties(self, lead):
        """``(values for the new team, [(label, value) that would be lost])``."""
        values = dict(lead.lead_properties._values or {})
        return match(
            lead.team_id.lead_properties_definition or [],
            self.team_id.lead_properties_definition or [],
            values,
        )

    def action_move(self):
        """Move the deals, keep the answers for the next time."""
        self.ensure_one()
        if missing := self.line_ids.filtered(lambda line: not line.target_stage_id):
            raise UserError(
                self.env._(
                    "Say which stage of “%(funnel)s” stands for “%(stage)s”.",
                    funnel=self.funnel_id.name,
                    stage=missing[0].stage_id.name,
                )
            )
        if staying := self.lead_ids.filtered(
            lambda lead: lead.funnel_id == self.funnel_id
        ):
            raise UserError(
                self.env._(
                    "“%(lead)s” is in this funnel already: change its stage instead.",
                    lead=staying[0].name,
                )
            )
        targets = {line.stage_id: line.target_stage_id for line in self.line_ids}
        changers = self._get_team_changers()
        for stage, group in self.lead_ids.grouped("stage_id").items():
            self._move_from(group, targets[stage], changers)
        # afterwards: what counts on the way is what others have answered
        self.env["crm.funnel.stage.map"]._remember(self.funnel_id, targets)
        return {"type": "ir.actions.act_window_close"}

    def _move_from(self, leads, target, changers):
        """The deals of one stage, each with its properties when its team changes."""
        held = leads._get_open_checks(target, self.funnel_id)
        kind = "funnel"
        if held and all(lead._may_override_checks() for lead in held):
            if not (self.reason or "").strip():
                raise UserError(
                    self.env._("Say why: the reason is kept with the deal.")
                )
            kind = "override"
        reason = StageReason(kind, self.reason or "")
        leads = leads.with_context(**{CONTEXT_KEY: reason})
        values = {"funnel_id": self.funnel_id.id, "stage_id": target.id}
        (leads - changers).write(values)
        for lead in leads & changers:
            kept, _lost = self._match_properties(lead)
            lead.write({**values, "team_id": self.team_id.id, "lead_properties": kept})


class CrmFunnelMoveLine(models.TransientModel):
    _name = "crm.funnel.move.line"
    _description = "Stage to Stage"

    move_id = fields.Many2one("crm.funnel.move", required=True, ondelete="cascade")
    funnel_id = fields.Many2one(related="move_id.funnel_id")
    stage_id = fields.Many2one("crm.stage", string="From Stage", required=True)
    target_stage_id = fields.Many2one(
        "crm.stage", string="To Stage", domain="[('funnel_ids', 'in', funnel_id)]"
    )
    lead_count = fields.Integer(string="Deals")
