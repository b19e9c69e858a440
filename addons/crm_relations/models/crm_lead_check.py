from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import stage_move
from ..tools.stage_move import CONTEXT_KEY, StageReason

# moves that state a fact, or that somebody answers for, do not wait for checks
FREE_MOVES = ("automatic", "override")


class CrmLead(models.Model):
    _inherit = "crm.lead"

    stage_check_done_ids = fields.One2many(
        "crm.stage.check.done", "lead_id", string="Checks Done", copy=False
    )

    has_stage_guide = fields.Boolean(
        compute="_compute_has_stage_guide", export_string_translation=False
    )

    @api.depends("stage_id", "campaign_id", "company_id")
    def _compute_has_stage_guide(self):
        for lead in self:  # asked by the form, for one lead
            guided = self.env["crm.stage.check"].search_count(
                [("stage_id", "=", lead.stage_id.id)], limit=1
            )
            lead.has_stage_guide = bool(
                guided
                or self.env["crm.script"]._get_for_lead(lead)
                or self.env["crm.instruction"]._get_for_lead(lead)
            )

    def write(self, vals):
        if vals.get("stage_id") and self._is_move_held():
            self._hold_back(self.env["crm.stage"].browse(vals["stage_id"]), vals)
        result = super().write(vals)
        self._note_field_checks(vals)
        return result

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._note_field_checks({name for vals in vals_list for name in vals})
        return leads

    def _is_move_held(self):
        return stage_move.given(self.env.context).kind not in FREE_MOVES

    def _hold_back(self, target, vals):
        """Refuse the move of a lead that goes on with a mandatory check open.

        A field that is filled in by the same write counts.
        """
        funnel = self.env["crm.funnel"].browse(vals.get("funnel_id") or [])
        for lead, still_open in self._get_open_checks(target, funnel).items():
            checks = still_open.filtered(
                lambda check: not (check.field_name and vals.get(check.field_name))
            )
            if checks:
                raise UserError(
                    self.env._(
                        "“%(lead)s” cannot go on to “%(stage)s” yet. Still to do: %(todo)s.",
                        lead=lead.name,
                        stage=target.name,
                        todo="; ".join(check._get_demand() for check in checks),
                    )
                )

    def _get_open_checks(self, target, funnel=None):
        """``{lead: mandatory checks still open on its way to target}``, empty if none.

        On the way: of the stage it is in and of those it would jump over, in ``funnel``
        when it goes to another one.
        """
        # sudo: what must be done does not depend on who asks
        checks_sudo = self.env["crm.stage.check"].sudo()
        if not checks_sudo._get_checked_stage_ids():
            return {}
        checks_sudo = checks_sudo.search([("is_mandatory", "=", True)])
        if not checks_sudo:
            return {}
        way = {}  # {(stage, funnel): checks on the way to target}
        open_checks = {}
        for lead in self:
            place = lead.stage_id, lead.funnel_id
            if place not in way:
                stages = lead._get_stages_before(target, funnel)
                way[place] = checks_sudo.filtered(lambda c, s=stages: c.stage_id in s)
        needed = checks_sudo.browse(
            {check.id for checks in way.values() for check in checks}
        )
        done = self._get_done_checks(needed)
        for lead in self:
            checks = way[lead.stage_id, lead.funnel_id] - done[lead]
            if checks:
                open_checks[lead] = checks
        return open_checks

    def _get_stages_before(self, target, funnel=None):
        """From the lead's stage up to the one before ``target``; none when going back.

        In another funnel from the stage on that stands for the lead's.
        """
        self.ensure_one()
        start, funnel = self.stage_id, funnel or self.funnel_id
        if funnel and target not in funnel.stage_ids:
            funnel = target.funnel_ids[:1]
        if funnel:
            stages = funnel._get_ordered_stages()
            if funnel != self.funnel_id:
                start = funnel._get_landing(start)
        else:
            stages = (start | target).sorted(lambda row: row._get_order_key())
        ids = stages.ids
        if start.id not in ids or target.id not in ids:
            return stages.browse()
        return stages[ids.index(start.id) : ids.index(target.id)]

    # -- what the screen calls -----------------------------------------------------

    def get_stage_move(self, stage_id):
        """Ask before moving: what is still to do, and may I go on all the same?

        :param int stage_id: the stage one wants to go to.
        :return: ``{"todo": [{"id", "text", "requirement", "field"}], "may_override"}``
        """
        self.ensure_one()
        self.check_access("write")
        checks = self._get_open_checks(self.env["crm.stage"].browse(stage_id)).get(
            self, []
        )
        return {
            "todo": [
                {
                    "id": check.id,
                    "text": check._get_demand(),
                    "requirement": check.requirement,
                    "field": check.field_name or False,
                }
                for check in checks
            ],
            "may_override": self._may_override_checks(),
        }

    def _may_override_checks(self):
        """The head of the deal's team, sales administrators and directors may."""
        user = self.env.user
        return (
            self.team_id.user_id == user
            or user.has_group("sales_team.group_sale_manager")
            or user.has_group("crm_relations.group_director")
        )

    def move_in_spite_of_checks(self, stage_id, reason):
        """A head lets the deal go on with open checks; the reason is kept.

        :param int stage_id: the stage to go to.
        :param str reason: why, in words; required.
        """
        self.ensure_one()
        if not self._may_override_checks():
            raise AccessError(
                self.env._(
                    "Only the head of the team may let a deal pass with open checks."
                )
            )
        if not (reason or "").strip():
            raise UserError(self.env._("Say why: the reason is kept with the deal."))
        given = StageReason("override", reason.strip())
        self._track_set_log_message(
            self.env._("Moved on with open checks: %(reason)s", reason=reason.strip())
        )
        self.with_context(**{CONTEXT_KEY: given}).write({"stage_id": stage_id})
        return True

    def toggle_stage_check(self, check_id):
        """Tick a check of this lead, or take the tick back; returns the guide anew."""
        self.ensure_one()
        self.check_access("write")
        check = self.env["crm.stage.check"].browse(check_id)
        # sudo: a tick is written by this button only, with its time and person
        done_sudo = self.sudo().stage_check_done_ids.filtered(
            lambda row: row.check_id == check
        )
        if check.requirement in ("field", "activity"):
            if check not in self._get_done_checks(check)[self]:
                raise UserError(
                    self.env._("Not yet. %(todo)s.", todo=check._get_demand())
                )
        elif done_sudo:
            done_sudo.unlink()  # a document stays with the deal
        elif check.requirement == "tick":
            self._tick_checks(check)
        elif check not in self._get_done_checks(check)[self]:
            raise UserError(self.env._("Not yet. %(todo)s.", todo=check._get_demand()))
        return self.load_stage_guide()
