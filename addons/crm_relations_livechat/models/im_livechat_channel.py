from odoo import fields, models

ORIGIN = ("source_id", "medium_id", "campaign_id")  # of a lead and of the ledger


class ImLivechatChannel(models.Model):
    """The button on a landing page tells which campaign its chats come from."""

    _inherit = "im_livechat.channel"

    crm_source_id = fields.Many2one(
        "utm.source",
        string="Source",
        ondelete="set null",
        help="Source of the chats that begin here and, where nothing else gives them "
        "one, of their leads.",
    )
    crm_medium_id = fields.Many2one(
        "utm.medium",
        string="Medium",
        ondelete="set null",
        help="Medium of the chats that begin here and of their leads.",
    )
    crm_campaign_id = fields.Many2one(
        "utm.campaign",
        string="Campaign",
        ondelete="set null",
        help="Campaign of the chats that begin here and of their leads: a channel of "
        "its own for the landing page of a campaign.",
    )

    def _get_crm_origin(self):
        """``{"source_id": id, …}`` of what is set; empty without a channel."""
        return {name: self[f"crm_{name}"].id for name in ORIGIN if self[f"crm_{name}"]}
