from odoo import fields, models


class MailActivity(models.Model):
    """Who was called about his words was told of them."""

    _inherit = "mail.activity"

    def _action_done(self, *args, **kwargs):
        call = self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False)
        calls = self.filtered(
            lambda one: (
                one.res_model == "res.partner" and one.activity_type_id == call
            )
        )
        if calls:
            # sudo: whoever calls may not write what was heard
            voices_sudo = self.env["crm.voice"].sudo()
            found_sudo = voices_sudo.search([("call_id", "in", calls.ids)])
            found_sudo.told_at = fields.Datetime.now()
        return super()._action_done(*args, **kwargs)
