from odoo import api, fields, models
from odoo.tools import SQL


class CrmCampaignReport(models.Model):
    """One row per contact, lead, order and invoice, with where it came from.

    Every row counts one thing, so any grouping adds up; opening a cell lists the rows,
    and each row opens its document.
    """

    _name = "crm.campaign.report"
    _description = "Campaign Results"
    _auto = False
    _order = "date DESC, id DESC"
    _rec_name = "kind"

    _depends = {
        "crm.interaction": [
            "company_id", "started_at", "direction", "is_automatic", "team_id", "owner_id",
            "source_id", "medium_id", "campaign_id",
        ],
        "crm.lead": [
            "company_id", "team_id", "user_id", "create_date", "source_id", "medium_id",
            "campaign_id", "won_status",
        ],
        "sale.order": [
            "company_id", "team_id", "user_id", "date_order", "state", "source_id",
            "medium_id", "campaign_id",
        ],
        "account.move": [
            "company_id", "team_id", "invoice_user_id", "invoice_date", "state", "move_type",
            "amount_untaxed_signed", "source_id", "medium_id", "campaign_id",
        ],
        "crm.team": ["company_id"],
    }  # fmt: skip

    kind = fields.Selection(
        [
            ("contact", "Incoming Contact"),
            ("lead", "Lead"),
            ("order", "Confirmed Order"),
            ("invoice", "Invoice"),
        ],
        readonly=True,
    )
    date = fields.Date(
        readonly=True, help="Day of the contact, lead, order, or of the invoice."
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    medium_id = fields.Many2one("utm.medium", readonly=True)
    campaign_id = fields.Many2one("utm.campaign", readonly=True)
    contact_count = fields.Integer(
        string="Contacts",
        readonly=True,
        help="Incoming contacts by people, in every channel.",
    )
    lead_count = fields.Integer(string="Leads", readonly=True)
    won_count = fields.Integer(string="Won", readonly=True, help="Leads won by now.")
    lost_count = fields.Integer(string="Lost", readonly=True, help="Leads lost by now.")
    order_count = fields.Integer(string="Orders", readonly=True)
    invoiced_amount = fields.Monetary(
        string="Untaxed Invoiced",
        readonly=True,
        help="Posted invoices less credit notes, without taxes, in company currency.",
    )
    res_id = fields.Integer(string="Document", readonly=True)

    @property
    def _table_query(self) -> SQL:
        parts = [self._select_contacts(), self._select_leads(), self._select_orders()]
        parts.append(self._select_invoices())
        return SQL(" UNION ALL ").join(parts)

    # Each part gives the columns in the order of the fields above; id = 4 × id + kind,
    # since the rows come from four tables.

    @api.model
    def _select_contacts(self) -> SQL:
        return SQL(
            """
            SELECT i.id::bigint * 4 AS id, 'contact' AS kind, i.started_at::date AS date,
                   i.company_id, i.team_id, i.owner_id AS user_id,
                   i.source_id, i.medium_id, i.campaign_id,
                   1 AS contact_count, 0 AS lead_count, 0 AS won_count, 0 AS lost_count,
                   0 AS order_count, 0::numeric AS invoiced_amount, i.id AS res_id
              FROM crm_interaction i
             WHERE i.direction = 'in' AND i.is_automatic IS NOT TRUE
            """
        )

    @api.model
    def _select_leads(self) -> SQL:
        # a lead has no company until somebody has; then its team's is the next best
        return SQL(
            """
            SELECT l.id::bigint * 4 + 1, 'lead', l.create_date::date,
                   COALESCE(l.company_id, t.company_id), l.team_id, l.user_id,
                   l.source_id, l.medium_id, l.campaign_id,
                   0, 1, (l.won_status = 'won')::int, (l.won_status = 'lost')::int,
                   0, 0::numeric, l.id
              FROM crm_lead l
              LEFT JOIN crm_team t ON t.id = l.team_id
            """
        )

    @api.model
    def _select_orders(self) -> SQL:
        return SQL(
            """
            SELECT o.id::bigint * 4 + 2, 'order', o.date_order::date,
                   o.company_id, o.team_id, o.user_id,
                   o.source_id, o.medium_id, o.campaign_id,
                   0, 0, 0, 0, 1, 0::numeric, o.id
              FROM sale_order o
             WHERE o.state = 'sale'
            """
        )

    @api.model
    def _select_invoices(self) -> SQL:
        return SQL(
            """
            SELECT m.id::bigint * 4 + 3, 'invoice', COALESCE(m.invoice_date, m.date),
                   m.company_id, m.team_id, m.invoice_user_id,
                   m.source_id, m.medium_id, m.campaign_id,
                   0, 0, 0, 0, 0, m.amount_untaxed_signed, m.id
              FROM account_move m
             WHERE m.state = 'posted'
               AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
            """
        )

    def action_open_document(self):
        """Open the contact, lead, order or invoice, with the reader's own rights."""
        self.ensure_one()
        models_by_kind = {
            "contact": "crm.interaction",
            "lead": "crm.lead",
            "order": "sale.order",
            "invoice": "account.move",
        }
        document = self.env[models_by_kind[self.kind]].browse(self.res_id)
        document.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }
