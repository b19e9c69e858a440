from odoo import api, models
from odoo.fields import Domain

from ..tools.ledger import DOCUMENT_RANK, mail_key

# A document's own words for what the ledger copies. {model: {ours: theirs}}; a field
# that a database does not have (no stock, no sales team on it) is left out.
DOCUMENT_FIELDS = {
    "crm.lead": {"lead_id": "id"},
    "sale.order": {"lead_id": "opportunity_id"},
    "account.move": {"owner_id": "invoice_user_id"},
    "stock.picking": {"order": "sale_id"},
    "res.partner": {"customer": "id"},
}
COMMON_FIELDS = {
    "customer": "partner_id",
    "owner_id": "user_id",
    "team_id": "team_id",
    "source_id": "source_id",
    "medium_id": "medium_id",
    "campaign_id": "campaign_id",
    "company_id": "company_id",
}
AUTOMATIC = ("auto_comment", "out_of_office")
WRITTEN = ("email", "comment", "email_outgoing", *AUTOMATIC)


class MailMessage(models.Model):
    """E-mails with customers become rows of the ledger.

    Direction follows the author: who does not work here wrote to us. What we wrote is
    a contact only when it leaves the house (a notification to an outside partner or
    address), so outgoing rows are made from ``mail.notification`` and ``mail.mail``.
    """

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        if any(vals.get("message_type", "comment") in WRITTEN for vals in vals_list):
            messages._feed_incoming()
        return messages

    def _filter_for_ledger_sudo(self):
        """Messages on documents of ours that a person or an automaton wrote.

        As superuser: the documents behind decide who may read the rows.
        """
        return self.sudo().filtered(
            lambda message: message.model in DOCUMENT_RANK
            and message.res_id
            and message.message_type in WRITTEN
        )

    def _feed_incoming(self):
        messages_sudo = self._filter_for_ledger_sudo()
        incoming = messages_sudo.filtered(
            # the host marks a customer's letter internal when it answers a note
            lambda message: message._is_from_outside()
            and not (message.message_type == "comment" and message.is_internal)
        )
        if not incoming:
            return
        documents = incoming._ledger_documents()
        automatic = bool(self.env.context.get("crm_auto_reply"))
        self.env["crm.interaction"]._feed(
            incoming._with_known_company(
                [
                    {
                        **message._prepare_interaction(documents),
                        "direction": "in",
                        "partner_id": message._get_person().id,
                        "raw_address": message.author_id == message._get_person()
                        and message.email_from,
                        "address_kind": "email",
                        "is_automatic": automatic,
                    }
                    for message in incoming
                ]
            )
        )

    def _feed_outgoing(self, recipients):
        """Messages of ours that have left the house.

        :param dict recipients: ``{message: (outside partners, outside addresses)}``
        """
        messages_sudo = self._filter_for_ledger_sudo()
        outgoing = messages_sudo.filtered(
            lambda message: any(recipients.get(message.id, ()))
            and not message._is_from_outside()
            and not (message.message_type == "comment" and message.subtype_id.internal)
        )
        if not outgoing:
            return
        documents = outgoing._ledger_documents()
        rows = []
        for message in outgoing:
            row = message._prepare_interaction(documents)
            partners, addresses = recipients[message.id]
            person = message._pick_recipient(partners, row.get("customer_id"))
            rows.append(
                {
                    **row,
                    "direction": "out",
                    "partner_id": person.id,
                    "raw_address": person.email or (addresses or [None])[0],
                    "address_kind": "email",
                    "user_id": message.author_id._crm_employee().id,
                    "outcome": "sent",
                    "is_automatic": message.message_type in AUTOMATIC,
                }
            )
        self.env["crm.interaction"]._feed(outgoing._with_known_company(rows))

    def _is_from_outside(self):
        """True when a customer wrote it: nobody here, or a share user."""
        self.ensure_one()
        if self.message_type in ("email_outgoing", *AUTOMATIC):
            return False
        person = self._get_person()
        if person:
            return person.partner_share
        return self.message_type == "email" or bool(self.author_guest_id)

    def _get_person(self):
        """Who wrote it; the host lets its robot sign e-mails without a sender."""
        robot = self.env.ref("base.partner_root")
        return (
            self.author_id - robot if self.message_type == "email" else self.author_id
        )

    def _pick_recipient(self, partners, customer_id):
        """Who of the recipients belongs to the document's customer, else the first."""
        own = partners.filtered(
            lambda partner: partner.commercial_partner_id.id == customer_id
        )
        return (own or partners)[:1]

    def _ledger_documents(self):
        """``{(model, id): record}`` of the documents behind, those that still exist."""
        documents = {}
        for model, messages in self.grouped("model").items():
            records = self.env[model].browse(set(messages.mapped("res_id"))).exists()
            documents.update({(model, record.id): record for record in records})
        return documents

    def _prepare_interaction(self, documents):
        """What every e-mail row says, whichever way it went.

        ``started_at`` is when we got it, never the sender's own date.
        """
        self.ensure_one()
        return {
            "channel": "email",
            "external_key": mail_key(self.message_id or f"message-{self.id}"),
            "started_at": self.create_date or self.env.cr.now(),
            "subject": self.subject,
            "preview": self.preview,
            "res_model": self.model,
            "res_id": self.res_id,
            **self._document_values(documents.get((self.model, self.res_id))),
        }

    def _document_values(self, document):
        """Customer, owner, team, origin and company as the document has them."""
        if not document:
            return {"company_id": self.record_company_id.id or self.env.company.id}
        names = COMMON_FIELDS | DOCUMENT_FIELDS[document._name]
        found = {
            ours: document[theirs]
            for ours, theirs in names.items()
            if theirs in document._fields
        }
        order = found.pop("order", None)
        if order:
            found |= {"owner_id": order.user_id, "team_id": order.team_id}
        values = {
            name: value if isinstance(value, int) else value.id
            for name, value in found.items()
        }
        customer = self.env["res.partner"].browse(values.pop("customer", False))
        values["customer_id"] = customer.commercial_partner_id.id
        values["company_id"] = (
            values.get("company_id")
            or (found.get("team_id") and found["team_id"].company_id.id)
            or self.record_company_id.id
            or self.env.company.id
        )
        return values

    def _with_known_company(self, rows):
        """One row even if the message reached documents of two companies."""
        known = dict(
            self.env["crm.interaction"]
            .sudo()  # a row of another company is still the same message
            ._read_group(
                Domain("external_key", "in", [row["external_key"] for row in rows])
                & Domain(
                    "channel_id", "=", self.env["crm.channel"]._id_of_code("email")
                )
                & Domain(
                    "company_id", "in", self.env["res.company"].sudo()._search([])
                ),
                ["external_key"],
                ["company_id:min"],
            )
        )
        for row in rows:
            row["company_id"] = known.get(row["external_key"], row["company_id"])
        return rows
