from odoo import api, fields, models
from odoo.tools import SQL

# Kept by PostgreSQL itself, so they can never disagree with the times. Not answered is
# NULL, not 0: GREATEST would turn it into 0 and spoil every average.
GENERATED_COLUMNS = {
    "wait_seconds": (
        "CASE WHEN answered_at IS NOT NULL THEN "
        "GREATEST(0, EXTRACT(EPOCH FROM (answered_at - started_at)))::int4 END"
    ),
    "handling_seconds": (
        "CASE WHEN ended_at IS NOT NULL THEN GREATEST(0, EXTRACT(EPOCH FROM "
        "(ended_at - COALESCE(answered_at, started_at))))::int4 END"
    ),
}


class CrmInteraction(models.Model):
    """The ledger: one row for every contact with a customer in any channel.

    Append-mostly, no chatter, built for tens of millions of rows. What makes a row
    and which key it gets is fixed in docs/ledger.md. Columns that record rules read
    (company, owner, user, team) are copied onto the row: rules never join.
    """

    _name = "crm.interaction"
    _description = "Interaction"
    _order = "started_at DESC, id DESC"
    _rec_name = "subject"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    channel_id = fields.Many2one("crm.channel", required=True, ondelete="restrict")
    external_key = fields.Char(
        required=True,
        size=128,
        help="The feed's own key of this contact: the same key is the same row.",
    )
    direction = fields.Selection(
        [("in", "Incoming"), ("out", "Outgoing")],
        required=True,
        help="Incoming: the customer spoke first. Outgoing: we did.",
    )
    started_at = fields.Datetime(required=True, help="When it reached us.")
    answered_at = fields.Datetime(help="When the first human being answered.")
    ended_at = fields.Datetime()
    wait_seconds = fields.Integer(
        string="Wait (s)",
        readonly=True,
        aggregator="avg",
        help="Seconds from start to answer, computed by the database.",
    )
    handling_seconds = fields.Integer(
        string="Handling (s)",
        readonly=True,
        help="Seconds from answer (or start) to end, computed by the database.",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Person", ondelete="set null", help="Who was spoken to."
    )
    customer_id = fields.Many2one(
        "res.partner",
        ondelete="set null",
        help="The person's company (commercial partner).",
    )
    lead_id = fields.Many2one("crm.lead", string="Lead or Deal", ondelete="set null")
    contact_point_id = fields.Many2one("crm.contact.point", ondelete="set null")
    raw_address = fields.Char(help="Number or address as the channel gave it.")
    user_id = fields.Many2one(
        "res.users", string="Employee", ondelete="set null", help="Who handled it."
    )
    owner_id = fields.Many2one(
        "res.users",
        ondelete="set null",
        help="Who is responsible for the customer or deal.",
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", ondelete="set null")
    source_id = fields.Many2one("utm.source", ondelete="set null")
    medium_id = fields.Many2one("utm.medium", ondelete="set null")
    campaign_id = fields.Many2one("utm.campaign", ondelete="set null")
    outcome = fields.Selection("_selection_outcome")
    subject = fields.Char()
    preview = fields.Char(string="Beginning", help="The first 200 characters.")
    page = fields.Char(help="The page of our site the customer was on.")
    cost_amount = fields.Monetary(
        string="Cost", help="What this contact cost. Information only."
    )
    currency_id = fields.Many2one("res.currency", ondelete="restrict")
    is_automatic = fields.Boolean(
        help="Sent by a machine: neither an answer nor progress."
    )
    res_model = fields.Char(string="Document Model")
    res_id = fields.Many2oneReference(string="Document", model_field="res_model")

    # the ledger's idempotence: ingest and every feed upsert on it
    _external_key_uniq = models.Constraint(
        "UNIQUE(company_id, channel_id, external_key)",
        "This contact is in the ledger already.",
    )
    _ended_after_start_check = models.Constraint(
        "CHECK(ended_at IS NULL OR ended_at >= started_at)",
        "A contact cannot end before it starts.",
    )
    _answered_after_start_check = models.Constraint(
        "CHECK(answered_at IS NULL OR answered_at >= started_at)",
        "A contact cannot be answered before it starts.",
    )
    _external_key_length_check = models.Constraint(
        "CHECK(char_length(external_key) <= 128)",
        "The key of a contact has at most 128 characters.",
    )
    # crm.timeline: a customer's rows, newest first
    _customer_started_idx = models.Index(
        "(customer_id, started_at DESC, id DESC) WHERE customer_id IS NOT NULL"
    )
    # crm.timeline and "last contact" on a lead: its rows, newest first
    _lead_started_idx = models.Index(
        "(lead_id, started_at DESC) WHERE lead_id IS NOT NULL"
    )
    # alarms and "who waits": open unanswered incoming rows per team
    _team_open_idx = models.Index(
        "(team_id, started_at) WHERE direction = 'in' AND answered_at IS NULL "
        "AND ended_at IS NULL AND is_automatic IS NOT TRUE"
    )
    # reports: a day per channel
    _channel_day_idx = models.Index("(company_id, channel_id, started_at)")
    # merge and erasure: everything of one person; crm.timeline: newest first
    _partner_idx = models.Index(
        "(partner_id, started_at DESC, id DESC) WHERE partner_id IS NOT NULL"
    )
    # first answer: the rows of one document
    _document_idx = models.Index(
        "(res_model, res_id, started_at) WHERE res_id IS NOT NULL"
    )

    @api.model
    def _selection_outcome(self):
        """Outcomes with their rank order: a later fill-in never goes backwards."""
        return [
            ("sent", self.env._("Sent")),
            ("missed", self.env._("Missed")),
            ("busy", self.env._("Busy")),
            ("no_answer", self.env._("No answer")),
            ("bounced", self.env._("Bounced")),
            ("cancelled", self.env._("Cancelled")),
            ("opened", self.env._("Opened")),
            ("answered", self.env._("Answered")),
            ("done", self.env._("Done")),
        ]

    def init(self):
        """Replace the ORM's plain columns by columns the database computes."""
        for name, expression in GENERATED_COLUMNS.items():
            self.env.cr.execute(
                "SELECT is_generated FROM information_schema.columns "
                "WHERE table_name = %s AND column_name = %s",
                [self._table, name],
            )
            if self.env.cr.fetchone()[0] == "ALWAYS":
                continue
            table, column = SQL.identifier(self._table), SQL.identifier(name)
            self.env.cr.execute(SQL("ALTER TABLE %s DROP COLUMN %s", table, column))
            self.env.cr.execute(
                SQL(
                    "ALTER TABLE %s ADD COLUMN %s int4 GENERATED ALWAYS AS (%s) STORED",
                    table,
                    column,
                    SQL(expression),  # pylint: disable=sql-injection
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            for name in GENERATED_COLUMNS:
                vals.pop(name, None)
            if vals.get("partner_id") and not vals.get("customer_id"):
                partner = self.env["res.partner"].browse(vals["partner_id"])
                vals["customer_id"] = partner.commercial_partner_id.id
        records = super().create(vals_list)
        records.invalidate_recordset(list(GENERATED_COLUMNS))
        return records

    def write(self, vals):
        vals = {
            key: value for key, value in vals.items() if key not in GENERATED_COLUMNS
        }
        if vals.get("partner_id") and "customer_id" not in vals:
            partner = self.env["res.partner"].browse(vals["partner_id"])
            vals["customer_id"] = partner.commercial_partner_id.id
        result = super().write(vals)
        if {"started_at", "answered_at", "ended_at"} & vals.keys():
            self.flush_recordset(["started_at", "answered_at", "ended_at"])
            self.invalidate_recordset(list(GENERATED_COLUMNS))
        return result

    @api.depends("channel_id", "subject", "started_at")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row.subject or row.channel_id.name or ""

    def action_open_document(self):
        """Open the lead, order or other document this contact belongs to."""
        self.ensure_one()
        model, res_id = self.res_model, self.res_id
        if not model or not res_id:
            model, res_id = (
                ("crm.lead", self.lead_id.id)
                if self.lead_id
                else (
                    "res.partner",
                    self.partner_id.id or self.customer_id.id,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
