from odoo import api, fields, models

from ..tools import stage_move
from .crm_qualification_decision import ASIDE

# a write of one of these may change the stage or end the visit
WATCHED = {
    "stage_id",
    "funnel_id",
    "team_id",
    "user_id",
    "type",
    "company_id",
    "active",
    "probability",
    "qualification_state",
    "lost_reason_id",
    "lost_product_id",
    "lost_words",
    "reject_reason_id",
    "reject_product_id",
    "reject_words",
}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    stage_log_ids = fields.One2many(
        "crm.lead.stage.log", "lead_id", string="Stage History", copy=False
    )
    lost_product_id = fields.Many2one(
        "product.product",
        string="Lost Product",
        ondelete="set null",
        copy=False,
        help="The product the deal was lost about.",
    )
    lost_words = fields.Char(
        copy=False, help="Why the deal was lost, in the customer's words."
    )

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._open_visits("created")
        return leads

    def write(self, vals):
        if not WATCHED & vals.keys():
            return super().write(vals)
        before = {lead.id: lead._get_place() for lead in self}
        result = super().write(vals)
        self._log_moves(before)
        return result

    def _get_place(self):
        """``(stage, funnel, how the visit ended or False)``: where a lead is now."""
        return self.stage_id, self.funnel_id, self._get_stage_exit()

    def _get_stage_exit(self):
        """How the lead left the funnel without another stage, False when it did not."""
        self.ensure_one()
        if self.qualification_state in ASIDE:
            return self.qualification_state
        if self.active:  # never lost; asking the status would compute the probability
            return False
        return "lost" if self.won_status == "lost" else False

    def _prepare_exit_values(self, how):
        """What the closed visit keeps about a lost or rejected lead."""
        self.ensure_one()
        if how == "lost":
            return {
                "lost_reason_id": self.lost_reason_id.id,
                "product_id": self.lost_product_id.id,
                "words": self.lost_words,
            }
        return {
            "reject_reason_id": self.reject_reason_id.id,
            "product_id": self.reject_product_id.id,
            "words": self.reject_words,
        }

    def _log_moves(self, before):
        """Close and open visits of the leads whose place is not as ``before``."""
        # exits: {lead: (how it left, stage it went to)}; opening: {lead: (from, kind)}
        exits, opening, still_ended = {}, {}, self.browse()
        for lead in self:
            stage, funnel, ended = lead._get_place()
            old_stage, old_funnel, was_ended = before[lead.id]
            if was_ended and ended:
                still_ended |= lead
            elif was_ended:
                opening[lead] = (old_stage, "restored")
            elif ended:
                exits[lead] = (ended, stage.browse())
            elif (stage, funnel) != (old_stage, old_funnel):
                how = lead._get_exit_to(old_stage, old_funnel)
                exits[lead] = (how, stage)
                opening[lead] = (old_stage, "funnel" if how == "funnel" else "manual")
        if exits or opening:
            self._write_visits(exits, opening)
        still_ended._refresh_exits()

    def _refresh_exits(self):
        """The host archives first and gives the reason in a second write."""
        if not self:
            return
        # sudo: the log writes itself, nobody edits it
        last = (
            self.env["crm.lead.stage.log"]
            .sudo()
            ._read_group(
                [("lead_id", "in", self.ids), ("exit", "!=", False)],
                ["lead_id"],
                ["id:max"],
            )
        )
        visits_sudo = (
            self.env["crm.lead.stage.log"].sudo().browse([row[1] for row in last])
        )
        for visit_sudo in visits_sudo:
            how = visit_sudo.lead_id._get_stage_exit()
            visit_sudo.write(
                {"exit": how, **visit_sudo.lead_id._prepare_exit_values(how)}
            )

    def _get_exit_to(self, old_stage, old_funnel):
        """How a visit of ``old_stage`` ended when the lead went to its stage of now."""
        if self.stage_id.is_won and not old_stage.is_won:
            return "won"
        if old_funnel != self.funnel_id:
            return "funnel"
        ahead = self.stage_id._get_order_key() > old_stage._get_order_key()
        return "forward" if ahead else "back"

    def _write_visits(self, exits, opening):
        # sudo: the log writes itself, nobody edits it
        visits_sudo = self.env["crm.lead.stage.log"].sudo()
        leads = self.browse({lead.id for lead in (*exits, *opening)})
        open_sudo = visits_sudo.search(
            [("lead_id", "in", leads.ids), ("left_at", "=", False)]
        )
        # a write inside this one has logged its move already
        done = self.browse(
            visit.lead_id.id
            for visit in open_sudo
            if visit.lead_id in opening and visit._is_here()
        )
        closing_sudo = open_sudo.filtered(lambda visit: visit.lead_id in leads - done)
        closing_sudo._close(exits, self.env.cr.now())
        visits_sudo.create(
            [
                lead._prepare_visit(kind, from_stage)
                for lead, (from_stage, kind) in opening.items()
                if lead not in done
            ]
        )

    def _open_visits(self, kind):
        """Open the first visit of new leads."""
        # sudo: the log writes itself, nobody edits it
        self.env["crm.lead.stage.log"].sudo().create(
            [
                lead._prepare_visit(kind)
                for lead in self
                if lead.stage_id and not lead._get_stage_exit()
            ]
        )

    def _prepare_visit(self, kind, from_stage=None):
        """The open visit of the stage this lead is in now."""
        self.ensure_one()
        reason = stage_move.given(self.env.context)
        return {
            "lead_id": self.id,
            "company_id": self.company_id.id,
            "funnel_id": self.funnel_id.id,
            "team_id": self.team_id.id,
            "user_id": self.user_id.id,
            "stage_id": self.stage_id.id,
            "from_stage_id": from_stage.id if from_stage else False,
            "entered_at": self.env.cr.now(),
            "moved_by_id": self.env.uid,
            "kind": reason.kind if kind == "manual" else kind,
            "reason": reason.text or False,
        }

    @api.model
    def _crm_merge_leads(self, source_ids, destination):
        """The visits of merged leads stay in the report, under the lead that remains."""
        # sudo: history moves whole, whoever may see which lead
        visits_sudo = self.env["crm.lead.stage.log"].sudo()
        visits_sudo = visits_sudo.search(
            [("lead_id", "in", list(source_ids)), ("lead_id", "!=", destination.id)]
        )
        nowhere = self.env["crm.stage"]
        still_open = visits_sudo.filtered(lambda visit: not visit.left_at)
        still_open._close(
            {visit.lead_id: ("merged", nowhere) for visit in still_open},
            self.env.cr.now(),
            moved_to=destination,
        )
        visits_sudo.lead_id = destination
        return super()._crm_merge_leads(source_ids, destination)

    def action_open_stage_log(self):
        """The stages this lead or deal went through."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_lead_stage_log_action"
        )
        context = {"hide_lead": True}
        return dict(action, domain=[("lead_id", "=", self.id)], context=context)
