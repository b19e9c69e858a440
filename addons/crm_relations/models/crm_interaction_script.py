"""The script of a queue beside a contact that has no lead yet."""

from odoo import models
from odoo.tools import SQL


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    def load_queue_guide(self, queue_key):
        """What to say to this caller, and what he has answered so far.

        :param str queue_key: the queue as ``crm.script.queue_key`` names it
        :return: ``{"script": as ``crm.script._load_steps`` or False, "can_write"}``
        :raise AccessError: when the caller may not read the contact
        """
        self.ensure_one()
        self.check_access("read")
        script = self.env["crm.script"]._get_for_queue(queue_key, self.company_id)
        return self._load_guide(script)

    def reply_to_script(self, step_id, answer_id=False, words=False):
        """Keep what the customer answered on this contact; the last answer counts.

        Whoever may read this contact and note new ones may: agents never write old
        rows of the ledger, and this is not one of its columns.

        :param int step_id: the step that was said
        :param int answer_id: the answer chosen, or False
        :param str words: what he said, in words, or False
        :return: the guide anew, see :meth:`load_queue_guide`
        """
        self.ensure_one()
        self.check_access("read")
        self.browse().check_access("create")
        self.env["crm.script.reply"]._keep_sudo(
            {"interaction_id": self.id},
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "team_id": self.team_id.id,
            },
            step_id,
            answer_id,
            words,
        )
        return self._load_guide(self.env["crm.script.step"].browse(step_id).script_id)

    def _load_guide(self, script):
        if not script:
            return {"script": False, "can_write": False}
        # sudo: the contact's rights decide, as they do on a lead
        replies_sudo = self.env["crm.script.reply"].sudo()
        replies_sudo = replies_sudo.search(
            [("interaction_id", "=", self.id), ("script_id", "=", script.id)]
        )
        replies = {reply.step_id: reply for reply in replies_sudo}
        return {
            "script": script._load_steps(self._get_script_values(), replies),
            "can_write": self.has_access("create"),
        }

    def _get_script_values(self):
        """The words for the placeholders: the lead's, else those of the person."""
        self.ensure_one()
        lead = self.lead_id._filtered_access("read")
        if lead:
            return lead._get_script_values()
        # sudo: who speaks with a person may say his name
        person_sudo = self.partner_id.sudo()
        return {
            "person": person_sudo.name,
            "customer": person_sudo.commercial_partner_id.name,
            "company": self.company_id.name,
            "salesperson": (self.user_id or self.env.user).name,
            "city": person_sudo.city,
            "phone": person_sudo.phone or self.raw_address,
        }


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _get_erased_also(self):
        """What people answered to scripts goes with what they said."""
        self.env["crm.script.reply"].flush_model()
        return [
            *super()._get_erased_also(),
            SQL(
                """
                UPDATE crm_script_reply SET words = NULL, partner_id = NULL
                 WHERE partner_id = ANY(%(ids)s) OR interaction_id IN (
                       SELECT id FROM crm_interaction WHERE partner_id = ANY(%(ids)s))
                """,
                ids=self.ids,
            ),
        ]

    def _erase_interactions(self):
        count = super()._erase_interactions()
        self.env["crm.script.reply"].invalidate_model()
        return count
