from odoo import api, models

from ..tools.ledger import is_auto_reply, mail_key


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """A customer's own automaton answered: a row, but neither answer nor progress."""
        if is_auto_reply(message.items()):
            self = self.with_context(crm_auto_reply=True)
        return super()._message_route_process(message, message_dict, routes)

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """The e-mail we sent came back: that is its outcome."""
        result = super()._routing_handle_bounce(email_message, message_dict)
        bounced = message_dict.get("bounced_message")
        if bounced:
            self.env["crm.interaction"]._set_outcome(
                "email",
                [mail_key(message.message_id) for message in bounced],
                "bounced",
            )
        return result

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        routes = super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
        arrival = self.env["crm.arrival"]
        return [arrival._redirect_route(route, message_dict) for route in routes]
