from odoo import api, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        if "origin_channel_id" in self._fields:  # the host's bridge of chats and leads
            for lead in leads:
                if lead.origin_channel_id:
                    lead._fill_chat_origin_sudo()
        return leads

    def _fill_chat_origin_sudo(self):
        """A lead made in a chat comes from where the chat does, if nothing else is known.

        sudo: neither visitors nor salespeople may read the settings of live chat.
        """
        lead_sudo = self.sudo()
        channel_sudo = lead_sudo.origin_channel_id.livechat_channel_id
        values = {
            name: value
            for name, value in channel_sudo._get_crm_origin().items()
            if not lead_sudo[name]
        }
        if values:
            lead_sudo.write(values)
