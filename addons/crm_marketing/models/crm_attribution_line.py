from odoo import api, fields, models


class CrmAttributionLine(models.Model):
    """How much of an invoice a touch brought, by one model: append-only.

    A change of the books or of the touches appends differences; nothing is rewritten.
    Per model the rows of a document sum to its revenue. Access is copied from the
    document: rules never join.
    """

    _name = "crm.attribution.line"
    _description = "Attributed Revenue"
    _order = "date DESC, move_id DESC, model_id, revision, position"
    _rec_name = "move_id"
    _log_access = False

    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    model_id = fields.Many2one(
        "crm.attribution.model",
        string="Model",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="Models share out what happened. None of them proves that a touch caused it.",
    )
    revision = fields.Integer(
        required=True,
        readonly=True,
        help="1 when it was first shared out, more for each change afterwards.",
    )
    position = fields.Integer(required=True, readonly=True)
    interaction_id = fields.Many2one(
        "crm.interaction",
        string="Touch",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The visit, click or contact; none: the document's own origin.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        required=True,
        readonly=True,
        help="The day the money is booked on, or was paid.",
    )
    amount = fields.Monetary(
        string="Credited",
        readonly=True,
        help="Part of the untaxed revenue (or of the money paid: see settings), less what "
        "credit notes took back. Shared out by a model, not proven.",
    )
    origin = fields.Selection(
        [("known", "Known"), ("direct", "Direct"), ("unknown", "Unknown")],
        readonly=True,
        required=True,
        help="Direct: a visitor whom no site, ad or letter sent. Unknown: nothing is known "
        "of what came before.",
    )
    source_id = fields.Many2one("utm.source", readonly=True, ondelete="set null")
    medium_id = fields.Many2one("utm.medium", readonly=True, ondelete="set null")
    campaign_id = fields.Many2one("utm.campaign", readonly=True, ondelete="set null")
    utm_term = fields.Char(string="Search Words", readonly=True)
    utm_content = fields.Char(string="Ad", readonly=True)
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", readonly=True, ondelete="set null"
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", readonly=True, ondelete="set null"
    )
    booked_at = fields.Datetime(
        string="Written", required=True, readonly=True, help="When this row was added."
    )

    # two passes that work out the same change cannot both write it
    _revision_uniq = models.Constraint(
        "UNIQUE(move_id, model_id, revision, position)",
        "This change is written already.",
    )
    # the screen: a company's models by day
    _report_idx = models.Index("(company_id, model_id, date)")

    def action_open_document(self):
        """Open the invoice or credit note, with the reader's own rights."""
        self.ensure_one()
        self.move_id.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "views": [(False, "form")],
        }

    @api.model
    def action_open_report(self):
        """Models side by side: those that the companies in use chose."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_attribution_line_action"
        )
        # sudo: which models are shown is no secret
        chosen_sudo = self.env.companies.sudo().crm_attribution_model_ids
        action["domain"] = [("model_id", "in", chosen_sudo.ids)]
        return action
