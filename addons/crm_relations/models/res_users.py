from odoo import api, fields, models
from odoo.exceptions import AccessDenied

from .crm_interaction_source import SENDER_GROUP


class ResUsers(models.Model):
    _inherit = "res.users"

    crm_led_team_ids = fields.Many2many(
        "crm.team",
        compute="_compute_crm_led_team_ids",
        help="Sales teams this person leads; record rules read it.",
        export_string_translation=False,
    )

    @api.depends_context("uid")
    def _compute_crm_led_team_ids(self):
        # sudo: which team one leads is not secret, and rules must not recurse
        groups = (
            self.env["crm.team"]
            .sudo()
            ._read_group([("user_id", "in", self.ids)], ["user_id"], ["id:array_agg"])
        )
        led = {user.id: ids for user, ids in groups}
        for user in self:
            user.crm_led_team_ids = [(6, 0, led.get(user.id, []))]

    def _check_credentials(self, credential, env):
        """The key of a contact source is no password: no XML-RPC, no session."""
        if self.env.user._has_group(SENDER_GROUP):
            raise AccessDenied()
        return super()._check_credentials(credential, env)
