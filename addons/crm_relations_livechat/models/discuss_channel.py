from odoo import models


class DiscussChannel(models.Model):
    """A live chat is one row of the ledger."""

    _inherit = "discuss.channel"

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        if self.channel_type == "livechat" and message.message_type == "comment":
            self._feed_chat_message(message)
        return result

    def write(self, vals):
        result = super().write(vals)
        if vals.get("livechat_end_dt"):
            self._feed_chat_end()
        return result

    def _feed_chat_message(self, message):
        """The visitor's first words make the row, the first person's words answer it."""
        # sudo: visitors and agents post, neither may read the ledger
        channel_sudo, message_sudo = self.sudo(), message.sudo()
        who = channel_sudo._get_chat_role(message_sudo)
        if who == "visitor":
            guest = message_sudo.author_guest_id
            channel_sudo._feed_chat(
                {
                    "started_at": message_sudo.create_date,
                    "partner_id": message_sudo.author_id.id,
                    "raw_address": message_sudo.author_id.email or guest.email,
                    "preview": message_sudo.preview,
                }
            )
        elif who == "agent" and (row := channel_sudo._get_chat_row()):
            channel_sudo._feed_chat(
                {
                    "started_at": row.started_at,
                    "answered_at": max(message_sudo.create_date, row.started_at),
                    "user_id": message_sudo.author_id._crm_employee().id,
                    "outcome": "answered",
                }
            )

    def _feed_chat_end(self):
        for channel_sudo in self.sudo():  # whoever ends a chat, the ledger knows
            if channel_sudo.channel_type == "livechat" and (
                row := channel_sudo._get_chat_row()
            ):
                channel_sudo._feed_chat(
                    {
                        "started_at": row.started_at,
                        "ended_at": max(channel_sudo.livechat_end_dt, row.started_at),
                        "outcome": False if row.answered_at else "missed",
                    }
                )

    def _feed_chat(self, values):
        """Write what is known of this chat; later words fill in."""
        lead = self.lead_ids[:1] if "lead_ids" in self._fields else self.env["crm.lead"]
        return self.env["crm.interaction"]._feed(
            [
                {
                    "channel": "livechat",
                    "external_key": f"chat:{self.id}",
                    "company_id": lead.company_id.id,
                    "direction": "in",
                    "address_kind": "email",
                    "lead_id": lead.id,
                    "subject": self.livechat_channel_id.name or self.name,
                    "res_model": self._name,
                    "res_id": self.id,
                    **self.livechat_channel_id._get_crm_origin(),
                    **values,
                }
            ]
        )

    def _get_chat_row(self):
        return self.env["crm.interaction"].search(
            [
                ("channel_id", "=", self.env["crm.channel"]._id_of_code("livechat")),
                ("external_key", "=", f"chat:{self.id}"),
            ],
            limit=1,
        )

    def _get_chat_role(self, message):
        """visitor, agent or bot, as the host keeps it for every member."""
        histories = self.livechat_channel_member_history_ids.filtered(
            lambda history: history.partner_id == message.author_id
            if message.author_id
            else history.guest_id == message.author_guest_id
        )
        return histories[:1].livechat_member_type
