import secrets
from urllib.parse import urlsplit

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError

REQUIRED_FIELDS = ("name", "company", "email", "phone", "subject", "message", "product")


class CrmWebForm(models.Model):
    """A form on any web site that posts to us; how it is taken in is in the submission."""

    _name = "crm.web.form"
    _inherit = "crm.public.door.mixin"
    _description = "Web Form"
    _order = "name, id"
    _check_company_auto = True
    _door_hits = "crm.web.form.hit"
    _door_field = "form_id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        required=True,
        check_company=True,
        help="Whose leads come from here; one of its people is responsible at once.",
    )
    key = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        index=True,
        default=lambda self: secrets.token_urlsafe(18),
        help="Names the form in its HTML. Not a password: everyone who sees the page "
        "sees it. A new key stops the pages that still use the old one.",
    )
    product_ids = fields.Many2many(
        "product.product",
        string="Products",
        domain="[('sale_ok', '=', True)]",
        help="What a visitor may ask for. Empty: the form has no product.",
    )
    require_name = fields.Boolean(string="Name Needed", default=True)
    require_company = fields.Boolean(string="Company Needed")
    require_email = fields.Boolean(string="E-mail Needed")
    require_phone = fields.Boolean(string="Phone Needed")
    require_subject = fields.Boolean(string="Subject Needed")
    require_message = fields.Boolean(string="Message Needed")
    require_product = fields.Boolean(string="Product Needed")
    allowed_origins = fields.Text(
        help="Sites whose pages may send this form, one per line, such as "
        "https://www.example.com. Empty: every site.",
    )
    honeypot_name = fields.Char(
        required=True,
        default="website",
        help="Name of a field people do not see. Robots fill it in, and are thanked "
        "and forgotten.",
    )
    max_files = fields.Integer(
        string="Files at Most", default=3, help="0: the form takes no files."
    )
    max_file_kilobytes = fields.Integer(
        string="Size of All Files (KB)", default=5_000, help="Of all files together."
    )
    limit_minute = fields.Integer(
        string="Per Minute and Address",
        default=10,
        help="Submissions taken from one network address in a minute.",
    )
    limit_hour = fields.Integer(
        string="Per Hour", default=500, help="Submissions taken in an hour from all."
    )
    thank_you = fields.Char(
        translate=True,
        default=lambda self: self.env._("Thank you! We will be in touch soon."),
    )
    thank_you_url = fields.Char(
        string="Thank-you Page",
        help="Where a browser goes after sending; empty: it sees the words above.",
    )
    tag_ids = fields.Many2many("crm.tag", string="Tags")
    source_id = fields.Many2one(
        "utm.source", help="Used when the page's address names no source."
    )
    medium_id = fields.Many2one(
        "utm.medium", help="Used when the page's address names no medium."
    )
    campaign_id = fields.Many2one(
        "utm.campaign", help="Used when the page's address names no campaign."
    )
    snippet = fields.Text(
        string="HTML",
        compute="_compute_snippet",
        help="Paste it into any page of any site.",
    )
    try_url = fields.Char(string="Page to Try", compute="_compute_try_url")

    _key_uniq = models.Constraint("UNIQUE(key)", "This key is used by another form.")
    _limits_check = models.Constraint(
        "CHECK(limit_minute > 0 AND limit_hour > 0 AND max_files >= 0 "
        "AND max_file_kilobytes >= 0)",
        "Limits are positive numbers.",
    )

    @api.constrains("thank_you_url")
    def _check_thank_you_url(self):
        for form in self.filtered("thank_you_url"):
            if urlsplit(form.thank_you_url).scheme not in ("http", "https"):
                raise ValidationError(
                    self.env._("The thank-you page needs its whole address, https://…")
                )

    @api.constrains("honeypot_name")
    def _check_honeypot_name(self):
        for form in self:
            name = form.honeypot_name
            if (
                name in (*REQUIRED_FIELDS, "uuid", "page", "key")
                or not name.isidentifier()
            ):
                raise ValidationError(
                    self.env._(
                        "The hidden field needs a name of its own: %(name)s", name=name
                    )
                )

    @api.depends("key")
    def _compute_try_url(self):
        for form in self:
            form.try_url = f"{form.get_base_url()}/crm/contact/try/{form.key}"

    @api.depends(
        "key", "honeypot_name", "max_files", "product_ids", "thank_you",
        *(f"require_{name}" for name in REQUIRED_FIELDS),
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_snippet(self):
        for form in self:
            form.snippet = form._render_snippet() if form.key else False

    def _render_snippet(self, base_url=None, **hidden):
        """The form as HTML that posts to us, by default from any other site.

        :param hidden: fields that the visitor does not see, with their values
        """
        self.ensure_one()
        base_url = self.get_base_url() if base_url is None else base_url
        html = self.env["ir.qweb"]._render(
            "crm_relations.crm_web_form_snippet",
            {
                "form": self,
                "required": self._get_required(),
                "action": f"{base_url}/crm/contact",
                "hidden": hidden,
            },
            minimal_qcontext=True,
        )
        lines = (line.rstrip() for line in str(html).splitlines())
        return "\n".join(line for line in lines if line)

    def _render_snippet_markup(self, **hidden):
        """The same HTML, for our own page: whatever address we are reached at."""
        return Markup(
            self._render_snippet(base_url="", **hidden)
        )  # our own template, rendered by QWeb

    def _get_required(self):
        return [name for name in REQUIRED_FIELDS if self[f"require_{name}"]]

    def _is_origin_allowed(self, origin):
        """Browsers name the page's site; a server that posts for its site names none."""
        allowed = self._get_allowed_origins()
        own = self.get_base_url().rstrip("/").lower()
        return not allowed or not origin or origin.lower() in (*allowed, own)

    def action_new_key(self):
        """Replace the key: pages with the old HTML stop working."""
        for form in self:
            form.key = secrets.token_urlsafe(18)

    def action_try(self):
        """Open our own page with this form."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.try_url, "target": "new"}

    def action_open_interactions(self):
        """What came through this form."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_relations.crm_interaction_action"
        )
        domain = [
            ("channel_id.code", "=", "form"),
            ("external_key", "=like", f"form:{self.id}:%"),
        ]
        return {**action, "domain": domain, "context": {}}
