import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

LOGGABLE = ("call", "meeting", "messenger", "sms", "other")  # kinds a person enters


class CrmInteractionLog(models.TransientModel):
    """The quick form: a call or visit that no machine has noted."""

    _name = "crm.interaction.log"
    _description = "Log a Contact"

    client_uuid = fields.Char(
        required=True,
        readonly=False,
        default=lambda self: str(uuid.uuid4()),
        help="Made when the form opens: saving twice is still one contact.",
    )
    partner_id = fields.Many2one("res.partner", string="Person")
    lead_id = fields.Many2one("crm.lead", string="Lead or Deal")
    channel_id = fields.Many2one(
        "crm.channel",
        required=True,
        domain=[("kind", "in", LOGGABLE)],
        default=lambda self: self.env["crm.channel"]._id_of_code("call"),
    )
    direction = fields.Selection(
        [("out", "From us"), ("in", "From the customer")],
        required=True,
        default="out",
    )
    started_at = fields.Datetime(
        string="When", required=True, default=fields.Datetime.now
    )
    number = fields.Char(
        string="Number Dialled", help="The number that was called, if it is known."
    )
    minutes = fields.Integer(help="How long it took; 0 if unknown.")
    outcome = fields.Selection(
        [
            ("done", "Spoke"),
            ("no_answer", "No answer"),
            ("busy", "Busy"),
            ("missed", "Missed"),
        ],
        required=True,
        default="done",
    )
    subject = fields.Char(help="In one line: what it was about.")
    note = fields.Text(help="Goes to the notes of the deal or the customer.")
    source_id = fields.Many2one(
        "utm.source", help="What brought the customer, if he said so: an ad, a friend…"
    )
    medium_id = fields.Many2one("utm.medium", help="Flyer, radio, word of mouth…")
    campaign_id = fields.Many2one(
        "utm.campaign", help="The campaign he heard of us by."
    )
    next_step = fields.Char(help="What is to be done next, if anything.")
    next_date = fields.Date(string="By")

    @api.model
    def default_get(self, fields):
        """Opened on a lead or a partner, the form knows whom it is about."""
        values = super().default_get(fields)
        model, active_id = (
            self.env.context.get(k) for k in ("active_model", "active_id")
        )
        if model == "crm.lead" and "lead_id" in fields:
            values.setdefault("lead_id", active_id)
        if model == "res.partner" and "partner_id" in fields:
            values.setdefault("partner_id", active_id)
        if values.get("lead_id") and not values.get("partner_id"):
            lead = self.env["crm.lead"].browse(values["lead_id"])
            values["partner_id"] = lead.partner_id.id
        return values

    @api.constrains("minutes", "started_at")
    def _check_times(self):
        for form in self:
            if form.minutes < 0:
                raise ValidationError(
                    self.env._("A contact cannot take less than no time.")
                )
            if form.started_at > fields.Datetime.now() + timedelta(minutes=5):
                raise ValidationError(
                    self.env._("Log what has happened; plan an activity for what will.")
                )

    @api.constrains("partner_id", "lead_id", "channel_id")
    def _check_about(self):
        for form in self:
            if not form.partner_id and not form.lead_id:
                raise ValidationError(self.env._("Say who it was: a person or a deal."))

    def action_save(self):
        """Write the contact, its note and the next step; the form closes."""
        self.ensure_one()
        document = self.lead_id or self.partner_id
        document.check_access("read")
        interactions = self.env["crm.interaction"]
        interactions.check_access("create")
        key = f"hand:{self.client_uuid}"
        # sudo: the row may be another company's, as the key is the client's own
        companies_sudo = self.env.user.company_ids.sudo()
        again = (
            interactions.sudo().search_count(  # another's row is still the same form
                [
                    # the unique index begins with the company
                    ("company_id", "in", companies_sudo.ids),
                    ("channel_id", "=", self.channel_id.id),
                    ("external_key", "=", key),
                ],
                limit=1,
            )
        )
        interactions._feed([self._prepare_interaction(key, document)])
        if not again:
            self._add_to_document(document)
        return {"type": "ir.actions.act_window_close"}

    def _prepare_interaction(self, key, document):
        spoke = self.outcome == "done"
        return {
            "channel_id": self.channel_id.id,
            "external_key": key,
            "company_id": document.company_id.id or self.env.company.id,
            "direction": self.direction,
            "started_at": self.started_at,
            "answered_at": spoke and self.started_at,
            "ended_at": self.started_at + timedelta(minutes=self.minutes),
            "partner_id": self.partner_id.id or self.lead_id.partner_id.id,
            "lead_id": self.lead_id.id,
            "user_id": self.env.uid,
            "raw_address": self.number,
            "outcome": self.outcome,
            "subject": self.subject,
            "preview": self.note,
            "res_model": document._name,
            "res_id": document.id,
            **self._prepare_origin(),
        }

    def _prepare_origin(self):
        """What brought an incoming contact; what we began ourselves was brought by us."""
        names = ("source_id", "medium_id", "campaign_id")
        return {name: self[name].id for name in names if self.direction == "in"}

    def _add_to_document(self, document):
        if self.note:
            # the name ties the note to its contact: the timeline shows them as one
            document.message_post(
                body=self.note,
                subject=self.subject,
                message_id=f"<hand:{self.client_uuid}>",
            )
        if self.next_step:
            document.activity_schedule(
                date_deadline=self.next_date or False, summary=self.next_step
            )
