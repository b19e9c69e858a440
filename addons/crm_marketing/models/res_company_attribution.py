from odoo import api, fields, models
from odoo.tools import SQL

MODEL_RELATION = "res_company_crm_attribution_model_rel"
SHOWN = ("first", "last_non_direct", "linear", "markov")
# a change of these shares every invoice of the company out again
SHARING = {"crm_attribution_model_ids", "crm_attribution_on", "crm_attribution_days",
           "crm_attribution_key", "crm_attribution_half_life"}  # fmt: skip


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_attribution_model_ids = fields.Many2many(
        "crm.attribution.model",
        relation=MODEL_RELATION,
        column1="company_id",
        column2="model_id",
        string="Attribution Models",
        default=lambda self: self._default_crm_attribution_models(),
        help="Ways to share an invoice out among the touches before it, side by side.",
    )
    crm_attribution_on = fields.Selection(
        [("posted", "Posted invoice"), ("paid", "Money paid")],
        string="What Counts",
        required=True,
        default="posted",
        help="What is shared out: revenue on the day it is booked, or each payment.",
    )
    crm_attribution_days = fields.Integer(
        string="Window (Days)",
        required=True,
        default=90,
        help="Touches of so many days before the conversion have a part.",
    )
    crm_attribution_key = fields.Selection(
        [
            ("source", "Source"),
            ("medium", "Medium"),
            ("campaign", "Campaign"),
            ("source_medium", "Source and medium"),
        ],
        string="Channels Are",
        required=True,
        default="source",
        help="By what the models that learn from data tell touches apart.",
    )
    crm_attribution_half_life = fields.Integer(
        string="Half-life (Days)",
        required=True,
        default=7,
        help="Time decay: a touch so many days earlier has half the weight.",
    )
    crm_attribution_months = fields.Integer(
        string="Learn from (Months)",
        required=True,
        default=6,
        help="Paths of so many months teach the models that learn from data.",
    )

    crm_acquisition_model_id = fields.Many2one(
        "crm.attribution.model",
        string="Who Won a Customer",
        domain="[('id', 'in', crm_attribution_model_ids)]",
        ondelete="set null",
        help="The touch to which this model gives most of his first invoice; of several the "
        "last. What the campaign of that touch cost is the customer's acquisition cost. "
        "Empty: the campaign of the invoice itself.",
    )

    _crm_attribution_positive_check = models.Constraint(
        "CHECK(crm_attribution_days > 0 AND crm_attribution_half_life > 0 "
        "AND crm_attribution_months > 0)",
        "Window, half-life and months are positive numbers.",
    )

    @api.model
    def _default_crm_attribution_models(self):
        return self.env["crm.attribution.model"].search([("code", "in", SHOWN)])

    def write(self, vals):
        result = super().write(vals)
        if SHARING & vals.keys():
            self.env.registry.clear_cache()  # crm.lead asks which models are in use
            # sudo: the queue belongs to the engine
            self.env["crm.attribution.dirty"].sudo()._mark_company(self.ids)
        if "crm_acquisition_model_id" in vals:
            self.env["crm.customer.acquisition"]._mark_won(
                SQL("won.company_id = ANY(%s)", self.ids)
            )
        return result
