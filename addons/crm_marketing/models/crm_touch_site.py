import secrets

from odoo import api, fields, models


class CrmTouchSite(models.Model):
    """A web site, anybody's software, whose pages carry our script."""

    _name = "crm.touch.site"
    _inherit = "crm.public.door.mixin"
    _description = "Watched Site"
    _order = "name, id"
    _check_company_auto = True
    _door_hits = "crm.touch.hit"
    _door_field = "site_id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        check_company=True,
        help="Team of visits whose visitor is not known yet.",
    )
    key = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_urlsafe(18),
        help="Names the site. Not a password: everyone who sees the page sees it.",
    )
    allowed_origins = fields.Text(
        string="Addresses",
        help="Where the pages are, one per line, such as https://www.example.com. "
        "Empty: every site.",
    )
    limit_minute = fields.Integer(
        string="Calls per Minute and Address",
        default=60,
        help="More from one network address within a minute are not counted.",
    )
    limit_hour = fields.Integer(
        string="Calls per Hour",
        default=50_000,
        help="More from all visitors within an hour are not counted.",
    )
    snippet = fields.Text(
        string="Script",
        compute="_compute_snippet",
        help="Paste it before </body> of every page.",
    )

    _key_uniq = models.Constraint("UNIQUE(key)", "This key is used by another site.")
    _limits_check = models.Constraint(
        "CHECK(limit_minute > 0 AND limit_hour > 0)", "Limits are positive numbers."
    )

    @api.depends("key")
    def _compute_snippet(self):
        for site in self:
            url = f"{site.get_base_url()}/crm/touch.js"
            site.snippet = f'<script async src="{url}" data-key="{site.key}"></script>'

    def _is_origin_allowed(self, origin):
        allowed = self._get_allowed_origins()
        return not allowed or (origin or "").lower() in allowed

    def action_open_touches(self):
        """The touches of this site's company, newest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_touch_action"
        )
        action["domain"] = [
            ("touch_kind", "!=", False),
            ("company_id", "=", self.company_id.id),
        ]
        return action
