from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import is_html_empty

MAX_PAGES = 20  # of one lead, the latest


class CrmLead(models.Model):
    """How a lead came, for its form: the first row of the ledger about it, what the
    customer said in full, and the pages of our site he was on."""

    _inherit = "crm.lead"

    first_interaction_id = fields.Many2one(
        "crm.interaction",
        string="How it Came",
        compute="_compute_first_interaction_id",
        help="The contact this lead began with.",
    )
    first_channel_id = fields.Many2one(
        "crm.channel", string="Came by", compute="_compute_first_interaction_id"
    )
    first_contact_at = fields.Datetime(
        string="Came at", compute="_compute_first_interaction_id"
    )
    first_words = fields.Char(compute="_compute_first_interaction_id")
    first_message = fields.Html(
        string="Message",
        compute="_compute_first_message",
        help="What the customer wrote first, in full.",
    )
    pages_seen = fields.Html(
        compute="_compute_pages_seen",
        help="Pages of our site the customer was on, the latest first.",
    )

    def _compute_first_interaction_id(self):
        # the rows' own rule says who may read them
        groups = self.env["crm.interaction"]._read_group(
            [("lead_id", "in", self.ids)], ["lead_id"], ["id:min"]
        )
        first = {lead.id: row_id for lead, row_id in groups}
        for lead in self:
            row = self.env["crm.interaction"].browse(first.get(lead._origin.id, ()))
            lead.first_interaction_id = row
            lead.first_channel_id = row.channel_id
            lead.first_contact_at = row.started_at
            lead.first_words = row.preview or row.subject

    @api.depends("description")
    def _compute_first_message(self):
        """The e-mail, else the form's text or other notes, else the ledger's words."""
        emails = self._get_first_emails()
        for lead in self:
            texts = (emails.get(lead._origin.id), lead.description)
            lead.first_message = next(
                (text for text in texts if not is_html_empty(text)),
                lead.first_words and Markup("<p>%s</p>") % lead.first_words,
            )

    def _get_first_emails(self):
        """``{lead id: body}`` of the first e-mail each lead received."""
        # sudo: whoever reads the lead reads the e-mails it received
        messages_sudo = self.env["mail.message"].sudo()
        groups = messages_sudo._read_group(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("message_type", "=", "email"),
            ],
            ["res_id"],
            ["id:min"],
        )
        messages_sudo = messages_sudo.browse(message_id for _lead, message_id in groups)
        return {message.res_id: message.body for message in messages_sudo}

    def _compute_pages_seen(self):
        pages = self._get_pages_seen()
        for lead in self:
            seen = sorted(pages.get(lead._origin.id, ()), reverse=True)[:MAX_PAGES]
            lead.pages_seen = Markup("<br/>").join(
                self._format_page(page) for _seen_at, page in seen
            )

    def _get_pages_seen(self):
        """``{lead id: [(last seen at, address of the page)]}``, in any order.

        From the web forms of the ledger; a module that watches the site adds its own.
        """
        groups = self.env["crm.interaction"]._read_group(
            [("lead_id", "in", self.ids), ("page", "!=", False)],
            ["lead_id", "page"],
            ["started_at:max"],
        )
        pages = {}
        for lead, page, seen_at in groups:
            pages.setdefault(lead.id, []).append((seen_at, page))
        return pages

    @staticmethod
    def _format_page(page):
        """A link where it is an address of the web: strangers send what they like."""
        if not page.startswith(("http://", "https://")):
            return Markup("%s") % page
        link = Markup('<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>')
        return link % (page, page)
