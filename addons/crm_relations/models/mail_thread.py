from email.message import EmailMessage

from odoo import api, models

from ..tools.email_repair import repair
from ..tools.ledger import is_auto_reply, mail_key


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_parse(self, message, save_original=False):
        """A message that the gateway would stumble over is made readable first."""
        if isinstance(message, EmailMessage):
            repair(message)
        return super().message_parse(message, save_original=save_original)

    def _get_bounced_message_data(self, message, message_dict):
        """A report without parts holds no message: its references are left."""
        if isinstance(message, str):
            message = EmailMessage()
        return super()._get_bounced_message_data(message, message_dict)

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
            keys = [mail_key(message.message_id) for message in bounced]
            self.env["crm.interaction"]._set_outcome("email", keys, "bounced")
        return result

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """An e-mail that would become a lead goes to what is open, where rules say so."""
        routes = super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
        arrival = self.env["crm.arrival"]
        return [arrival._redirect_route(route, message_dict) for route in routes]
