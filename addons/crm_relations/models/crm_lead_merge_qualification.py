from odoo import api, models

from .crm_qualification_decision import ASIDE


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _merge_opportunity(
        self, user_id=False, team_id=False, auto_unlink=True, max_length=5
    ):
        any_active = any(self.mapped("active"))
        result = super()._merge_opportunity(user_id, team_id, auto_unlink, max_length)
        if any_active and result.qualification_state in ASIDE:
            result.action_restore()
        return result

    @api.model
    def _crm_merge_leads(self, source_ids, destination):
        """Answers the winner lacks and all decisions move over; nothing asked is lost."""
        result = super()._crm_merge_leads(source_ids, destination)
        used = self._get_merge_tables(source_ids)
        # sudo: history moves whole, whoever may see which lead
        sources_sudo = self.browse(source_ids).sudo()
        if "crm_qualification_answer" in used:
            destination.sudo()._merge_answers(sources_sudo)
        if "crm_qualification_decision" not in used:
            return result
        decisions_sudo = sources_sudo.qualification_decision_ids
        decisions_sudo.filtered("is_standing").write(
            {"is_standing": False, "ended_at": self.env.cr.now()}
        )
        decisions_sudo.write({"lead_id": destination.id})
        return result

    def _merge_answers(self, opportunities):
        given = {
            answer.criterion_id: answer
            for answer in opportunities.qualification_answer_ids
            if answer.is_answered
        }
        for answer in self.qualification_answer_ids:
            if answer.is_answered:
                given.pop(answer.criterion_id, None)
        waiting = self.qualification_answer_ids.filtered(
            lambda answer: answer.criterion_id in given
        )
        waiting.unlink()
        # the unique key of (lead, question) is free now
        self.env["crm.qualification.answer"].concat(*given.values()).write(
            {"lead_id": self.id}
        )
