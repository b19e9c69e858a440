from odoo import api, fields, models
from odoo.exceptions import UserError

FROM = {
    "crm.interaction": "interaction_id",
    "res.partner": "partner_id",
    "crm.lead": "lead_id",
}
ORIGIN = ("source_id", "medium_id", "campaign_id")


class CrmTouchCode(models.TransientModel):
    """Six digits that a caller reads from our site say which visitor he is."""

    _name = "crm.touch.code"
    _description = "Code of a Site Visitor"

    code = fields.Char(
        required=True, size=6, help="Six digits that the page shows to the visitor."
    )
    interaction_id = fields.Many2one("crm.interaction", string="Contact")
    partner_id = fields.Many2one("res.partner", string="Person")
    lead_id = fields.Many2one("crm.lead", string="Lead or Deal")
    found = fields.Text(
        string="Visitor",
        compute="_compute_found",
        help="When he was here, where he came from, what he looked at.",
    )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        context = self.env.context
        name = FROM.get(context.get("active_model"))
        if name and context.get("active_id"):
            values[name] = context["active_id"]
        if name == "interaction_id" and context.get("active_id"):
            row = self.env["crm.interaction"].browse(context["active_id"])
            values.update(partner_id=row.partner_id.id, lead_id=row.lead_id.id)
        elif name == "lead_id" and context.get("active_id"):
            lead = self.env["crm.lead"].browse(context["active_id"])
            values["partner_id"] = lead.partner_id.id
        return values

    @api.depends("code")
    def _compute_found(self):
        for wizard in self:
            rows_sudo = wizard._find_visitor_sudo()._get_touches_sudo()
            wizard.found = wizard._describe(rows_sudo) or (
                len(wizard.code or "") == 6
                and self.env._("No visitor of the last 30 days was shown this code.")
            )

    def _find_visitor_sudo(self):
        """sudo: an operator sees no visitors, only whom this code means."""
        visitors_sudo = self.env["crm.touch.visitor"].sudo()
        if len(self.code or "") != 6:
            return visitors_sudo
        return visitors_sudo._find_by_code(
            self.env.company, self.code, fields.Datetime.now()
        )

    def _describe(self, rows_sudo):
        """The last touches in lines: when, from where, which product."""
        lines = []
        for row in rows_sudo[:5]:
            what = [row.source_id, row.medium_id, row.campaign_id, row.product_id]
            names = [record.display_name for record in what if record]
            moment = fields.Datetime.context_timestamp(self, row.started_at)
            lines.append(f"{moment:%d.%m %H:%M} {', '.join(names) or row.page or ''}")
        return "\n".join(lines)

    def action_join(self):
        """The visitor's touches are this person's; the contact and lead know his origin."""
        self.ensure_one()
        self.env["crm.interaction"].check_access("create")  # who talks to customers
        visitor_sudo = self._find_visitor_sudo()
        if not visitor_sudo:
            raise UserError(
                self.env._("No visitor of the last 30 days was shown this code.")
            )
        lead, partner = self.lead_id, self.partner_id or self.lead_id.partner_id
        if not lead and not partner:
            raise UserError(self.env._("Choose the person or the lead first."))
        (lead or partner).check_access("read")
        visitor_sudo._join(partner.sudo(), lead.sudo())
        self._fill_origin(visitor_sudo._get_touches_sudo())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "His visits are on the card of %(name)s now.",
                    name=(partner or lead).display_name,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _fill_origin(self, touches_sudo):
        """The last origin goes to the contact and the lead that have none."""
        named = touches_sudo.filtered(lambda row: any(row[name] for name in ORIGIN))[:1]
        if not named:
            return
        values = {name: named[name].id for name in ORIGIN}
        # sudo: what brought a caller is written whoever took the call
        for record_sudo in (self.interaction_id.sudo(), self.lead_id.sudo()):
            if record_sudo and not any(record_sudo[name] for name in ORIGIN):
                record_sudo.write(values)
