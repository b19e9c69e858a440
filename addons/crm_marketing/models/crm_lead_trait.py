"""The host's predictive scoring of leads, with what is known of the customer."""

from odoo import api, fields, models
from odoo.tools import SQL, str2bool

PARAMETER = "crm_marketing.score_traits"


class CrmLead(models.Model):
    """Three more variables for the host's frequency table and its formula.

    A lead is scored by what was known of its customer when the lead was made: what he
    bought or acquired since is no reason for it.
    """

    _inherit = "crm.lead"

    crm_trait_customer = fields.Char(
        string="Customer before", compute="_compute_crm_traits"
    )
    crm_trait_asset = fields.Char(
        string="Customer's asset", compute="_compute_crm_traits"
    )
    crm_trait_category = fields.Char(
        string="First bought", compute="_compute_crm_traits"
    )

    @api.depends("partner_id", "company_id")
    def _compute_crm_traits(self):
        """Not stored: the scoring asks for many leads at once."""
        traits = self._crm_get_traits()
        for lead in self:
            found = dict(traits.get(lead.id, ()))
            lead.crm_trait_customer = found.get("crm_trait_customer")
            lead.crm_trait_asset = found.get("crm_trait_asset")
            lead.crm_trait_category = found.get("crm_trait_category")

    @api.model
    def _crm_scores_traits(self):
        """Whether the company wants it: a setting that costs no query (host's cache)."""
        # sudo: whoever changes a lead has it scored
        return str2bool(
            self.env["ir.config_parameter"].sudo().get_param(PARAMETER), False
        )

    def _pls_get_lead_pls_values(self, domain=None):
        values = super()._pls_get_lead_pls_values(domain=domain)
        if values and self._crm_scores_traits():
            leads = self if not domain else self.browse(values)
            for lead_id, traits in leads._crm_get_traits().items():
                values[lead_id]["values"] += traits
        return values

    def _crm_get_traits(self):
        """``{lead id: [(variable, value)]}`` of leads with a customer, in one query."""
        rows = [
            (lead.id, customer.id, lead.company_id.id or self.env.company.id,
             lead.create_date or fields.Datetime.now())
            for lead in self.sudo()  # past the rules of the card: scores are the system's
            if (customer := lead.partner_id.commercial_partner_id._origin)
        ]  # fmt: skip
        if not rows:
            return {}
        self.env.flush_all()
        known = self.env.execute_query(
            SQL(
                """
                SELECT lead.place, CASE WHEN bought.first_day < lead.made_at
                            THEN 'customer' ELSE 'new' END,
                       asset.make, bought.category
                  FROM unnest(%s::int[], %s::int[], %s::int[], %s::timestamp[])
                       AS lead(place, customer_id, company_id, made_at)
                  LEFT JOIN LATERAL (
                       SELECT split_part(name, ' ', 1) AS make FROM crm_customer_asset
                        WHERE customer_id = lead.customer_id AND active
                          AND company_id = lead.company_id
                          AND COALESCE(acquired_date, create_date) < lead.made_at
                     ORDER BY COALESCE(acquired_date, create_date) DESC, id DESC LIMIT 1
                  ) asset ON TRUE
                  LEFT JOIN LATERAL (
                       SELECT COALESCE(move.invoice_date, move.date)::timestamp AS first_day,
                              categ.name AS category
                         FROM account_move move
                         JOIN account_move_line line ON line.move_id = move.id
                          AND line.display_type = 'product'
                         JOIN product_product product ON product.id = line.product_id
                         JOIN product_template template
                           ON template.id = product.product_tmpl_id
                         LEFT JOIN product_category categ ON categ.id = template.categ_id
                        WHERE move.commercial_partner_id = lead.customer_id
                          AND move.company_id = lead.company_id AND move.state = 'posted'
                          AND move.move_type IN ('out_invoice', 'out_receipt')
                          AND COALESCE(move.invoice_date, move.date) < lead.made_at
                     ORDER BY 1, line.price_subtotal DESC, line.id LIMIT 1
                  ) bought ON TRUE
                """,
                list(range(len(rows))),
                *([row[place] for row in rows] for place in (1, 2, 3)),
            )
        )
        names = ("crm_trait_customer", "crm_trait_asset", "crm_trait_category")
        return {
            rows[place][0]: [
                (name, value) for name, value in zip(names, found, strict=True) if value
            ]
            for place, *found in known
        }


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_score_traits = fields.Boolean(
        string="Score leads by their customer",
        config_parameter=PARAMETER,
        help="Whether he was a customer before, what he has and what he bought first join "
        "the host's predictive scoring. Update the probabilities afterwards.",
    )
