from odoo import models

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

    def _merge_dependences(self, opportunities):
        """Answers the winner lacks and all decisions move over; nothing asked is lost."""
        result = super()._merge_dependences(opportunities)
        # sudo: history moves whole, whoever may see which lead
        self.sudo()._merge_answers(opportunities.sudo())
        decisions_sudo = opportunities.sudo().qualification_decision_ids
        ended = decisions_sudo.filtered("is_standing")
        ended.write({"is_standing": False, "ended_at": self.env.cr.now()})
        decisions_sudo.write({"lead_id": self.id})
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
