from odoo import api, fields, models
from odoo.tools import SQL

MARGIN = "crm_relations.group_see_margin"
AFTER = [
    ("deal", "A repeat deal"),
    ("scenario", "A scenario"),
    ("mailing", "A mailing"),
    ("contact", "A contact by a person"),
    ("alone", "Nothing of ours"),
]


class CrmRetentionEpisode(models.Model):
    """A customer left his own rhythm, and perhaps came back: one row for each time.

    How it is found is in crm_retention_pass.py.
    """

    _name = "crm.retention.episode"
    _inherit = ["crm.pass.mixin"]
    _description = "Fading Customer"
    _order = "began_on DESC, id DESC"
    _rec_name = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users", string="Salesperson", readonly=True, ondelete="set null"
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", readonly=True, ondelete="set null"
    )
    crm_class = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C"), ("N", "N")],
        string="Class then",
        readonly=True,
        help="When he began to fade.",
    )
    last_order_on = fields.Date(string="Last Order", required=True, readonly=True)
    order_count = fields.Integer(
        string="Days with an Order", readonly=True, aggregator="avg"
    )
    interval_days = fields.Float(
        string="Usual Interval (days)",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="Median of the days between his orders, then.",
    )
    began_on = fields.Date(
        string="Silent since",
        required=True,
        readonly=True,
        help="The day on which he had been silent for longer than his own rhythm allows.",
    )
    silent_times = fields.Float(
        string="Intervals silent",
        compute="_compute_silent_times",
        digits=(16, 1),
        help="Days without an order divided by his usual interval.",
    )
    revenue = fields.Monetary(
        string="Revenue before",
        readonly=True,
        help="Of the 12 months that end with the month of his last order.",
    )
    profit = fields.Monetary(
        string="Profit before",
        readonly=True,
        groups=MARGIN,
        help="Of the 12 months that end with the month of his last order.",
    )
    returned_on = fields.Date(string="Came back on", readonly=True)
    returned_after = fields.Selection(
        AFTER,
        string="Came back after",
        readonly=True,
        help="The last thing of ours in the 60 days before; that he came because of it is "
        "not said.",
    )
    state = fields.Selection(
        [("fading", "Fading"), ("back", "Came back")],
        required=True,
        readonly=True,
        default="fading",
    )
    tried = fields.Char(
        compute="_compute_tried",
        string="What was tried",
        help="Since his last order: repeat deals, scenarios, mailings, contacts.",
    )

    _once_uniq = models.Constraint(
        "UNIQUE(customer_id, company_id, last_order_on)",
        "This silence was noted already.",
    )
    # the pass: who may have come back
    _fading_idx = models.Index("(company_id, customer_id) WHERE state = 'fading'")

    @api.depends("last_order_on", "interval_days", "returned_on")
    def _compute_silent_times(self):
        today = fields.Date.context_today(self)
        for episode in self:
            days = ((episode.returned_on or today) - episode.last_order_on).days
            episode.silent_times = (
                days / episode.interval_days if episode.interval_days else 0
            )

    @api.depends_context("lang")
    def _compute_tried(self):
        """One query for the whole list."""
        counts = {}
        if self.ids:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT id, kind, count(*) FROM (%s) tries
                     WHERE id = ANY(%s) GROUP BY id, kind
                    """,
                    self._tries_sql(SQL("episode.last_order_on"), self.ids),
                    self.ids,
                )
            )
            for key, kind, count in rows:
                counts.setdefault(key, {})[kind] = count
        for episode in self:
            found = counts.get(episode.id, {})
            words = (
                ("deal", self.env._("repeat deals: %s", found.get("deal"))),
                ("scenario", self.env._("scenarios: %s", found.get("scenario"))),
                ("mailing", self.env._("mailings: %s", found.get("mailing"))),
                ("contact", self.env._("contacts: %s", found.get("contact"))),
            )
            episode.tried = ", ".join(text for kind, text in words if found.get(kind))

    @api.model
    def _tries_sql(self, since, ids):
        """``SELECT id, kind, at`` of what was tried with the customers of episodes.

        Only that something took place, as every reader of a customer may know.

        :param SQL since: the day after which a try counts
        """
        return SQL(
            """
            SELECT episode.id, 'deal' AS kind, need.decided_at AS at
              FROM crm_retention_episode episode
              JOIN crm_repeat_need need ON need.customer_id = episode.customer_id
               AND need.company_id = episode.company_id AND NOT need.is_control
             WHERE episode.id = ANY(%(ids)s) AND need.decided_at::date > %(since)s
             UNION ALL
            SELECT episode.id, 'scenario', event.sent_at
              FROM crm_retention_episode episode
              JOIN res_partner person
                ON person.commercial_partner_id = episode.customer_id
              JOIN crm_scenario_run run ON run.partner_id = person.id
               AND run.company_id = episode.company_id
              JOIN crm_scenario_event event ON event.run_id = run.id
               AND event.state = 'sent' AND event.kind <> 'check'
             WHERE episode.id = ANY(%(ids)s) AND event.sent_at::date > %(since)s
             UNION ALL
            SELECT episode.id,
                   CASE WHEN contact.is_automatic THEN 'mailing' ELSE 'contact' END,
                   contact.started_at
              FROM crm_retention_episode episode
              JOIN crm_interaction contact ON contact.customer_id = episode.customer_id
               AND contact.company_id = episode.company_id
             WHERE episode.id = ANY(%(ids)s) AND contact.direction = 'out'
               AND (contact.is_automatic IS NOT TRUE
                    OR contact.external_key LIKE 'mailing:%%' AND NOT EXISTS (
                       SELECT FROM crm_scenario_event told
                        WHERE contact.external_key = 'mailing:' || told.trace_id))
               AND contact.started_at::date > %(since)s
            """,
            ids=list(ids),
            since=since,
        )

    # ------------------------------------------------------------ buttons

    def action_open_customer(self):
        """The customer's card."""
        self.ensure_one()
        return self.customer_id._get_records_action()

    def action_open_invoices(self):
        """What he bought, and when."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        return dict(
            action,
            domain=[
                ("commercial_partner_id", "=", self.customer_id.id),
                ("company_id", "=", self.company_id.id),
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("state", "=", "posted"),
            ],
            context={},
        )

    def action_open_contacts(self):
        """What was said since his last order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_interaction_action"
        )
        return dict(
            action,
            domain=[
                ("customer_id", "=", self.customer_id.id),
                ("company_id", "=", self.company_id.id),
                ("started_at", ">", fields.Date.to_string(self.last_order_on)),
            ],
            context={},
        )
