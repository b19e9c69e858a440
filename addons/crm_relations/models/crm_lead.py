from odoo import api, fields, models
from odoo.fields import Command


class CrmLead(models.Model):
    _inherit = "crm.lead"

    crm_product_ids = fields.Many2many(
        "product.product",
        "crm_lead_product_rel",
        "lead_id",
        "product_id",
        string="Asked For",
        help="Products this customer asked for; a new quotation starts with them.",
    )

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        team = self.env["crm.team"].browse((custom_values or {}).get("team_id"))
        if not team.crm_use_arrival_rules:
            return super().message_new(msg_dict, custom_values)
        arrival = self.env["crm.arrival"]
        rule = arrival._match_email_rule(msg_dict, team)
        values = {**custom_values, "type": rule._get_lead_type(team)}
        customer_sudo = arrival.sudo()._get_email_customer(msg_dict, team)
        if customer_sudo:  # sudo: the gateway's user may be anyone
            values["partner_id"] = customer_sudo.id
        quiet = self.with_context(crm_arrival=True, mail_auto_subscribe_no_notify=True)
        lead = super(CrmLead, quiet).message_new(msg_dict, values)
        lead = lead.with_env(self.env)
        channel = self.env.ref("crm_relations.crm_channel_email")
        # the gateway has no clock of its own: the transaction's start is "now"
        responsible = arrival._welcome(lead, rule, channel, self.env.cr.now())
        # the gateway now posts the message itself: one notice is enough
        return lead.with_context(crm_noticed_partner_ids=responsible.partner_id.ids)

    def _assign_userless_lead_in_team(self, creation_source):
        if self.env.context.get("crm_arrival"):
            return None
        return super()._assign_userless_lead_in_team(creation_source)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        noticed = self.env.context.get("crm_noticed_partner_ids")
        if not noticed:
            return recipients
        return [data for data in recipients if data["id"] not in noticed]

    def _prepare_opportunity_quotation_context(self):
        context = super()._prepare_opportunity_quotation_context()
        if self.crm_product_ids and not self.order_ids:
            context["default_order_line"] = [
                Command.create({"product_id": product.id})
                for product in self.crm_product_ids
            ]
        return context
