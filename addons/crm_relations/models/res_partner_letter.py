"""Letters to a forgotten person that wait in the host's queue, or failed there."""

from odoo import models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _get_erased_also(self):
        """Letters to him that wait or failed: sent ones are gone from the queue.

        Those to several people stay, as does a conversation about a document.
        """
        letters = SQL(
            """
            SELECT mail.id, mail.mail_message_id FROM mail_mail mail
             WHERE mail.state IN ('outgoing', 'exception', 'cancel')
               AND mail.is_notification IS NOT TRUE
               AND EXISTS (SELECT FROM mail_mail_res_partner_rel his
                            WHERE his.mail_mail_id = mail.id
                              AND his.res_partner_id = ANY(%(ids)s))
               AND NOT EXISTS (SELECT FROM mail_mail_res_partner_rel others
                                WHERE others.mail_mail_id = mail.id
                                  AND others.res_partner_id <> ALL(%(ids)s))
            """,
            ids=self.ids,
        )
        return [
            *super()._get_erased_also(),
            SQL(
                "UPDATE mail_mail SET body_html = NULL, email_to = NULL, "
                "failure_reason = NULL, state = 'cancel' "
                "WHERE id IN (SELECT id FROM (%s) letter)",
                letters,
            ),
            SQL(
                "UPDATE mail_message SET subject = NULL, body = NULL "
                "WHERE id IN (SELECT mail_message_id FROM (%s) letter)",
                letters,
            ),
        ]

    def _erase_interactions(self):
        # sudo: the queue is the host's
        mails_sudo = self.env["mail.mail"].sudo()
        mails_sudo.flush_model()
        self.env["mail.message"].flush_model()
        count = super()._erase_interactions()
        mails_sudo.invalidate_model(flush=False)
        self.env["mail.message"].invalidate_model(flush=False)
        return count
