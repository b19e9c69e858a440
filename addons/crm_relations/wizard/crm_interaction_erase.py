from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmInteractionErase(models.TransientModel):
    """A person asks to be forgotten: what was said goes, the counts stay."""

    _name = "crm.interaction.erase"
    _description = "Erase a Person's Contacts"

    partner_ids = fields.Many2many("res.partner", string="People", required=True)
    row_count = fields.Integer(
        string="Contacts",
        compute="_compute_row_count",
        help="Rows that will be emptied.",
    )

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if self.env.context.get("active_model") == "res.partner":
            values["partner_ids"] = [(6, 0, self.env.context.get("active_ids", []))]
        return values

    @api.depends("partner_ids")
    def _compute_row_count(self):
        for form in self:
            form.row_count = self.env["crm.interaction"].search_count(
                [("partner_id", "in", form.partner_ids.ids)]
            )

    def action_erase(self):
        """Empty the rows for good."""
        self.check_access("write")
        if not self.env.is_system():
            raise UserError(self.env._("Only an administrator may erase contacts."))
        count = self.partner_ids._erase_interactions()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Contacts emptied: %(count)s", count=count),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
