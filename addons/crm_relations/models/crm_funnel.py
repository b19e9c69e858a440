from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain
from odoo.tools import SQL

EVENTS = [
    ("sent", "Quotation sent"),
    ("confirmed", "Order confirmed"),
    ("delivered", "Everything delivered"),
    ("invoiced", "Everything invoiced"),
    ("paid", "Everything paid"),
]


class CrmFunnel(models.Model):
    """A way of selling: which stages, in which order, for which teams.

    A thin layer over the host's teams and stages. The order of the stages is the
    host's own (``crm.stage.sequence``), so that its stage bar, board and *Won* button
    agree with ours. Stages of a funnel always carry a team, because the host shows a
    stage without team to everybody.
    """

    _name = "crm.funnel"
    _description = "Sales Funnel"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="The first funnel of a team takes its new leads and deals."
    )
    active = fields.Boolean(default=True)
    color = fields.Integer(export_string_translation=False)
    kind = fields.Selection(
        [
            ("cold", "Cold"),
            ("warm", "Warm"),
            ("new_sale", "New Sale"),
            ("repeat_sale", "Repeat Sale"),
            ("service", "Service"),
            ("own", "Own"),
        ],
        required=True,
        default="new_sale",
        help="Cold: they do not know us. Warm: they showed interest. New sale: the first "
        "purchase. Repeat sale: customers buy again. Service: repairs and claims. "
        "Own: anything else.",
    )
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        help="Empty: used by the teams of every company.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        "crm_funnel_team_rel",
        "funnel_id",
        "team_id",
        string="Sales Teams",
        check_company=True,
        help="Their leads and deals go through this funnel.",
    )
    stage_ids = fields.Many2many(
        "crm.stage",
        "crm_funnel_stage_rel",
        "funnel_id",
        "stage_id",
        string="Stages",
        help="A stage that all teams share is copied for the teams of this funnel; "
        "the shared one stays as it is for the others.",
    )
    trigger_ids = fields.One2many(
        "crm.funnel.trigger", "funnel_id", string="Automatic Moves", copy=False
    )
    qualification_profile_id = fields.Many2one(
        "crm.qualification.profile",
        string="Questions",
        check_company=True,
        help="The questions a lead of this funnel is asked. Empty: the team's own.",
    )
    description = fields.Text(translate=True, help="What this funnel is for.")

    @api.constrains("team_ids", "active")
    def _check_teams(self):
        for funnel in self:
            if funnel.active and not funnel.team_ids:
                raise ValidationError(
                    self.env._(
                        "The funnel “%(funnel)s” needs a sales team: without one, nobody's "
                        "deals would go through it.",
                        funnel=funnel.name,
                    )
                )

    @api.constrains("stage_ids")
    def _check_won_stages_last(self):
        """After the first won stage all are won, or the host takes the win back."""
        for funnel in self:
            stages = funnel._get_ordered_stages()
            first_won = next(
                (i for i, stage in enumerate(stages) if stage.is_won), None
            )
            if first_won is None:
                continue
            open_after = stages[first_won:].filtered(lambda stage: not stage.is_won)
            if open_after:
                raise ValidationError(
                    self.env._(
                        "In the funnel “%(funnel)s” the stage “%(stage)s” comes after the "
                        "order and must count as won too; otherwise the deal would be "
                        "taken back from won.",
                        funnel=funnel.name,
                        stage=open_after[0].name,
                    )
                )

    @api.constrains("stage_ids")
    def _check_no_lead_left_behind(self):
        # raw: deals one may not see must not be left without a stage either
        left = self.env.execute_query(
            SQL(
                """SELECT lead.funnel_id, count(*) FROM crm_lead lead
                    WHERE lead.funnel_id IN %s AND NOT EXISTS (
                        SELECT FROM crm_funnel_stage_rel rel
                         WHERE rel.funnel_id = lead.funnel_id
                           AND rel.stage_id = lead.stage_id)
                    GROUP BY lead.funnel_id""",
                tuple(self.ids),
                to_flush=self.env["crm.lead"]._fields["stage_id"],
            )
        )
        for funnel_id, count in left:
            raise ValidationError(
                self.env._(
                    "%(count)s leads or deals of the funnel “%(funnel)s” are in a stage "
                    "you take out of it. Move them to another stage first.",
                    count=count,
                    funnel=self.browse(funnel_id).name,
                )
            )

    # -- stages ----------------------------------------------------------------

    def _get_ordered_stages(self):
        """The funnel's stages in the host's order, also before they are saved."""
        self.ensure_one()
        return self.stage_ids.sorted(lambda stage: stage._get_order_key())

    def _get_position(self, stage):
        """Index of ``stage`` in this funnel, -1 when it is not one of its stages."""
        ids = self._get_ordered_stages().ids
        return ids.index(stage.id) if stage.id in ids else -1

    def _is_ahead(self, stage, current):
        """Whether moving from ``current`` to ``stage`` goes forward in this funnel."""
        return self._get_position(stage) > self._get_position(current)

    def _map_stage(self, stage):
        """The stage of this funnel that stands for ``stage`` of another one.

        What people answered when moving deals before, else the same name, else the
        first stage. An open deal never lands in a won stage, nor the other way round
        as long as this funnel has a won stage.
        """
        self.ensure_one()
        stages = self._get_ordered_stages()
        if stage in stages:
            return stage
        remembered = self.env["crm.funnel.stage.map"]._recall(self, stage)
        if remembered:
            return remembered
        alike = stages.filtered(lambda own: own.is_won == stage.is_won) or stages
        same_name = alike.filtered(lambda own: own.name == stage.name)
        unfolded = alike.filtered(lambda own: not own.fold)
        return (same_name or unfolded or alike)[:1]

    def _get_landing(self, stage):
        """How far a deal in ``stage`` of another funnel has come here: never won at once."""
        landing = self._map_stage(stage)
        if landing.is_won and not stage.is_won:
            return self._get_ordered_stages()[:1]
        return landing

    def _swap_stage(self, stage, copy):
        """Past our own write: the stages are being put in order already."""
        commands = [Command.unlink(stage.id), Command.link(copy.id)]
        return super().write({"stage_ids": commands})

    def _own_shared_stages(self):
        """Copy the stages all teams share; give the others the funnel's teams."""
        for funnel in self:
            for stage in funnel.stage_ids.filtered(lambda stage: not stage.team_ids):
                copy = stage.copy(
                    {
                        "name": stage.name,
                        "team_ids": [Command.set(funnel.team_ids.ids)],
                    }
                )
                copy._mark_as_ours()
                funnel._swap_stage(stage, copy)
                self.env["crm.funnel.stage.map"]._remember(funnel, {stage: copy})
            for stage in funnel.stage_ids:
                if missing := funnel.team_ids - stage.team_ids:
                    stage.team_ids = [Command.link(team.id) for team in missing]

    # -- leads that were here before -------------------------------------------

    def _adopt_leads(self):
        """Give the teams' leads without funnel that are in these stages their funnel.

        Those in other stages wait for *Take Over*, which asks what stands for what.
        """
        for funnel in self:
            self.env.flush_all()
            adopted = self.env.execute_query(
                SQL(
                    """UPDATE crm_lead lead SET funnel_id = %(funnel)s
                         FROM crm_funnel_stage_rel stage, crm_funnel_team_rel team
                        WHERE lead.funnel_id IS NULL
                          AND stage.funnel_id = %(funnel)s
                          AND stage.stage_id = lead.stage_id
                          AND team.funnel_id = %(funnel)s AND team.team_id = lead.team_id
                          AND (%(company)s::int IS NULL OR lead.company_id IS NULL
                               OR lead.company_id = %(company)s)
                    RETURNING lead.id""",
                    funnel=funnel.id,
                    company=funnel.company_id.id or None,
                )
            )
            if not adopted:
                continue
            leads = self.env["crm.lead"].browse([lead_id for (lead_id,) in adopted])
            leads.invalidate_recordset(["funnel_id"])
            # sudo: the visits they are in belong to the funnel from now on
            self.env["crm.lead.stage.log"].sudo().search(
                [("lead_id", "in", leads.ids), ("left_at", "=", False)]
            ).write({"funnel_id": funnel.id})

    def _get_waiting_domain(self):
        """Leads and deals of these teams that have no funnel yet."""
        domain = Domain("team_id", "in", self.team_ids.ids) & Domain(
            "funnel_id", "=", False
        )
        if self.company_id:
            domain &= Domain("company_id", "in", [False, self.company_id.id])
        return domain

    def action_take_over(self):
        """Ask which stage of this funnel stands for which, for the leads without one."""
        self.ensure_one()
        leads = self.env["crm.lead"].with_context(active_test=False)
        return self._get_move_action(leads.search(self._get_waiting_domain()))

    def _get_move_action(self, leads):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_funnel_move_action"
        )
        return dict(
            action,
            context={"default_lead_ids": leads.ids, "default_funnel_id": self.id},
        )

    # -- which funnel for which team -----------------------------------------

    @api.model
    @tools.ormcache()
    def _get_ids_by_team(self):
        """``{team id: ((funnel id, company id or False), …)}`` in the funnels' order."""
        by_team = {}
        # sudo: a lead's funnel does not depend on who writes the lead
        for funnel in self.sudo().search([("active", "=", True)]):
            for team in funnel.team_ids:
                by_team.setdefault(team.id, []).append(
                    (funnel.id, funnel.company_id.id)
                )
        return {team_id: tuple(funnels) for team_id, funnels in by_team.items()}

    @api.model
    def _get_for_team(self, team, company):
        """The funnels a lead of ``team`` in ``company`` may go through."""
        rows = self._get_ids_by_team().get(team.id, ())
        return self.browse(
            [funnel_id for funnel_id, owner in rows if owner in (False, company.id)]
            if company
            else [funnel_id for funnel_id, _owner in rows]
        )

    @api.model_create_multi
    def create(self, vals_list):
        funnels = super().create(vals_list)
        self.env.registry.clear_cache()
        funnels._own_shared_stages()
        funnels._adopt_leads()
        return funnels

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        if {"stage_ids", "team_ids"} & vals.keys():
            self._own_shared_stages()
            self._adopt_leads()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def copy_data(self, default=None):
        return [
            dict(values, name=self.env._("%(name)s (copy)", name=funnel.name))
            for funnel, values in zip(self, super().copy_data(default), strict=True)
        ]
